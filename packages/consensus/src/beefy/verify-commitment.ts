/**
 * Verifies a signed BEEFY commitment against the set that must have signed it.
 *
 * **Bounds**: one signature per validator at most; signatures, the dear part, come last.
 * **Trust**: the commitment is hostile; the set is the caller's.
 * **Not here**: a BEEFY voter; how a set follows from the one before (its root is in the leaves under the signed root).
 *
 * @see polkadot-sdk "sp-consensus-beefy"
 */
import { ecdsaRecover } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import {
  type BeefyCommitment,
  beefyCommitmentHash,
  MMR_ROOT_ID,
  type SignedBeefyCommitment,
} from "./commitment.ts";

export type BeefyError =
  | { readonly code: "beefy/wrong-set"; readonly expected: bigint; readonly actual: bigint }
  | { readonly code: "beefy/wrong-set-length"; readonly expected: number; readonly actual: number }
  | { readonly code: "beefy/bad-bitfield" }
  | {
      readonly code: "beefy/too-few-signatures";
      readonly count: number;
      readonly threshold: number;
    }
  | { readonly code: "beefy/bad-signature"; readonly index: number };

export interface BeefyAuthoritySet {
  readonly id: bigint;
  /** Compressed secp256k1 keys, 33 bytes each. */
  readonly authorities: readonly Uint8Array[];
}

/** Indexes of those who signed, in their order, all of whose signatures are valid and who are enough. */
export function verifyBeefyCommitment(
  { commitment, signaturesFrom, validatorSetLength, signatures }: SignedBeefyCommitment,
  { id, authorities }: BeefyAuthoritySet,
): Result<readonly number[], BeefyError> {
  if (commitment.validatorSetId !== id)
    return fail({ code: "beefy/wrong-set", expected: id, actual: commitment.validatorSetId });
  if (validatorSetLength !== authorities.length)
    return fail({
      code: "beefy/wrong-set-length",
      expected: authorities.length,
      actual: validatorSetLength,
    });
  const signers = signersIn(signaturesFrom, validatorSetLength);
  if (signers === undefined || signers.length !== signatures.length)
    return fail({ code: "beefy/bad-bitfield" });
  const threshold = beefyThreshold(authorities.length);
  if (signers.length < threshold)
    return fail({ code: "beefy/too-few-signatures", count: signers.length, threshold });
  const hash = beefyCommitmentHash(commitment);
  for (const [i, index] of signers.entries()) {
    const key = authorities[index];
    const signature = signatures[i];
    const recovered = signature && ecdsaRecover(hash, signature);
    if (key === undefined || recovered === undefined || !equalBytes(recovered, key))
      return fail({ code: "beefy/bad-signature", index });
  }
  return ok(signers);
}

/** Signatures that are enough: all but less than a third. */
export function beefyThreshold(authorities: number): number {
  return authorities - Math.floor((authorities - 1) / 3);
}

/** Root of the Merkle mountain range that is committed to; `undefined` when there is none, or more than one. */
export function committedMmrRoot({ payload }: BeefyCommitment): Uint8Array | undefined {
  const roots = payload.filter(([id]) => equalBytes(id, MMR_ROOT_ID));
  const [root] = roots;
  return roots.length === 1 && root?.[1].length === 32 ? root[1] : undefined;
}

/** Set bits, the highest of each byte first; `undefined` when there are bits beyond the set, or bytes too few. */
function signersIn(bits: Uint8Array, length: number): readonly number[] | undefined {
  if (bits.length !== Math.ceil(length / 8)) return undefined;
  const signers: number[] = [];
  for (let i = 0; i < bits.length * 8; i++) {
    if ((((bits[i >> 3] ?? 0) >> (7 - (i & 7))) & 1) === 0) continue;
    if (i >= length) return undefined;
    signers.push(i);
  }
  return signers;
}
