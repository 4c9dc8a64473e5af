export { openStore } from "../database/open-database.ts";
export { type NodeNetwork, startNodeNetwork } from "../network/node-network.ts";
export { servedChain } from "../network/served-chain.ts";
export { aDevChain, type DevChain } from "./dev-chain.ts";
export { createNextRuntime } from "./next-runtime.ts";
export { type PastChain, writePastChain } from "./past-chain.ts";
export { aRotatingChain, ROTATING_EPOCH, type RotatingChain } from "./rotating-chain.ts";
export { serve as serveRpc } from "./rpc-client.ts";
export { createSigner, type TestSigner, testPair } from "./signer.ts";
