/**
 * What a finished DKG run gives: the root key, each seat's public share, and the hash that the members sign.
 *
 * The root is the sum of the qualified dealers' constant terms, a seat's share the sum of the shares it was dealt; the
 * root scalar itself is never formed. A rushing dealer can bias the root (joint Feldman); for BLS keys that is harmless.
 *
 * **Bounds**: at most 31 dealings.
 * **Trust**: dealings have passed `verifyDealing`; which of them are qualified (not convicted) is the caller's decision,
 * and must be the same for everyone.
 */
import { encode, fail, ok, type Result } from "@pha/scale";
import { addG2, encodeG2, G2_ZERO, type G2Point, isZero } from "./bls.ts";
import { Dealing, decodeDealing } from "./dkg-dealing.ts";
import { THRESHOLD_DOMAINS } from "./domains.ts";
import { transcriptHash } from "./hash.ts";
import { checkedScalar, reduce, scalarToBytes } from "./scalar.ts";
import { evaluateCommitments, isSeat } from "./seats.ts";

export interface DkgResult {
  /** R_g, 96 bytes. */
  readonly rootPublicKey: Uint8Array;
  /** One per seat, in seat order, 96 bytes each. */
  readonly sharePublicKeys: readonly Uint8Array[];
  /** Qualified dealers, ascending. */
  readonly dealers: readonly number[];
  /** What members confirm, 32 bytes. */
  readonly transcriptHash: Uint8Array;
}

export type AggregateError =
  | { readonly code: "dkg/too-few-dealings"; readonly have: number; readonly need: number }
  | { readonly code: "dkg/repeated-dealer"; readonly dealer: number }
  | { readonly code: "dkg/wrong-shape"; readonly dealer: number }
  | { readonly code: "dkg/bad-point"; readonly dealer: number }
  /** The seat's public share is the identity: only a dealer that knows all its shares can arrange that. */
  | { readonly code: "dkg/degenerate-share"; readonly seat: number }
  | { readonly code: "dkg/degenerate-root" };

export interface AggregateInput {
  /** Of `dkgContext`, 32 bytes. */
  readonly context: Uint8Array;
  readonly n: number;
  readonly t: number;
  /** Of qualified dealers, in any order; at least t, so that one of them is honest. */
  readonly dealings: readonly Dealing[];
}

export function aggregate(input: AggregateInput): Result<DkgResult, AggregateError> {
  const { context, n, t } = input;
  const dealings = [...input.dealings].sort((a, b) => a.dealer - b.dealer);
  if (dealings.length < t)
    return fail({ code: "dkg/too-few-dealings", have: dealings.length, need: t });
  const sums: G2Point[] = Array.from({ length: t }, () => G2_ZERO);
  let previous = -1;
  for (const dealing of dealings) {
    const { dealer } = dealing;
    if (dealer === previous) return fail({ code: "dkg/repeated-dealer", dealer });
    previous = dealer;
    if (!isSeat(dealer, n) || dealing.commitments.length !== t)
      return fail({ code: "dkg/wrong-shape", dealer });
    const points = decodeDealing(dealing);
    if (points === undefined) return fail({ code: "dkg/bad-point", dealer });
    for (const [k, commitment] of points.commitments.entries())
      sums[k] = addG2(sums[k] ?? G2_ZERO, commitment);
  }
  const root = sums[0] ?? G2_ZERO;
  if (isZero(root)) return fail({ code: "dkg/degenerate-root" });
  const rootPublicKey = encodeG2(root);
  const sharePublicKeys: Uint8Array[] = [];
  for (let seat = 0; seat < n; seat++) {
    const sharePublic = evaluateCommitments(sums, seat);
    if (isZero(sharePublic)) return fail({ code: "dkg/degenerate-share", seat });
    sharePublicKeys.push(encodeG2(sharePublic));
  }
  return ok({
    rootPublicKey,
    sharePublicKeys,
    dealers: dealings.map(({ dealer }) => dealer),
    transcriptHash: transcriptHash(THRESHOLD_DOMAINS.transcript, [
      context,
      ...dealings.map((dealing) => encode(Dealing, dealing)),
      rootPublicKey,
      ...sharePublicKeys,
    ]),
  });
}

/** A seat's share of the root: the sum of what the qualified dealers dealt it (32 bytes). */
export function finalShare({ shares }: { readonly shares: readonly Uint8Array[] }): Uint8Array {
  return scalarToBytes(shares.reduce((sum, share) => reduce(sum + checkedScalar(share)), 0n));
}
