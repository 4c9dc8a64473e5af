import { createECDH, createHash, createPrivateKey, sign } from "node:crypto";
import { concatBytes, fromHex, plainBytes, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { backend as node } from "./backend.node.ts";
import { backend as web } from "./backend.web.ts";
import { bigEndian } from "./big-endian.ts";
import { type DigestName, type EcdsaCurve, ecdsaVerify, isEcdsaPublicKey } from "./weierstrass.ts";

const ORDERS: Readonly<Record<EcdsaCurve, bigint>> = {
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  "P-384":
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};
const NAMES = { "P-256": "prime256v1", "P-384": "secp384r1" } as const;
const DIGESTS: readonly DigestName[] = ["SHA-256", "SHA-384", "SHA-512"];

const message = utf8("what a vendor signed");
const toBytes = (value: bigint, size: number): Uint8Array =>
  fromHex(value.toString(16).padStart(2 * size, "0"));

function signer(curve: EcdsaCurve, seed: string) {
  const size = curve === "P-256" ? 32 : 48;
  const ecdh = createECDH(NAMES[curve]);
  ecdh.setPrivateKey(
    createHash(curve === "P-256" ? "sha256" : "sha384")
      .update(seed)
      .digest(),
  );
  const publicKey = plainBytes(ecdh.getPublicKey()).slice(1);
  const url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  const x = url(publicKey.subarray(0, size));
  const y = url(publicKey.subarray(size));
  const jwk = { kty: "EC", crv: curve, d: url(ecdh.getPrivateKey()), x, y };
  const key = createPrivateKey({ format: "jwk", key: jwk });
  const signIt = (digest: DigestName): Uint8Array =>
    plainBytes(sign(digest.replace("-", ""), message, { key, dsaEncoding: "ieee-p1363" }));
  return { size, publicKey, signIt };
}

describe.each(["P-256", "P-384"] as const)("ECDSA over %s", (curve) => {
  const { size, publicKey, signIt } = signer(curve, "a vendor");
  const order = ORDERS[curve];
  /** Both halves, and the verdict that is given. */
  const verdicts = (signature: Uint8Array, digest: DigestName = "SHA-256", key = publicKey) => {
    const bits = Number(digest.slice(4));
    const name = curve === "P-256" ? "p256Verify" : "p384Verify";
    const halves = [node, web].map((half) => half[name](key, message, signature, bits));
    return [...halves, ecdsaVerify({ curve, digest, publicKey: key, message, signature })];
  };
  const all = (verdict: boolean) => [verdict, verdict, verdict];

  test("accepts what OpenSSL signs, with every digest, low and high s alike", () => {
    for (const digest of DIGESTS) {
      const signature = signIt(digest);
      expect(verdicts(signature, digest)).toEqual(all(true));
      const s = bigEndian(signature.subarray(size));
      const other = concatBytes(signature.subarray(0, size), toBytes(order - s, size));
      expect(verdicts(other, digest)).toEqual(all(true));
    }
  });

  test("refuses another digest, key and message, and any bit flipped", () => {
    const signature = signIt("SHA-256");
    expect(verdicts(signature, "SHA-384")).toEqual(all(false));
    expect(verdicts(signature, "SHA-256", signer(curve, "another").publicKey)).toEqual(all(false));
    for (let at = 0; at < signature.length; at += 7) {
      const changed = signature.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(verdicts(changed)).toEqual(all(false));
    }
  });

  test("refuses r and s out of range before a half sees them, whatever they are modulo the order", () => {
    const signature = signIt("SHA-256");
    const r = bigEndian(signature.subarray(0, size));
    const s = bigEndian(signature.subarray(size));
    const top = (1n << BigInt(8 * size)) - 1n;
    const verify = (a: bigint, b: bigint): boolean =>
      ecdsaVerify({
        curve,
        digest: "SHA-256",
        publicKey,
        message,
        signature: concatBytes(toBytes(a, size), toBytes(b, size)),
      });
    expect(verify(r, s)).toBe(true);
    for (const out of [0n, order, order + 1n, top]) {
      expect(verify(out, s)).toBe(false);
      expect(verify(r, out)).toBe(false);
    }
    const small = signature.subarray(0, 2 * size - 1);
    for (const bytes of [small, concatBytes(signature, Uint8Array.of(0)), new Uint8Array(0)])
      expect(ecdsaVerify({ curve, digest: "SHA-256", publicKey, message, signature: bytes })).toBe(
        false,
      );
  });

  test("knows points by their equation and reduced coordinates", () => {
    const most = (1n << BigInt(8 * size)) - 1n;
    expect(isEcdsaPublicKey(curve, publicKey)).toBe(true);
    const x = publicKey.subarray(0, size);
    const y = publicKey.subarray(size);
    expect(isEcdsaPublicKey(curve, concatBytes(y, x))).toBe(false);
    expect(isEcdsaPublicKey(curve, new Uint8Array(2 * size))).toBe(false);
    expect(isEcdsaPublicKey(curve, concatBytes(toBytes(most, size), y))).toBe(false);
    expect(isEcdsaPublicKey(curve, publicKey.subarray(1))).toBe(false);
    const changed = publicKey.slice();
    changed[size] = (changed[size] ?? 0) ^ 1;
    const signature = signIt("SHA-256");
    expect(ecdsaVerify({ curve, digest: "SHA-256", publicKey: changed, message, signature })).toBe(
      false,
    );
  });
});

test("keys that the Node half has let go of are read again", () => {
  const { publicKey, signIt } = signer("P-256", "kept");
  const signature = signIt("SHA-256");
  expect(node.p256Verify(publicKey, message, signature, 256)).toBe(true);
  for (let i = 0; i < 70; i++)
    expect(node.p256Verify(signer("P-256", `${i}`).publicKey, message, signature, 256)).toBe(false);
  expect(node.p256Verify(publicKey, message, signature, 256)).toBe(true);
});
