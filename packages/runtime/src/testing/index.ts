/** What tests of other packages need of a development chain. */
export {
  COUNTER_ID,
  heartbeatCall,
  type PhaChain,
  registerCall,
  sampleArtefact,
  startPhaChain,
  type TestBoot,
  testBoot,
} from "./pha-chain.ts";
export {
  clusterKeysCall,
  commitCall,
  EPOCH,
  type LiveChain,
  signedCommit,
  startKeyed,
  startLive,
  type TestStep,
  testCommand,
  testStep,
  traceOf,
} from "./pha-cluster.ts";
