export { createSigner, type TestSigner, testPair } from "./signer.ts";
