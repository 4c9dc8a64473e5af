export {
  BILLION,
  billionths,
  ceilPart,
  floorPart,
  nearestPart,
  ONE_U16,
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
  assignmentOf,
  CompactSolution,
  type CompactVote,
  compactVote,
  MAX_TARGETS_PER_VOTE,
} from "./compact-solution.ts";
export {
  type Evaluation,
  evaluateSolution,
  type IndexedBallot,
  type IndexedSnapshot,
  type SolutionFault,
} from "./evaluate-solution.ts";
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
export { type MinedSolution, type MiningLimits, mineSolution } from "./mine-solution.ts";
export { normalize } from "./normalize.ts";
export { applyElected, bestCandidate, phragmms } from "./phragmms.ts";
export { reduce, reduceAll, reduceFour } from "./reduce.ts";
export { compareScores, type ElectionScore, isStrictlyBetter, scoreOf } from "./score.ts";
export { electSequentially, sequentialPhragmen } from "./sequential-phragmen.ts";
