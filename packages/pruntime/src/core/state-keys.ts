/**
 * State keys of a cluster by version: the newest, and the one before it until a snapshot needs it no more (protocol §3).
 *
 * Where they are kept and wrapped they are one string of bytes, 32 for each version, the newest first.
 */
import { deriveStateKeys, type StateKeys } from "@pha/protocol";
import { assert } from "@pha/scale";

export const STATE_KEY_BYTES = 32;
/** Versions in use at once. */
export const MAX_KEY_VERSIONS = 2;

export interface StateKeyRing {
  /** Newest version. */
  readonly newest: number;
  /** Secret, the newest first. */
  readonly bytes: Uint8Array;
}

export interface KeysByVersion {
  readonly newest: number;
  /** Absent for a version that is not here, any more or yet. */
  of(version: number): StateKeys | undefined;
}

export function keysByVersion(
  ring: StateKeyRing,
  context: { readonly genesisHash: Uint8Array; readonly cluster: Uint8Array },
): KeysByVersion {
  assert(isRing(ring.bytes), "a ring has one or two keys");
  const { genesisHash, cluster } = context;
  const derived: StateKeys[] = [];
  for (let at = 0; at < ring.bytes.length; at += STATE_KEY_BYTES) {
    const version = ring.newest - at / STATE_KEY_BYTES;
    const key = ring.bytes.subarray(at, at + STATE_KEY_BYTES);
    derived.push(deriveStateKeys(key, { genesisHash, cluster, version }));
  }
  return { newest: ring.newest, of: (version) => derived[ring.newest - version] };
}

export function isRing(bytes: Uint8Array): boolean {
  const keys = bytes.length / STATE_KEY_BYTES;
  return Number.isInteger(keys) && keys >= 1 && keys <= MAX_KEY_VERSIONS;
}
