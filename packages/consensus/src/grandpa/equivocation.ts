/**
 * Proof that an authority voted twice in one round, and its verification.
 *
 * **Trust**: a proof is hostile; whoever acts on it verifies it. **Not here**: whether the authority was in the set at
 * that time, and what happens to it (the runtime's offences).
 *
 * @see polkadot-sdk sp-consensus-grandpa `EquivocationProof`
 */
import { ed25519Verify } from "@pha/crypto";
import {
  type Codec,
  fail,
  fixedBytes,
  mapCodec,
  ok,
  type Result,
  struct,
  u64,
  variant,
  variants,
} from "@pha/scale";
import { BlockRef, isSameBlock } from "../block-ref.ts";
import { signedVotePayload } from "./vote.ts";

export interface BallotAndSignature {
  readonly target: BlockRef;
  /** ed25519, 64 bytes. */
  readonly signature: Uint8Array;
}

export interface EquivocationProof {
  readonly setId: bigint;
  readonly round: bigint;
  readonly kind: "prevote" | "precommit";
  /** ed25519 public key, 32 bytes. */
  readonly authority: Uint8Array;
  readonly first: BallotAndSignature;
  readonly second: BallotAndSignature;
}

const signedBallot: Codec<BallotAndSignature> = struct({
  target: BlockRef,
  signature: fixedBytes(64),
});

const pair = struct({
  round: u64,
  authority: fixedBytes(32),
  first: signedBallot,
  second: signedBallot,
});

const NAME_OF = { prevote: "Prevote", precommit: "Precommit" } as const;

export const EquivocationProof: Codec<EquivocationProof> = mapCodec(
  struct({
    setId: u64,
    pair: variants({ Prevote: variant(0, pair), Precommit: variant(1, pair) }),
  }),
  ({ setId, pair: { type, value } }) => ({
    setId,
    kind: type === "Prevote" ? "prevote" : "precommit",
    ...value,
  }),
  ({ setId, kind, ...value }) => ({
    setId,
    pair: { type: NAME_OF[kind], value },
  }),
);

export type EquivocationError =
  /** Both votes are for one block: that is no offence. */
  { readonly code: "equivocation/same-vote" } | { readonly code: "equivocation/bad-signature" };

export function verifyEquivocation(
  proof: EquivocationProof,
): Result<EquivocationProof, EquivocationError> {
  const { first, second, kind, authority, round, setId } = proof;
  if (isSameBlock(first.target, second.target)) return fail({ code: "equivocation/same-vote" });
  for (const { target, signature } of [first, second])
    if (!ed25519Verify(authority, signedVotePayload(kind, { ...target, round, setId }), signature))
      return fail({ code: "equivocation/bad-signature" });
  return ok(proof);
}
