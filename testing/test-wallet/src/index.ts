export { createEvmWallet, type EvmWalletOptions } from "./evm-wallet.ts";
export { fakePage } from "./fake-page.ts";
export { type EvmKey, ed25519Key, evmKey, type SubstrateKey, sr25519Key } from "./keys.ts";
export type { Answer, Prompt } from "./script.ts";
export { type PayloadFields, signedBytes } from "./sign-payload.ts";
export { createSubstrateWallet, type SubstrateWalletOptions } from "./substrate-wallet.ts";
export type { TestWallet } from "./test-wallet.ts";
