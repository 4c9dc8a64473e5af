/** Signatures of the three schemes that accounts use. */
import { blake2b256, ecdsaRecover, ed25519Verify, sr25519Verify } from "@pha/crypto";
import { type Codec, type EnumOf, equalBytes, fixedBytes, variant, variants } from "@pha/scale";
import type { AccountId } from "../primitives.ts";

const cases = {
  Ed25519: variant(0, fixedBytes(64)),
  Sr25519: variant(1, fixedBytes(64)),
  Ecdsa: variant(2, fixedBytes(65)),
};
export type MultiSignature = EnumOf<typeof cases>;
export const MultiSignature: Codec<MultiSignature> = variants(cases, {
  path: ["sp_runtime", "MultiSignature"],
});

/** Whether `signer` signed `payload`. ECDSA accounts are the blake2b-256 of the compressed key. */
export function verifySignature(
  signature: MultiSignature,
  payload: Uint8Array,
  signer: AccountId,
): boolean {
  switch (signature.type) {
    case "Ed25519":
      return ed25519Verify(signer, payload, signature.value);
    case "Sr25519":
      return sr25519Verify(signer, payload, signature.value);
    case "Ecdsa": {
      const key = ecdsaRecover(blake2b256(payload), signature.value);
      return key !== undefined && equalBytes(blake2b256(key), signer);
    }
  }
}
