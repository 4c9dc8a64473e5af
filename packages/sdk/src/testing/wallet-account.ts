/** Accounts of wallets of both kinds, as tests ask them. */
import type { UnsignedCertificate } from "@pha/protocol";
import { isPhaError } from "@pha/scale";
import type { ConnectedWallet, WalletAccount } from "../wallets/wallet.ts";
import { filled } from "./fake-chain.ts";

/** Account that the wallet shows first. */
export function firstOf(wallet: ConnectedWallet): WalletAccount {
  const [account] = wallet.accounts();
  if (account === undefined) throw new Error("no account");
  return account;
}

/** Of network 1, as it is before the account signs it. */
export function certificateOf(account: WalletAccount): UnsignedCertificate {
  return {
    version: 1,
    genesisHash: filled(1),
    account: account.publicKey,
    sessionKey: filled(3),
    expiry: 100,
    scopes: [{ contract: filled(4), methods: undefined }],
    purpose: "reading",
  };
}

/** Code of what it fails with. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: unknown) => (isPhaError(error) ? error.code : String(error)),
  );
