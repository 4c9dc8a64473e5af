/** P-256 and P-384 in JavaScript. */
import type { ECDSA } from "@noble/curves/abstract/weierstrass.js";
import { p256, p384 } from "@noble/curves/nist.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@pha/scale";
import type { Backend } from "./backend.types.ts";

const UNCOMPRESSED = Uint8Array.of(4);

const verifyWith =
  (curve: ECDSA): Backend["p256Verify"] =>
  (publicKey, message, signature, digestBits) => {
    const hash = digestBits === 256 ? sha256 : digestBits === 384 ? sha384 : sha512;
    return curve.verify(signature, hash(message), concatBytes(UNCOMPRESSED, publicKey), {
      prehash: false,
      lowS: false,
      format: "compact",
    });
  };

export const pureWeierstrass: Pick<Backend, "p256Verify" | "p384Verify"> = {
  p256Verify: verifyWith(p256),
  p384Verify: verifyWith(p384),
};
