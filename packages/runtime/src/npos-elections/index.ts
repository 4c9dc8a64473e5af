export {
  BILLION,
  billionths,
  ceilPart,
  floorPart,
  nearestPart,
  U64_MAX,
  U128_MAX,
} from "./arithmetic.ts";
export {
  type Assignment,
  type Distribution,
  normalizedAssignment,
  normalizedStakes,
  type StakedAssignment,
  type Support,
  supportsOf,
  toAssignment,
  toStaked,
} from "./assignment.ts";
export { type Balancing, balance } from "./balance.ts";
export {
  type Ballot,
  type Candidate,
  createGraph,
  type Election,
  type Graph,
  type Id,
  normalizeElected,
  type Voter,
  type Winner,
} from "./graph.ts";
export { normalize } from "./normalize.ts";
export { applyElected, bestCandidate, phragmms } from "./phragmms.ts";
export { reduce, reduceAll, reduceFour } from "./reduce.ts";
export { compareScores, type ElectionScore, isStrictlyBetter, scoreOf } from "./score.ts";
export { electSequentially, sequentialPhragmen } from "./sequential-phragmen.ts";
