/** secp256k1 by the native library, 20 times as fast as JavaScript. */
import { createRequire } from "node:module";
import type Native from "secp256k1/bindings.js";
import { pureSecp256k1, type Secp256k1Half } from "./secp256k1-pure.ts";

/** Few programs use this curve: the library is loaded at its first use. */
export const secp256k1: Secp256k1Half = {
  secp256k1PublicKey: (secret) => half().secp256k1PublicKey(secret),
  secp256k1Sign: (digest, secret) => half().secp256k1Sign(digest, secret),
  secp256k1Recover: (digest, signature, recovery) =>
    half().secp256k1Recover(digest, signature, recovery),
  secp256k1Expand: (publicKey) => half().secp256k1Expand(publicKey),
};

let opened: Secp256k1Half | undefined;

/**
 * JavaScript where there is no binary for the platform.
 *
 * The binding is asked for directly: the package's own entry would fall back to a third implementation of its own.
 */
function half(): Secp256k1Half {
  if (opened !== undefined) return opened;
  try {
    opened = nativeSecp256k1(createRequire(import.meta.url)("secp256k1/bindings.js"));
  } catch {
    // no binary for this platform, or a bundle without native modules
    opened = pureSecp256k1;
  }
  return opened;
}

function nativeSecp256k1(native: typeof Native): Secp256k1Half {
  return {
    secp256k1PublicKey: (secret) =>
      native.privateKeyVerify(secret) ? native.publicKeyCreate(secret, true) : undefined,
    secp256k1Sign: (digest, secret) => {
      const { signature, recid } = native.ecdsaSign(digest, secret);
      const out = new Uint8Array(65);
      out.set(signature);
      out[64] = recid;
      return out;
    },
    secp256k1Recover: (digest, signature, recovery) => {
      try {
        return native.ecdsaRecover(signature, recovery, digest, true);
      } catch {
        // r or s out of range, or no point with that x
        return undefined;
      }
    },
    secp256k1Expand: (publicKey) =>
      native.publicKeyVerify(publicKey) ? native.publicKeyConvert(publicKey, false) : undefined,
  };
}
