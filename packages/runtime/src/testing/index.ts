/** What tests of other packages need of a development chain. */
export { sampleArtefact } from "./pha-chain.ts";
