/** Keys of one boot: the identity stays over restarts, the others do not. */
import { ed25519PublicKey, type Sr25519Pair, sr25519FromSeed, x25519PublicKey } from "@pha/crypto";
import type { Entropy } from "./entropy.ts";

export interface Keys {
  readonly identity: Sr25519Pair;
  readonly boot: { readonly seed: Uint8Array; readonly publicKey: Uint8Array };
  readonly bootEncryption: { readonly secret: Uint8Array; readonly publicKey: Uint8Array };
}

export function createKeys(identitySeed: Uint8Array, entropy: Entropy): Keys {
  const seed = entropy.next();
  const secret = entropy.next();
  return {
    identity: sr25519FromSeed(identitySeed),
    boot: { seed, publicKey: ed25519PublicKey(seed) },
    bootEncryption: { secret, publicKey: x25519PublicKey(secret) },
  };
}
