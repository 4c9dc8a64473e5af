/** What a contract's code asks of the engine under it; the engine in production, a map in tests. */
export interface ContractHost {
  get(key: Uint8Array): Uint8Array | undefined;
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /**
   * The next entries whose key begins with `prefix`, in byte order of keys, behind `after`.
   *
   * Empty at the end; a page's size is the host's choice, equal on every host.
   */
  scan(prefix: Uint8Array, after: Uint8Array | undefined): readonly StoredEntry[];
  /** Opens a stored entry to the caller of a query. */
  open(key: Uint8Array): void;
  /** The next 32 bytes of the command's own pseudorandom stream. */
  random(): Uint8Array;
  /** 32 bytes: keyed hash under a secret of this contract. */
  pseudonym(domain: Uint8Array, data: Uint8Array): Uint8Array;
  /** X25519 public key to which others seal boxes for this contract and domain, 32 bytes. */
  boxKey(domain: Uint8Array): Uint8Array;
  /** What a box for that key holds; nothing for whatever is no such box. */
  openBox(domain: Uint8Array, box: Uint8Array): Uint8Array | undefined;
}

export interface StoredEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Longest storage key, in bytes, the cell's number included. */
export const MAX_KEY_BYTES = 128;
/** Longest stored value. */
export const MAX_VALUE_BYTES = 64 << 10;
/** Longest result of a call. */
export const MAX_REPLY_BYTES = 64 << 10;
