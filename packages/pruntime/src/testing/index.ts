/** A chain without a runtime and pRuntimes with their hosts, in one process, for the tests of other packages. */

export { SealedContent, type SealedShare } from "../core/sealed-store.ts";
export { COUNTER, countOf, createFakeEngine } from "./fake-engine.ts";
export { type LargeState, largeState, type Taken } from "./large-state.ts";
export { counterOf, type LiveNetwork, liveNetwork, phaseOf } from "./live-network.ts";
export { createScriptedChain, type ScriptedChain, voterSeed } from "./scripted-chain.ts";
export type { CommandOptions, SentCommand } from "./scripted-client.ts";
export { CLUSTER } from "./scripted-cluster.ts";
export {
  createScriptedHost,
  type HostSources,
  MEASUREMENT,
  ROOT_SEED,
  type ScriptedHost,
} from "./scripted-host.ts";
