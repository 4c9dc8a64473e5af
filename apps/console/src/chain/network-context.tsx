/** The network that pages are about, its connection, and who acts on it. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import type { Account } from "./accounts.ts";
import { type Connected, type Connection, type Heads, openConnection } from "./connection.ts";
import type { Network } from "./networks.ts";
import { createRecentBlocks, type RecentBlocks } from "./recent-blocks.ts";
import { usePacedStore, useStore } from "./store.ts";
import { wallets } from "./wallets.ts";

interface Opened {
  readonly connection: Connection;
  readonly blocks: RecentBlocks;
}

interface NetworkValue {
  readonly network: Network;
  readonly opened: Opened;
  /** Id of who acts. */
  readonly accountId: string | undefined;
}

const Context = createContext<NetworkValue | undefined>(undefined);

export function NetworkProvider({
  network,
  accountId,
  children,
}: {
  readonly network: Network;
  readonly accountId: string | undefined;
  readonly children: ReactNode;
}): ReactNode {
  const opened = useOpened(network);
  const value = useMemo(
    () => opened && { network, opened, accountId },
    [network, opened, accountId],
  );
  return value && <Context value={value}>{children}</Context>;
}

/** One connection at a time: of another network a new one, and the former is closed. */
function useOpened(network: Network): Opened | undefined {
  const [opened, setOpened] = useState<Opened>();
  useEffect(() => {
    const connection = openConnection(network);
    setOpened({ connection, blocks: createRecentBlocks(connection) });
    return () => connection.close();
  }, [network]);
  return opened;
}

function useNetworkValue(): NetworkValue {
  const value = useContext(Context);
  if (value === undefined) throw new Error("outside of NetworkProvider");
  return value;
}

export function useNetwork(): Network {
  return useNetworkValue().network;
}

export function useConnection(): Connection {
  return useNetworkValue().opened.connection;
}

/** Only below `Connected` gates, which show what is the case while there is none. */
export function useConnected(): Connected {
  const state = useStore(useConnection().state);
  if (state.phase !== "connected") throw new Error("not connected");
  return state;
}

export function useMaybeConnected(): Connected | undefined {
  const state = useStore(useConnection().state);
  return state.phase === "connected" ? state : undefined;
}

export function useHeads(): Heads | undefined {
  return usePacedStore(useConnection().heads);
}

export function useBlocksSource(): RecentBlocks {
  return useNetworkValue().opened.blocks;
}

const NONE: readonly Account[] = [];

export interface Accounts {
  /** Test accounts on networks for development, then those of connected wallets. */
  readonly accounts: readonly Account[];
  readonly account: Account | undefined;
  /** Address in the page's address that no wallet shows now: nobody acts in its stead. */
  readonly missing: string | undefined;
}

export function useAccounts(): Accounts {
  const { network, accountId } = useNetworkValue();
  const core = useMaybeConnected()?.core;
  const known = useStore(wallets);
  const accounts = useMemo(
    () => [
      ...(network.development && core ? core.developmentAccounts() : NONE),
      ...known.flatMap((wallet) => wallet.accounts),
    ],
    [network, core, known],
  );
  const named = accounts.find(({ id }) => id === accountId);
  const missing = named === undefined && isWalletAccount(accountId) ? accountId : undefined;
  return { accounts, account: named ?? (missing === undefined ? accounts[0] : undefined), missing };
}

/** An SS58 address; test accounts have names. */
function isWalletAccount(id: string | undefined): boolean {
  return id !== undefined && id.length > 40;
}
