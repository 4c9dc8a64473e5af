/** Codecs of the identifiers that the whole protocol shares. */
import { fixedBytes, struct, u32 } from "@pha/scale";

/** 32 bytes: hash, root, contract id, cluster id, command id, symmetric key. */
export const Hash = fixedBytes(32);
/** Account on chain (public key or derived). */
export const AccountId = fixedBytes(32);
export const Sr25519Key = fixedBytes(32);
export const Ed25519Key = fixedBytes(32);
export const X25519Key = fixedBytes(32);
export const Signature = fixedBytes(64);
/** First four bytes of blake2b-256 of a command's or query's name. */
export const Selector = fixedBytes(4);

/** A block by number and hash. */
export const BlockRef = struct({ number: u32, hash: Hash });
export type BlockRef = { readonly number: number; readonly hash: Uint8Array };

/** Of contract ids; marks entries that belong to the cluster itself. */
export const CLUSTER_ITSELF = new Uint8Array(32);
