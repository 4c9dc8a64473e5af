/** Texts of the pages of machines, which bring their own catalogue beside that of the frame. */
import { EN } from "./en.ts";
import { EN_MACHINES } from "./en-machines.ts";
import { EN_VERIFY } from "./en-verify.ts";
import { type Translate, useWords } from "./index.ts";

export const EN_ALL = { ...EN, ...EN_VERIFY, ...EN_MACHINES };
export type MachineKey = keyof typeof EN_ALL;

export function useMachineText(): Translate<MachineKey> {
  return useWords(EN_ALL);
}
