export { type BuildOptions, type BuiltArtefact, buildContract } from "./build-contract.ts";
export { type BuildProblem, type BuildProblems, frameOf } from "./problem.ts";
