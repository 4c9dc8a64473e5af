/**
 * Storage keys of what evidence is verified with, for those who read a chain's state with proofs.
 *
 * `PhaAttestation` declares the same items; a test of `@pha/runtime` compares both.
 */
import { blake2b128 } from "@pha/crypto";
import { collateralKey, itemKey, StoredCollateral } from "@pha/protocol";
import { concatBytes, u32 } from "@pha/scale";
import { DemandsCodec, SignerRecord } from "../policy/demands-codec.ts";
import { GradeRecord } from "../policy/grade-record.ts";

function ofHash(pallet: string, item: string): (key: Uint8Array) => Uint8Array {
  const prefix = itemKey(pallet, item);
  return (key) => concatBytes(prefix, blake2b128(key), key);
}

export const ATTESTATION_STORAGE = {
  policy: { key: itemKey("PhaAttestation", "Policy"), value: DemandsCodec },
  collateral: {
    key: collateralKey,
    value: StoredCollateral,
  },
  signer: { key: ofHash("PhaAttestation", "Signers"), value: SignerRecord },
  /** Platform id → block since which it counts as proven where the platform stands. */
  endorsed: { key: ofHash("PhaAttestation", "Endorsed"), value: u32 },
  /** Of a worker, by its identity. */
  grade: { key: ofHash("PhalaRegistry", "Grades"), value: GradeRecord },
} as const;
