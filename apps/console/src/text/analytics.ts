/** Texts of the pages of visits, which bring their own catalogue beside that of the frame. */
import { EN } from "./en.ts";
import { EN_ANALYTICS } from "./en-analytics.ts";
import { type Translate, useWords } from "./index.ts";

const EN_VISITS = { ...EN, ...EN_ANALYTICS };
export type VisitsKey = keyof typeof EN_VISITS;

export function useVisitsText(): Translate<VisitsKey> {
  return useWords(EN_VISITS);
}
