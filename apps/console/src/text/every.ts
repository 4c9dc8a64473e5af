/** All catalogues together, for the gallery of states and for tests. */
import { EN_ANALYTICS } from "./en-analytics.ts";
import { EN_BUILD } from "./en-build.ts";
import { EN_LOGS } from "./en-logs.ts";
import { type Translate, useWords } from "./index.ts";
import { EN_ALL } from "./machines.ts";
import { EN_AND_SETTINGS } from "./settings.ts";

export const EN_EVERY = { ...EN_ALL, ...EN_ANALYTICS, ...EN_AND_SETTINGS, ...EN_BUILD, ...EN_LOGS };
export type EveryKey = keyof typeof EN_EVERY;

export function useEveryText(): Translate<EveryKey> {
  return useWords(EN_EVERY);
}
