export type { BuiltArtefact } from "./build-artefact.ts";
export { type BuildOptions, buildContract } from "./build-contract.ts";
export { type BuildProblem, type BuildProblems, frameOf } from "./problem.ts";
