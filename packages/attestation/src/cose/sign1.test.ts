import { utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { verifySign1 } from "../arm/ecdsa-key.ts";
import { cbor, sign1 } from "../testing/cbor-writer.ts";
import { ecSigner } from "../testing/certificates.ts";
import type { CborKey, CborValue } from "./cbor.ts";
import { parseSign1 } from "./sign1.ts";

const p256 = ecSigner("p256");
const p384 = ecSigner("p384", "P-384", "sha384");
const payload = utf8("payload");
const map = (...entries: readonly (readonly [CborKey, CborValue])[]) => new Map(entries);

function errorOf(bytes: Uint8Array): unknown {
  const parsed = parseSign1(bytes);
  return parsed.ok ? "ok" : parsed.error;
}

describe("COSE_Sign1", () => {
  test.each([
    ["ES256", -7n, p256, "P-256"],
    ["ES384", -35n, p384, "P-384"],
  ] as const)("%s verifies under the key of its curve only", (name, algorithm, key, curve) => {
    const parsed = parseSign1(sign1({ key, algorithm, payload }));
    expect(parsed.ok && parsed.value.algorithm).toBe(name);
    if (!parsed.ok) return;
    const { publicKey } = key;
    expect(verifySign1(parsed.value, { curve, publicKey })).toBe(true);
    expect(verifySign1(parsed.value, { curve: "P-256", publicKey: p256.publicKey })).toBe(
      curve === "P-256",
    );
    const other = { ...parsed.value, signed: utf8("another message") };
    expect(verifySign1(other, { curve, publicKey })).toBe(false);
  });

  test("may stand in its tag", () => {
    const bytes = sign1({ key: p384, payload });
    expect(parseSign1(Uint8Array.of(0xd2, ...bytes))).toEqual(parseSign1(bytes));
    expect(errorOf(Uint8Array.of(0xd3, ...bytes))).toEqual({
      code: "cose/malformed",
      part: "structure",
    });
  });

  test.each([
    ["three items", cbor([utf8(""), map(), utf8("")]), "structure"],
    ["a payload that is elsewhere", cbor([cbor(map()), map(), null, payload]), "structure"],
    ["a header that is no map", cbor([cbor([]), map(), payload, payload]), "protected"],
    [
      "a critical header",
      sign1({ key: p384, payload, header: map([1n, -35n], [2n, [1n]]) }),
      "protected",
    ],
    [
      "an algorithm outside",
      sign1({ key: p384, payload, unprotected: map([1n, -35n]) }),
      "unprotected",
    ],
    [
      "a label in both headers",
      sign1({
        key: p384,
        payload,
        header: map([1n, -35n], [4n, payload]),
        unprotected: map([4n, payload]),
      }),
      "unprotected",
    ],
    ["a signature of another length", sign1({ key: p256, payload, algorithm: -35n }), "signature"],
  ])("%s is refused", (_, bytes, part) =>
    expect(errorOf(bytes)).toEqual({ code: "cose/malformed", part }));

  test.each([-36n, -8n, 1n])("algorithm %s is refused", (algorithm) =>
    expect(errorOf(sign1({ key: p384, payload, algorithm }))).toEqual({
      code: "cose/unsupported-algorithm",
      algorithm,
    }));

  test("a header that is malformed CBOR is refused", () => {
    const bytes = cbor([Uint8Array.of(0xa1), map(), payload, payload]);
    expect(errorOf(bytes)).toMatchObject({ code: "cbor/malformed" });
  });
});
