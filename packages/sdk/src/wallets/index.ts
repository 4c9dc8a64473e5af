/** Wallets of people, for pages: found, asked, and never believed. Loaded by whoever needs them. */
export { discoverEvmWallets, type EventPage } from "./evm.ts";
export { injectedWallets } from "./injected.ts";
export type { SignerPayloadJson } from "./payload-json.ts";
export { shownName } from "./shown-name.ts";
export type { ConnectedWallet, ConnectOptions, FoundWallet, WalletAccount } from "./wallet.ts";
