/** Texts of the page Build, which brings its own catalogue beside that of the frame. */
import { EN } from "./en.ts";
import { EN_BUILD } from "./en-build.ts";
import { type Translate, useWords } from "./index.ts";

export const EN_WITH_BUILD = { ...EN, ...EN_BUILD };
export type BuildKey = keyof typeof EN_WITH_BUILD;

export function useBuildText(): Translate<BuildKey> {
  return useWords(EN_WITH_BUILD);
}
