/** Wallets of the gallery: SYNTHETIC, of nobody. */
import type { Account } from "../chain/accounts.ts";
import type { WalletState } from "../chain/wallets.ts";
import { SAMPLE_ACCOUNT, SAMPLE_PROBLEM } from "./sample-data.ts";

const never = (): Promise<never> => new Promise(() => undefined);

function account(name: string, evmAddress?: string): Account {
  const { address, publicKey } = SAMPLE_ACCOUNT;
  const id = `${address}${name}`;
  const certifier = { publicKey, address, signCertificate: never };
  const signer =
    evmAddress === undefined
      ? { publicKey, address, scheme: "sr25519" as const, sign: never }
      : undefined;
  const wallet = { id: "sample", name: "Sample wallet", evmAddress };
  return { id, name, address, publicKey, certifier, signer, wallet };
}

export const SAMPLE_WALLET_ACCOUNT = account("Savings");
export const SAMPLE_EVM_ACCOUNT = account(
  "Sample wallet",
  "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
);

const wallet: WalletState = {
  id: "substrate:one",
  kind: "substrate",
  name: "one-wallet",
  version: "0.63.1",
  phase: "connected",
  accounts: [SAMPLE_WALLET_ACCOUNT, account("<img src=x onerror=alert(1)> and forty letters…")],
  problem: undefined,
};

export const SAMPLE_WALLETS: readonly WalletState[] = [
  wallet,
  { ...wallet, id: "substrate:two", name: "locked-wallet", accounts: [] },
  { ...wallet, id: "substrate:three", name: "silent-wallet", accounts: [], phase: "asked" },
  {
    ...wallet,
    id: "substrate:four",
    name: "a-wallet-whose-name-is-as-long-as-forty…",
    accounts: [],
    phase: "found",
    problem: {
      ...SAMPLE_PROBLEM,
      code: "wallet/refused",
      message: "a-wallet-whose-name-is-as-long-as-forty… refused",
      hint: "Nothing was signed. Ask again, and approve it in the wallet.",
    },
  },
  {
    ...wallet,
    id: "evm:five",
    kind: "evm",
    name: "Ethereum wallet",
    version: undefined,
    accounts: [SAMPLE_EVM_ACCOUNT],
  },
];
