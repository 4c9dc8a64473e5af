/** Hashers of map keys. The concatenating ones keep the key readable from the storage key. */
import { blake2b128, blake2b256, twox64, twox128, twox256 } from "@pha/crypto";
import { concatBytes } from "@pha/scale";

export type HasherName =
  | "Blake2_128"
  | "Blake2_256"
  | "Blake2_128Concat"
  | "Twox128"
  | "Twox256"
  | "Twox64Concat"
  | "Identity";

export interface Hasher {
  readonly name: HasherName;
  readonly hash: (key: Uint8Array) => Uint8Array;
  /** Bytes in front of the readable key; `undefined` when the key cannot be read back. */
  readonly concatOffset: number | undefined;
}

/** For keys that users choose. */
export const blake2_128Concat: Hasher = {
  name: "Blake2_128Concat",
  hash: (key) => concatBytes(blake2b128(key), key),
  concatOffset: 16,
};
/** For keys nobody can choose: counters, indexes. */
export const twox64Concat: Hasher = {
  name: "Twox64Concat",
  hash: (key) => concatBytes(twox64(key), key),
  concatOffset: 8,
};
/** For keys that are hashes already. */
export const identity: Hasher = { name: "Identity", hash: (key) => key, concatOffset: 0 };
export const blake2_128: Hasher = {
  name: "Blake2_128",
  hash: blake2b128,
  concatOffset: undefined,
};
export const blake2_256: Hasher = {
  name: "Blake2_256",
  hash: blake2b256,
  concatOffset: undefined,
};
export const twox_128: Hasher = { name: "Twox128", hash: twox128, concatOffset: undefined };
export const twox_256: Hasher = { name: "Twox256", hash: twox256, concatOffset: undefined };
