/**
 * From t encrypted shares to one encrypted key, without opening anything.
 *
 * **Bounds**: at most 31 shares.
 * **Trust**: shares come from anyone; `collectKeyShares` names the seat whose share is wrong, `combineKeyShares`
 * leaves checking to whoever opens the result.
 */
import { fail, ok, type Result } from "@pha/scale";
import {
  addG1,
  addG2,
  encodeG1,
  encodeG2,
  G1_ZERO,
  G2_ZERO,
  multiplyPublicG1,
  multiplyPublicG2,
} from "./bls.ts";
import {
  decodeEncryptedKey,
  type EncryptedKeyShare,
  verifyEncryptedKeyShare,
} from "./encrypted-key-share.ts";
import { isSeat, lagrangeAtZero, MAX_SEATS } from "./seats.ts";

export interface IndexedKeyShare {
  /** Seat number, 0 … n − 1. */
  readonly index: number;
  readonly share: EncryptedKeyShare;
}

export type CombineError =
  | { readonly code: "vetkd/too-few-shares"; readonly have: number; readonly need: number }
  | { readonly code: "vetkd/bad-seat"; readonly index: number }
  | { readonly code: "vetkd/repeated-seat"; readonly index: number }
  | { readonly code: "vetkd/bad-share"; readonly index: number };

/** Lagrange interpolation at zero over the first `t` shares. */
export function combineKeyShares(
  shares: readonly IndexedKeyShare[],
  t: number,
): Result<EncryptedKeyShare, CombineError> {
  if (shares.length < t || t < 1)
    return fail({ code: "vetkd/too-few-shares", have: shares.length, need: t });
  const used = shares.slice(0, t);
  const seats = new Set<number>();
  for (const { index } of used) {
    if (!isSeat(index, MAX_SEATS)) return fail({ code: "vetkd/bad-seat", index });
    if (seats.has(index)) return fail({ code: "vetkd/repeated-seat", index });
    seats.add(index);
  }
  const coefficients = lagrangeAtZero([...seats]);
  let c1 = G1_ZERO;
  let c2 = G2_ZERO;
  let c3 = G1_ZERO;
  for (const [i, { index, share }] of used.entries()) {
    const points = decodeEncryptedKey(share);
    if (points === undefined) return fail({ code: "vetkd/bad-share", index });
    const coefficient = coefficients[i] ?? 0n;
    c1 = addG1(c1, multiplyPublicG1(points.c1, coefficient));
    c2 = addG2(c2, multiplyPublicG2(points.c2, coefficient));
    c3 = addG1(c3, multiplyPublicG1(points.c3, coefficient));
  }
  return ok({ c1: encodeG1(c1), c2: encodeG2(c2), c3: encodeG1(c3) });
}

export interface CollectKeySharesInput {
  readonly shares: readonly IndexedKeyShare[];
  readonly t: number;
  /** Per seat, from the run's result. */
  readonly sharePublicKeys: readonly Uint8Array[];
  readonly rootPublicKey: Uint8Array;
  readonly identity: Uint8Array;
  readonly transportPublicKey: Uint8Array;
}

/** Checks each share against its seat's public key, then combines; the error names the first wrong seat. */
export function collectKeyShares(
  input: CollectKeySharesInput,
): Result<EncryptedKeyShare, CombineError> {
  const used = input.shares.slice(0, input.t);
  for (const { index, share } of used) {
    const sharePublicKey = input.sharePublicKeys[index];
    if (sharePublicKey === undefined) return fail({ code: "vetkd/bad-seat", index });
    if (!verifyEncryptedKeyShare({ ...input, share, sharePublicKey }))
      return fail({ code: "vetkd/bad-share", index });
  }
  return combineKeyShares(used, input.t);
}
