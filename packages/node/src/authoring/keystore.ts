/** Keys of an authority; they sign here and go nowhere. */
import type { ClaimInput } from "@pha/consensus";
import { ed25519Sign, pairFromUri, sr25519Sign, vrfSignBabe } from "@pha/crypto";
import { PhaError } from "@pha/scale";

export interface Keystore {
  /** sr25519 public key, 32 bytes. */
  readonly babeKey: Uint8Array;
  /** ed25519 public key, 32 bytes. */
  readonly grandpaKey: Uint8Array;
  readonly signSlot: ClaimInput["signVrf"];
  signSeal(payload: Uint8Array): Uint8Array;
  signVote(payload: Uint8Array): Uint8Array;
}

/**
 * @param uri secret such as `//Alice`, used for both keys
 * @throws PhaError `keystore/bad-secret`
 */
export function openKeystore(uri: string): Keystore {
  const babe = pairFromUri(uri, "sr25519");
  const grandpa = pairFromUri(uri, "ed25519");
  if (!babe.ok || !grandpa.ok)
    throw new PhaError("keystore/bad-secret", "the authority's secret cannot be read", {
      hint: "give a development path such as //Alice, a mnemonic phrase, or a seed in hex",
    });
  return {
    babeKey: babe.value.publicKey,
    grandpaKey: grandpa.value.publicKey,
    signSlot: (input) => vrfSignBabe(babe.value, input),
    signSeal: (payload) => sr25519Sign(babe.value, payload),
    signVote: (payload) => ed25519Sign(grandpa.value.seed, payload),
  };
}
