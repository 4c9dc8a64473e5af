import { constants, generateKeyPairSync, sign, verify } from "node:crypto";
import { concatBytes, fromHex, plainBytes, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { bigEndian } from "./big-endian.ts";
import { isRsaPublicKey, rsaVerify } from "./rsa.ts";
import type { DigestName } from "./weierstrass.ts";

const message = utf8("what a vendor signed");
const DIGESTS: readonly DigestName[] = ["SHA-256", "SHA-384", "SHA-512"];

describe("RSA", () => {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const modulus = plainBytes(
    Buffer.from(pair.publicKey.export({ format: "jwk" }).n ?? "", "base64url"),
  );
  const publicKey = { modulus, exponent: 65_537 };
  const options = (padding: "pkcs1" | "pss") =>
    padding === "pkcs1"
      ? { padding: constants.RSA_PKCS1_PADDING }
      : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

  test.each(["pkcs1", "pss"] as const)("%s: says what OpenSSL says", (padding) => {
    for (const digest of DIGESTS) {
      const name = digest.replace("-", "");
      const signature = plainBytes(
        sign(name, message, { key: pair.privateKey, ...options(padding) }),
      );
      const verdict = (bytes: Uint8Array, key = publicKey): boolean =>
        rsaVerify({ publicKey: key, padding, digest, message, signature: bytes });
      const openssl = (bytes: Uint8Array): boolean =>
        verify(name, message, { key: pair.publicKey, ...options(padding) }, bytes);
      expect(verdict(signature)).toBe(true);
      expect(openssl(signature)).toBe(true);
      for (let at = 0; at < signature.length; at += 29) {
        const changed = signature.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        expect(verdict(changed)).toBe(false);
        expect(openssl(changed)).toBe(false);
      }
      expect(verdict(signature.subarray(1))).toBe(false);
      expect(verdict(concatBytes(Uint8Array.of(0), signature))).toBe(false);
      expect(verdict(signature, { ...publicKey, exponent: 3 })).toBe(false);
    }
  });

  test("keeps paddings apart, and refuses a salt of another length", () => {
    const signed = (padding: "pkcs1" | "pss", more = {}) =>
      plainBytes(sign("SHA256", message, { key: pair.privateKey, ...options(padding), ...more }));
    const base = { publicKey, digest: "SHA-256", message } as const;
    expect(rsaVerify({ ...base, padding: "pss", signature: signed("pkcs1") })).toBe(false);
    expect(rsaVerify({ ...base, padding: "pkcs1", signature: signed("pss") })).toBe(false);
    for (const saltLength of [0, 20, 31, 33])
      expect(rsaVerify({ ...base, padding: "pss", signature: signed("pss", { saltLength }) })).toBe(
        false,
      );
  });
});

test("a signature that is not below the modulus is refused, though its power is right", () => {
  // Asked for 2049 bits, OpenSSL makes a modulus of 2048 that leaves room above it.
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2049 });
  const modulus = plainBytes(Buffer.from(publicKey.export({ format: "jwk" }).n ?? "", "base64url"));
  let longer = 1n << 2048n;
  let counter = 0;
  for (; longer >> 2048n !== 0n; counter++)
    longer =
      bigEndian(modulus) + bigEndian(plainBytes(sign("SHA256", utf8(`${counter}`), privateKey)));
  const signature = fromHex(longer.toString(16).padStart(512, "0"));
  const signed = { padding: "pkcs1", digest: "SHA-256", message: utf8(`${counter - 1}`) } as const;
  const key = { modulus, exponent: 65_537 };
  const shorter = fromHex((longer - bigEndian(modulus)).toString(16).padStart(512, "0"));
  expect(rsaVerify({ ...signed, publicKey: key, signature: shorter })).toBe(true);
  expect(rsaVerify({ ...signed, publicKey: key, signature })).toBe(false);
});

test("keys have 2048 to 4096 bits in whole bytes, are odd and have one exponent", () => {
  const modulus = (bits: number): Uint8Array =>
    fromHex(((1n << BigInt(bits)) - 1n).toString(16).padStart(2 * Math.ceil(bits / 8), "0"));
  const is = (bits: number, exponent = 65_537): boolean =>
    isRsaPublicKey({ modulus: modulus(bits), exponent });
  const sizes = [1024, 2047, 2048, 2049, 3072, 4096, 4097];
  expect(sizes.filter((bits) => is(bits))).toEqual([2048, 3072, 4096]);
  expect(is(2048, 3)).toBe(false);
  const even = modulus(2048);
  even[255] = 254;
  expect(isRsaPublicKey({ modulus: even, exponent: 65_537 })).toBe(false);
  const padded = concatBytes(Uint8Array.of(0), modulus(2048));
  expect(isRsaPublicKey({ modulus: padded, exponent: 65_537 })).toBe(false);
  expect(isRsaPublicKey({ modulus: new Uint8Array(0), exponent: 65_537 })).toBe(false);
});
