/**
 * Evidence that this program has verified already.
 *
 * The verdict is a function of the evidence, of what it must bind, of collateral, roots, lines and time. All but the time
 * are in an entry's name; the time may go on by `MAX_AGE_MS`, and not past the end of what the evidence hangs on. Only
 * verdicts that accept are kept: what is refused may be refused for the time alone.
 *
 * **Bounds**: `MAX_ENTRIES`; the least recently used goes.
 */

import { type AttestationResult, DemandsCodec } from "@pha/attestation";
import { blake2b256 } from "@pha/crypto";
import { CollateralItem } from "@pha/protocol";
import { concatBytes, encode, toHex } from "@pha/scale";
import type { TrustContext } from "./chain-links.ts";

const MAX_ENTRIES = 256;
/** Of chain time: however the time enters a verdict, it is no older than this. */
export const MAX_AGE_MS = 600_000n;

/** Verdicts on evidence by name. */
export interface EvidenceCache {
  /** @param nowMs chain time */
  get(name: string, nowMs: bigint): AttestationResult | undefined;
  put(name: string, nowMs: bigint, result: AttestationResult): void;
}

interface Entry {
  readonly verifiedAtMs: bigint;
  readonly result: AttestationResult;
}

/** Keeps verdicts on evidence for ten minutes, so many at most. */
export function createEvidenceCache(): EvidenceCache {
  const entries = new Map<string, Entry>();
  return {
    get(name, nowMs) {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      const { verifiedAtMs, result } = entry;
      const { validUntilMs } = result;
      const isOld = nowMs < verifiedAtMs || nowMs > verifiedAtMs + MAX_AGE_MS;
      if (isOld || (validUntilMs !== undefined && nowMs > validUntilMs)) {
        entries.delete(name);
        return undefined;
      }
      entries.delete(name);
      entries.set(name, entry);
      return result;
    },
    put(name, nowMs, result) {
      entries.set(name, { verifiedAtMs: nowMs, result });
      if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value ?? name);
    },
  };
}

/** Digest of everything but the time; the roots are those of the cache's client. */
export function nameOfVerdict(
  { policy, simulatedRoot }: TrustContext,
  evidence: Uint8Array,
  reportData: Uint8Array,
  items: readonly (CollateralItem | undefined)[],
): string {
  const parts = [
    reportData,
    evidence,
    policy === undefined ? NOTHING : encode(DemandsCodec, policy),
    simulatedRoot ?? NOTHING,
    ...items.map((item) => (item ? encode(CollateralItem, item) : NOTHING)),
  ];
  return toHex(blake2b256(concatBytes(...parts.map((part) => blake2b256(part)))));
}

const NOTHING = new Uint8Array(0);
