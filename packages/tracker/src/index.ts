export { browserSurroundings, IGNORE_KEY, startTracker } from "./browser.ts";
export type { PageFacts, Wishes } from "./page.ts";
export {
  type Agree,
  type Agreement,
  type Bytes,
  type SealOptions,
  sealVisit,
} from "./seal-visit.ts";
export { readSettings, type Settings } from "./settings.ts";
export { createTracker, type Draft, type Surroundings, type Tracker } from "./tracker.ts";
export { MAX_BYTES, type Visit } from "./visit.ts";
