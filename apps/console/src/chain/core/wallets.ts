/** Looks for wallets, connects them, and follows what they show; loaded when somebody wants one. */
import { fromHex } from "@pha/scale";
import {
  type ConnectedWallet,
  discoverEvmWallets,
  type FoundWallet,
  injectedWallets,
  type WalletAccount,
} from "@pha/sdk/wallets";
import type { Account } from "../accounts.ts";
import { problemOf } from "../problem.ts";
import { endSessionsOf } from "../sessions.ts";
import { cancelling, keepLastWallet, type WalletState, walletNews, wallets } from "../wallets.ts";

/** What wallets call this page. */
const ORIGIN = "Pha console";

/** How each is asked, and those that let the page in, by their ids. */
const found = new Map<string, FoundWallet>();
const connected = new Map<string, ConnectedWallet>();

/** Lists those in the page, and each that comes later. */
export function lookForWallets(): () => void {
  for (const wallet of injectedWallets(window)) add(wallet);
  return discoverEvmWallets(add, window);
}

function add(wallet: FoundWallet): void {
  found.set(wallet.id, wallet);
  const { id, kind, name, version } = wallet;
  if (wallets.get().some((one) => one.id === id)) return;
  const state = {
    id,
    kind,
    name,
    version,
    phase: "found",
    accounts: [],
    problem: undefined,
  } as const;
  wallets.update((all) => [...all, state]);
}

function change(id: string, to: Partial<WalletState>): void {
  wallets.update((all) => all.map((one) => (one.id === id ? { ...one, ...to } : one)));
}

/** @param genesis of the network, in hex: accounts that are for another one alone are left out */
export async function connectWallet(id: string, genesis: string): Promise<void> {
  const wallet = found.get(id);
  if (wallet === undefined || connected.has(id)) return;
  const leaving = new AbortController();
  cancelling.set(id, () => leaving.abort());
  change(id, { phase: "asked", problem: undefined });
  try {
    const opened = await wallet.connect({
      origin: ORIGIN,
      genesisHash: fromHex(genesis),
      signal: leaving.signal,
    });
    connected.set(id, opened);
    cancelling.set(id, opened.cancel);
    opened.onAccounts((accounts) => show(wallet, accounts));
    change(id, { phase: "connected" });
    show(wallet, opened.accounts());
    keepLastWallet(id);
  } catch (error) {
    cancelling.delete(id);
    change(id, { phase: "found", problem: problemOf(error) });
  }
}

export function disconnectWallet(id: string): void {
  const wallet = found.get(id);
  connected.get(id)?.cancel();
  connected.get(id)?.close();
  connected.delete(id);
  cancelling.delete(id);
  if (wallet !== undefined) show(wallet, []);
  walletNews.set(undefined);
  change(id, { phase: "found", problem: undefined });
}

function show(wallet: FoundWallet, list: ReturnType<ConnectedWallet["accounts"]>): void {
  const former = wallets.get().find(({ id }) => id === wallet.id)?.accounts ?? [];
  // One account in two wallets is used through the first.
  const taken = new Set(
    wallets.get().flatMap(({ id, accounts }) => (id === wallet.id ? [] : accounts.map(idOf))),
  );
  const accounts = list
    .filter(({ address }) => !taken.has(address))
    .map((one) => accountOf(one, wallet));
  const isThere = new Set(accounts.map(idOf));
  const gone = former.filter(({ id }) => !isThere.has(id));
  change(wallet.id, { accounts });
  if (gone.length === 0) return;
  const ended = gone.reduce((sum, { address }) => sum + endSessionsOf(address), 0);
  walletNews.set({ wallet: wallet.name, names: gone.map(({ name }) => name), ended });
}

function idOf({ id }: Account): string {
  return id;
}

function accountOf(
  { name, address, publicKey, certifier, signer, evmAddress }: WalletAccount,
  wallet: FoundWallet,
): Account {
  return {
    id: address,
    name,
    address,
    publicKey,
    certifier,
    signer,
    wallet: { id: wallet.id, name: wallet.name, evmAddress },
  };
}
