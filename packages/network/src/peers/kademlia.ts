/**
 * The part of Kademlia that finds peers: who is near a key, by XOR of SHA-256.
 *
 * @see libp2p-kad-dht "Kademlia DHT"
 */
import { sha256 } from "@pha/crypto";
import { compareBytes } from "@pha/scale";

export interface Near<T> {
  /** Peer id, as multihash. */
  readonly id: Uint8Array;
  readonly value: T;
}

/** The `count` nearest to `key`, the nearest first. */
export function nearestTo<T>(
  key: Uint8Array,
  peers: Iterable<Near<T>>,
  count: number,
): readonly T[] {
  const target = sha256(key);
  return [...peers]
    .map(({ id, value }) => ({ distance: xor(sha256(id), target), value }))
    .sort((a, b) => compareBytes(a.distance, b.distance))
    .slice(0, count)
    .map(({ value }) => value);
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, at) => byte ^ (b[at] ?? 0));
}
