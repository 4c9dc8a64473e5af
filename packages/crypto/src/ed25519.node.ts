/** ed25519 and X25519 through node:crypto, for machines where libsodium's binary does not load. */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import type { Backend } from "./backend.types.ts";
import { isStrictEd25519 } from "./ed25519-rule.ts";

type Curves = Pick<
  Backend,
  "ed25519PublicKey" | "ed25519Sign" | "ed25519Verify" | "x25519PublicKey" | "x25519"
>;

/** DER prefixes of 32 raw bytes (RFC 8410): PKCS#8 private, SPKI public. */
const PKCS8 = {
  ed25519: "302e020100300506032b657004220420",
  x25519: "302e020100300506032b656e04220420",
};
const SPKI = { ed25519: "302a300506032b6570032100", x25519: "302a300506032b656e032100" };

type Curve = keyof typeof SPKI;

const privateKey = (curve: Curve, raw: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from(PKCS8[curve], "hex"), raw]),
    format: "der",
    type: "pkcs8",
  });

const publicKey = (curve: Curve, raw: Uint8Array): KeyObject =>
  createPublicKey({
    key: Buffer.concat([Buffer.from(SPKI[curve], "hex"), raw]),
    format: "der",
    type: "spki",
  });

const publicBytes = (key: KeyObject): Uint8Array =>
  Uint8Array.from(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12));

export const nodeCurves: Curves = {
  ed25519PublicKey: (seed) => publicBytes(privateKey("ed25519", seed)),
  ed25519Sign: (seed, message) => Uint8Array.from(sign(null, message, privateKey("ed25519", seed))),
  ed25519Verify: (key, message, signature) => {
    if (!isStrictEd25519(key, signature)) return false;
    try {
      return verify(null, message, publicKey("ed25519", key), signature);
    } catch {
      // not the encoding of a point
      return false;
    }
  },
  x25519PublicKey: (secret) => publicBytes(privateKey("x25519", secret)),
  x25519: (secret, peer) => {
    try {
      return Uint8Array.from(
        diffieHellman({
          privateKey: privateKey("x25519", secret),
          publicKey: publicKey("x25519", peer),
        }),
      );
    } catch {
      // OpenSSL refuses an all-zero result
      return undefined;
    }
  },
};
