/** secp256k1 by the native library, 20 times as fast as JavaScript. */
import type Native from "secp256k1/bindings.js";
import type { Secp256k1Half } from "./secp256k1-pure.ts";

/**
 * `undefined` where there is no binary for the platform.
 *
 * The binding is asked for directly: the package's own entry would fall back to a third implementation of its own.
 */
export async function loadSecp256k1(): Promise<Secp256k1Half | undefined> {
  try {
    return nativeSecp256k1((await import("secp256k1/bindings.js")).default);
  } catch {
    // no binary for this platform, or a bundle without native modules
    return undefined;
  }
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
