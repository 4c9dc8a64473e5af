/**
 * Storage keys of what evidence is verified with, for those who read a chain's state with proofs.
 *
 * `PhaAttestation` declares the same items; a test of `@pha/runtime` compares both.
 */
import { blake2b128 } from "@pha/crypto";
import { itemKey } from "@pha/protocol";
import { concatBytes, encode } from "@pha/scale";
import { DemandsCodec } from "../policy/demands-codec.ts";
import { CollateralSlot, StoredCollateral } from "./item.ts";

const COLLATERAL = itemKey("PhaAttestation", "Collateral");

export const ATTESTATION_STORAGE = {
  policy: { key: itemKey("PhaAttestation", "Policy"), value: DemandsCodec },
  collateral: {
    key: (slot: CollateralSlot): Uint8Array => {
      const encoded = encode(CollateralSlot, slot);
      return concatBytes(COLLATERAL, blake2b128(encoded), encoded);
    },
    value: StoredCollateral,
  },
} as const;
