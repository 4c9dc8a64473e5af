export { aDevChain, type DevChain } from "./dev-chain.ts";
export { createSigner, type TestSigner, testPair } from "./signer.ts";
