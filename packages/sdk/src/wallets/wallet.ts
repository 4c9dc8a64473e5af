/** Wallets of the person in front of a page: what they show, and how they are asked. */
import type { CertificateSigner, Signer } from "../chain/accounts.ts";

/** An account of a wallet. */
export interface WalletAccount {
  /** Of the wallet, without what could confuse a reader; the address when there is none. */
  readonly name: string;
  /** SS58 with Pha's prefix. */
  readonly address: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Of which the account is made, with its checksum; absent of keys of Substrate. */
  readonly evmAddress: string | undefined;
  /** Signs certificates. */
  readonly certifier: CertificateSigner;
  /** Signs extrinsics; absent of Ethereum addresses, whose accounts only read. */
  readonly signer: Signer | undefined;
}

/** A wallet that has let this page in. */
export interface ConnectedWallet {
  /** What it shows now; none while it is locked. */
  accounts(): readonly WalletAccount[];
  /** Told of every change. */
  onAccounts(listener: (accounts: readonly WalletAccount[]) => void): () => void;
  /** Gives up the questions that are open; later ones are asked as before. */
  cancel(): void;
  /** Ends what was subscribed; the wallet goes on to know this page. */
  close(): void;
}

/** How a wallet is asked to let the page in. */
export interface ConnectOptions {
  /** What the wallet calls this page. */
  readonly origin: string;
  /** Accounts that their wallet keeps for another network are left out. */
  readonly genesisHash: Uint8Array;
  /** A person reads and decides. Default 5 minutes. */
  readonly timeoutMs?: number;
  /** Ends every wait for this wallet. */
  readonly signal?: AbortSignal;
}

/** A wallet that is there and was not asked yet. */
export interface FoundWallet {
  /** Unique among those found; stays the same when the page is opened again. */
  readonly id: string;
  readonly kind: "substrate" | "evm";
  readonly name: string;
  readonly version: string | undefined;
  connect(options: ConnectOptions): Promise<ConnectedWallet>;
}

/** Accounts of one wallet that are looked at. */
export const MAX_ACCOUNTS = 256;
/** Wallets of one page that are looked at. */
export const MAX_WALLETS = 32;
