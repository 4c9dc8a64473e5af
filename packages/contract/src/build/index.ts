export { type BuildOptions, type BuiltArtefact, buildContract } from "./build-contract.ts";
export { type BuildProblem, frameOf } from "./problem.ts";
