/** The build without what a machine has: pages bring their own tools. */
export {
  type BuildTools,
  type BuiltArtefact,
  buildArtefact,
  checkSource,
} from "./build-artefact.ts";
export { CHECK_OPTIONS } from "./check-types.ts";
export type { BuildProblem, BuildProblems } from "./problem.ts";
