/**
 * What verifying evidence costs, by kind, and how much of it a block takes.
 *
 * Evidence is dear and comes from anybody. So registration weighs what its kind's dearest evidence was measured to take,
 * and each kind has a tenth of a block at most: whoever floods the chain with one vendor's evidence does not keep the
 * others' workers out.
 */
import { type EvidenceKind, kindOf } from "@pha/attestation";
import { ensure, type Weight } from "@pha/frame";
import type { PhaAttestationContext } from "./declaration.ts";
import { VERIFY } from "./weights.ts";

/** Picoseconds: a tenth of a block of 0.4 s. */
const SHARE = 40_000_000_000n;

/** Of a kind without an entry nothing is verified: its first byte is all that is read. */
export function verificationWeight(evidence: Uint8Array): Weight {
  return VERIFY[kindOf(evidence) ?? "IntelSgxIas"];
}

/** Pieces of evidence of a kind that a block verifies; one at least. */
export function mostVerifications(kind: EvidenceKind): number {
  const most = Number(SHARE / VERIFY[kind].refTime);
  return Math.max(1, most);
}

/** Counts one more. */
export function takeTurn(ctx: PhaAttestationContext, evidence: Uint8Array): void {
  const kind = kindOf(evidence);
  const number = evidence[0];
  if (kind === undefined || number === undefined) return;
  const before = ctx.storage.Verified.get();
  const count = before.find((one) => one.kind === number)?.count ?? 0;
  ensure(count < mostVerifications(kind), ctx.errors.TooManyVerifications);
  ctx.storage.Verified.put([
    ...before.filter((one) => one.kind !== number),
    { kind: number, count: count + 1 },
  ]);
}
