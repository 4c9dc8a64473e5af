/** A chain without a runtime and pRuntimes on it, in one process, for the tests of other packages. */
export { type LiveNetwork, liveNetwork } from "./live-network.ts";
export { createScriptedChain, type ScriptedChain, voterSeed } from "./scripted-chain.ts";
export type { SentCommand } from "./scripted-client.ts";
export { CLUSTER } from "./scripted-pallets.ts";
