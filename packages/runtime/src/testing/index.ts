/** What tests of other packages need of a development chain. */
export {
  COUNTER_ID,
  evidenceFor,
  heartbeatCall,
  MEASUREMENT,
  type PhaChain,
  phaChainOf,
  registerCall,
  registrationOf,
  rejection,
  sampleArtefact,
  startPhaChain,
  type TestBoot,
  testBoot,
} from "./pha-chain.ts";
export {
  clusterKeysCall,
  commitCall,
  EPOCH,
  generationOf,
  type LiveChain,
  releaseOf,
  runDkg,
  signedCommit,
  startKeyed,
  startLive,
  type TestSeat,
  type TestStep,
  testCommand,
  testRequest,
  testSeat,
  testStep,
  traceOf,
} from "./pha-cluster.ts";
export { sampleBytes } from "./sample-bytes.ts";
export { NAMES, ownLabels, startStakeWorld } from "./stake-world.ts";
export { startTestChain } from "./test-chain.ts";
