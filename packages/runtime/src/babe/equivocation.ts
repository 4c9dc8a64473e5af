/**
 * Two blocks of one author in one slot: the proof, and when it holds.
 *
 * **Trust**: proofs come from anybody.
 */
import { babePreDigestOf, babeSealOf, headerHash, sealPayload } from "@pha/consensus";
import { sr25519Verify } from "@pha/crypto";
import { type BlockHeader, BlockHeaderCodec } from "@pha/frame";
import { type Codec, encode, equalBytes, fixedBytes, struct, u64 } from "@pha/scale";
import type { MembershipProof } from "../historical/index.ts";
import type { Equivocation, ReportProblem } from "../offences/equivocation-port.ts";
import type { BabeContext } from "./declaration.ts";

export interface BabeEquivocationProof {
  /** sr25519 key. */
  readonly offender: Uint8Array;
  readonly slot: bigint;
  readonly firstHeader: BlockHeader;
  readonly secondHeader: BlockHeader;
}

export const BabeEquivocationProof: Codec<BabeEquivocationProof> = struct(
  {
    offender: fixedBytes(32),
    slot: u64,
    firstHeader: BlockHeaderCodec,
    secondHeader: BlockHeaderCodec,
  },
  { path: ["sp_consensus_slots", "EquivocationProof"] },
);

/** Whether both headers were sealed by the offender for the slot, and differ. */
export function isBabeEquivocation(proof: BabeEquivocationProof): boolean {
  const { offender, slot, firstHeader, secondHeader } = proof;
  if (equalBytes(headerHash(firstHeader), headerHash(secondHeader))) return false;
  const claims = [firstHeader, secondHeader].map((header) => {
    const claim = babePreDigestOf(header);
    const seal = babeSealOf(header);
    if (!claim.ok || seal === undefined || claim.value.value.slot !== slot) return undefined;
    return sr25519Verify(offender, sealPayload(header), seal)
      ? claim.value.value.authorityIndex
      : undefined;
  });
  return claims[0] !== undefined && claims[0] === claims[1];
}

/** What is to be punished; otherwise why not. */
export function babeEquivocation(
  ctx: BabeContext,
  {
    equivocationProof: proof,
    keyOwnerProof: owner,
  }: { readonly equivocationProof: BabeEquivocationProof; readonly keyOwnerProof: MembershipProof },
): Equivocation | ReportProblem {
  const { equivocations } = ctx.config;
  if (equivocations.isTooOld(ctx, owner.session)) return "too-old";
  // The cheap checks come first: two signatures are dear.
  const offender = equivocations.owner(ctx, "babe", proof.offender, owner);
  if (offender === undefined) return "owner";
  if (!equivocations.isSlotOfSession(ctx, proof.slot, owner.session)) return "proof";
  if (!isBabeEquivocation(proof)) return "proof";
  return {
    kind: "babe",
    time: encode(u64, proof.slot),
    offender,
    session: owner.session,
    validatorCount: owner.validatorCount,
  };
}
