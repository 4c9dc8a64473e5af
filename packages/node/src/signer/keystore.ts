/**
 * What the node asks of a validator's secret keys. They are in another process (`signer-process.ts`), so answers come
 * later and may not come; what they are of is known at once.
 *
 * Whoever signs builds the bytes itself, from a header or a vote: there is no signature of just any bytes.
 */
import type { BlockRef, Header, VoteKind, VrfSignature } from "@pha/consensus";
import type { BabeVrfInput } from "@pha/crypto";
import { PhaError } from "@pha/scale";

/** Four characters, as the chain and RPC name kinds of keys. */
export const KEY_TYPES = ["babe", "gran"] as const;
export type KeyType = (typeof KEY_TYPES)[number];

export interface StoredKey {
  readonly type: KeyType;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface SessionPair {
  /** sr25519 public key. */
  readonly babe: Uint8Array;
  /** ed25519 public key. */
  readonly grandpa: Uint8Array;
}

export interface OwnVote {
  readonly kind: VoteKind;
  readonly setId: bigint;
  readonly round: bigint;
  readonly target: BlockRef;
}

/** A validator's keys change from session to session: which one signs, the chain says. */
export interface Keystore {
  /** Whether the secret of a public key is there. */
  has(type: KeyType, key: Uint8Array): boolean;
  /** What a BABE key draws in a slot, 32 bytes. @throws PhaError of the signer, as the others do */
  draw(key: Uint8Array, input: BabeVrfInput): Promise<Uint8Array>;
  /** The same with its proof, for a slot that is claimed. */
  prove(key: Uint8Array, input: BabeVrfInput): Promise<VrfSignature>;
  /** sr25519, 64 bytes. @param header with the claim of its slot, without a seal */
  seal(key: Uint8Array, header: Header): Promise<Uint8Array>;
  /** ed25519, 64 bytes. */
  vote(key: Uint8Array, vote: OwnVote): Promise<Uint8Array>;
}

/** What an operator does with the keys of a running node. */
export interface SessionKeys {
  has(type: KeyType, key: Uint8Array): Promise<boolean>;
  /** New keys for a session. */
  generate(): Promise<SessionPair>;
  /**
   * @param uri secret: a phrase, a seed in hex, or a development path
   * @throws PhaError `keystore/bad-secret`, `keystore/wrong-key`
   */
  insert(type: KeyType, uri: string, key: Uint8Array): Promise<void>;
  /** Shows the chain that an account's owner holds the keys, 128 bytes. @throws PhaError `keystore/no-key` */
  proveOwnership(pair: SessionPair, owner: Uint8Array): Promise<Uint8Array>;
}

/** Whatever one of them can sign. */
export function joinKeystores(keystores: readonly [Keystore, ...Keystore[]]): Keystore {
  const [first] = keystores;
  const of = (type: KeyType, key: Uint8Array): Keystore =>
    keystores.find((one) => one.has(type, key)) ?? first;
  return {
    has: (type, key) => keystores.some((one) => one.has(type, key)),
    draw: (key, input) => of("babe", key).draw(key, input),
    prove: (key, input) => of("babe", key).prove(key, input),
    seal: (key, header) => of("babe", key).seal(key, header),
    vote: (key, vote) => of("gran", key).vote(key, vote),
  };
}

export function noFolder(): PhaError {
  return new PhaError("keystore/no-folder", "a validator without a folder has no keys", {
    hint: "give the node a data directory, or a development key such as //Alice",
  });
}
