/** Texts of a contract's log, beside those of the frame. */
import { EN } from "./en.ts";
import { EN_LOGS } from "./en-logs.ts";
import { type Translate, useWords } from "./index.ts";

export const EN_WITH_LOGS = { ...EN, ...EN_LOGS };
export type LogKey = keyof typeof EN_WITH_LOGS;

export function useLogText(): Translate<LogKey> {
  return useWords(EN_WITH_LOGS);
}
