export {
  type ArtefactError,
  joinArtefact,
  type RuntimeArtefact,
  splitArtefact,
  TRANSITION_KEY,
  transitionHashOf,
  transitionSections,
} from "./artefact.ts";
export { RULED_CALLS, runtimeCode, type ViewedRuntime } from "./code.ts";
