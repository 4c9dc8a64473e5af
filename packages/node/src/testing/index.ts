export { aDevChain, type DevChain } from "./dev-chain.ts";
export { createNextRuntime } from "./next-runtime.ts";
export { createSigner, type TestSigner, testPair } from "./signer.ts";
