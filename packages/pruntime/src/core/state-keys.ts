/**
 * State keys of a cluster by version: the newest, and the one before it until a snapshot needs it no more (protocol §3).
 *
 * Where they are kept and wrapped they are one string of bytes, 32 for each version, the newest first.
 */
import { deriveStateKeys, type StateKeys, type StateKeyVersions } from "@pha/protocol";
import { assert, concatBytes } from "@pha/scale";

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
  /** Overwrites what was derived from older versions. */
  eraseOlder(): void;
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
  return {
    newest: ring.newest,
    of: (version) => derived[ring.newest - version],
    eraseOlder() {
      for (const { saltKey, macKey, encKey } of derived.splice(1))
        for (const key of [saltKey, macKey, encKey]) key.fill(0);
    },
  };
}

export function versionsOf({ newest, bytes }: StateKeyRing): StateKeyVersions {
  return { newest, oldest: newest - bytes.length / STATE_KEY_BYTES + 1 };
}

/** The key of one version; absent when it is not in the ring. */
export function keyOf({ newest, bytes }: StateKeyRing, version: number): Uint8Array | undefined {
  const at = (newest - version) * STATE_KEY_BYTES;
  return at < 0 || at >= bytes.length ? undefined : bytes.slice(at, at + STATE_KEY_BYTES);
}

/** A newer version in front of the newest of a ring; the former ring is overwritten. */
export function withNext(ring: StateKeyRing, version: number, key: Uint8Array): StateKeyRing {
  const before = keyOf(ring, version - 1);
  assert(before, "versions follow each other");
  const next = { newest: version, bytes: concatBytes(key, before) };
  before.fill(0);
  erase(ring);
  return next;
}

/** Without the versions before `oldest`, which are overwritten. */
export function trimmed(ring: StateKeyRing, oldest: number): StateKeyRing {
  const kept = Math.max(1, ring.newest - oldest + 1) * STATE_KEY_BYTES;
  if (kept >= ring.bytes.length) return ring;
  const next = { newest: ring.newest, bytes: ring.bytes.slice(0, kept) };
  erase(ring);
  return next;
}

export function erase({ bytes }: StateKeyRing): void {
  bytes.fill(0);
}

export function isRing(bytes: Uint8Array): boolean {
  const keys = bytes.length / STATE_KEY_BYTES;
  return Number.isInteger(keys) && keys >= 1 && keys <= MAX_KEY_VERSIONS;
}
