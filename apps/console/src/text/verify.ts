/** Texts of verdicts, which bring their own catalogue beside that of the frame. */
import { EN } from "./en.ts";
import { EN_VERIFY } from "./en-verify.ts";
import { type Translate, useWords } from "./index.ts";

export const EN_AND_VERIFY = { ...EN, ...EN_VERIFY };
export type VerifyKey = keyof typeof EN_AND_VERIFY;

export function useVerifyText(): Translate<VerifyKey> {
  return useWords(EN_AND_VERIFY);
}
