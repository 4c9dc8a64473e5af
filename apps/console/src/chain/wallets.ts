/**
 * Wallets that were found and those that let this page in; who talks to them is loaded when somebody wants one.
 *
 * **Bounds**: those of `@pha/sdk/wallets`. It ends with the page; kept is which wallet was used last.
 */
import type { Account } from "./accounts.ts";
import type { Problem } from "./problem.ts";
import { createStore } from "./store.ts";

export interface WalletState {
  readonly id: string;
  readonly kind: "substrate" | "evm";
  readonly name: string;
  readonly version: string | undefined;
  readonly phase: "found" | "asked" | "connected";
  /** What it shows; none while it is locked, or not connected. */
  readonly accounts: readonly Account[];
  /** Why the last attempt to connect failed. */
  readonly problem: Problem | undefined;
}

/** What a wallet took away from this page while it was open. */
export interface WalletNews {
  readonly wallet: string;
  readonly names: readonly string[];
  /** Certificates that ended with it. */
  readonly ended: number;
}

export const wallets = createStore<readonly WalletState[]>([]);
export const walletNews = createStore<WalletNews | undefined>(undefined);
export const isWalletsOpen = createStore(false);

export function openWallets(): void {
  isWalletsOpen.set(true);
}

/** Gives up what a wallet is asked now; set by who talks to it. */
export const cancelling = new Map<string, () => void>();

export function cancelWallet(id: string): void {
  cancelling.get(id)?.();
}

const STORE = "pha-last-wallet";

/** Id of the wallet that was connected last, of an earlier visit too. */
export function lastWallet(): string | undefined {
  try {
    return localStorage.getItem(STORE) ?? undefined;
  } catch {
    // Storage is off.
    return undefined;
  }
}

export function keepLastWallet(id: string): void {
  try {
    localStorage.setItem(STORE, id);
  } catch {
    // Storage is off: the next visit does not know.
  }
}
