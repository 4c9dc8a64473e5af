/** X25519 by a library, for browsers whose WebCrypto has none: a file of its own, loaded when it is needed. */
import { x25519 } from "@noble/curves/ed25519.js";
import type { Agree } from "./seal-visit.ts";

export const agree: Agree = (recipient) => {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  return {
    enc: Uint8Array.from(x25519.getPublicKey(secret)),
    shared: Uint8Array.from(x25519.getSharedSecret(secret, recipient)),
  };
};
