/**
 * Proof that an account holds the keys it sets: each key signs the account's name.
 *
 * Without it, anybody could take the key of another validator first, and be slashed or paid in its place.
 *
 * @see polkadot-sdk "sp-core" proof_of_possession
 */
import { ownershipStatement } from "@pha/consensus";
import { ed25519Verify, sr25519Verify } from "@pha/crypto";
import type { AccountId } from "@pha/frame";
import type { SessionKeys } from "./types.ts";

export const OWNERSHIP_PROOF_BYTES = 128;

/** @param proof signature of the BABE key, then that of the GRANDPA key, 64 bytes each */
export function isOwnershipProof(
  owner: AccountId,
  { babe, grandpa }: SessionKeys,
  proof: Uint8Array,
): boolean {
  if (proof.length !== OWNERSHIP_PROOF_BYTES) return false;
  const statement = ownershipStatement(owner);
  return (
    sr25519Verify(babe, statement, proof.subarray(0, 64)) &&
    ed25519Verify(grandpa, statement, proof.subarray(64))
  );
}
