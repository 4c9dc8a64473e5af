/** Accounts that may act on this page. */
import { DEV_NAMES, devSigner, type Signer } from "@pha/sdk";
import type { Account } from "../accounts.ts";

/** Public test accounts; their keys are known to everybody. */
export function developmentAccounts(): readonly Account[] {
  return DEV_NAMES.map((name) => accountOf(name, devSigner(name)));
}

function accountOf(name: string, signer: Signer): Account {
  const { address, publicKey } = signer;
  return { id: name, name, address, publicKey, certifier: signer, signer, wallet: undefined };
}
