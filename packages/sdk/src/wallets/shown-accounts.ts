/** Accounts that a wallet shows now, and who is told when they change. */
import type { ConnectedWallet, WalletAccount } from "./wallet.ts";

export interface ShownAccounts extends Pick<ConnectedWallet, "accounts" | "onAccounts"> {
  has(address: string): boolean;
  show(accounts: readonly WalletAccount[]): void;
  /** Nobody is told any more. */
  silence(): void;
}

export function createShownAccounts(): ShownAccounts {
  const listeners = new Set<(accounts: readonly WalletAccount[]) => void>();
  let shown: readonly WalletAccount[] = [];
  return {
    accounts: () => shown,
    has: (address) => shown.some((one) => one.address === address),
    show(accounts) {
      shown = accounts;
      for (const listener of listeners) listener(accounts);
    },
    onAccounts(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    silence: () => listeners.clear(),
  };
}
