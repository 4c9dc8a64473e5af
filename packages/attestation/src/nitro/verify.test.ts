import { sha256 } from "@pha/crypto";
import { toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import type { CborValue } from "../cose/cbor.ts";
import { ecSigner, NOW } from "../testing/certificates.ts";
import { flipped, fuzz, hostileBytes, LONG_TIMEOUT_MS, positionsIn } from "../testing/mutate.ts";
import { makeNitro, type NitroSample, nitroKeys, TEST_NITRO_ROOT } from "../testing/nitro.ts";
import { MAX_NITRO_VALUE_BYTES, parseNitroDocument } from "./parse.ts";
import { NITRO_ROOT, NITRO_ROOT_FINGERPRINT } from "./roots.ts";
import { type VerifyNitroInput, verifyNitroDocument } from "./verify.ts";

function errorOf(input: VerifyNitroInput): unknown {
  const result = verifyNitroDocument(input);
  return result.ok ? "ok" : result.error;
}
const codeOf = (sample: NitroSample): unknown => errorOf(makeNitro(sample));
const registers = (...values: readonly (readonly [bigint, number])[]): CborValue =>
  new Map(values.map(([at, value]) => [at, new Uint8Array(48).fill(value)]));

describe("Nitro", () => {
  test.each([false, true])("facts are told (streamed: %s)", (streamed) => {
    const result = verifyNitroDocument(makeNitro({ streamed }));
    expect(result.ok && result.value).toEqual({
      moduleId: "i-0-enc0",
      timestampMs: NOW,
      pcrs: new Map([0, 1, 2, 3].map((at) => [at, new Uint8Array(48).fill(at + 1)])),
      publicKey: undefined,
      userData: new Uint8Array(64).fill(3),
      nonce: new Uint8Array(32).fill(4),
      isDebug: false,
      leafNotBefore: NOW - 3_600_000n,
      leafNotAfter: NOW + 7_200_000n,
      certificates: 3,
    });
  });

  test("an enclave without a measurement runs for debugging", () => {
    const isDebug = (pcrs: CborValue): boolean => {
      const result = verifyNitroDocument(makeNitro({ fields: { pcrs } }));
      return result.ok && result.value.isDebug;
    };
    expect(isDebug(registers([0n, 0], [1n, 1]))).toBe(true);
    expect(isDebug(registers([1n, 1]))).toBe(true);
    expect(isDebug(registers([0n, 1]))).toBe(false);
  });

  test.each([
    ["module_id", ""],
    ["module_id", 1n],
    ["module_id", undefined],
    ["timestamp", 0n],
    ["timestamp", "now"],
    ["timestamp", undefined],
    ["digest", "SHA256"],
    ["pcrs", []],
    ["pcrs", registers()],
    ["pcrs", registers([32n, 1])],
    ["pcrs", new Map([[0n, new Uint8Array(32)]])],
    ["pcrs", new Map([["0", new Uint8Array(48)]])],
    ["certificate", new Uint8Array(0)],
    ["certificate", null],
    ["cabundle", []],
    ["cabundle", [new Uint8Array(1025)]],
    ["cabundle", Array.from({ length: 7 }, () => Uint8Array.of(1))],
    ["public_key", "text"],
    ["user_data", new Uint8Array(MAX_NITRO_VALUE_BYTES + 1)],
    ["nonce", 1n],
  ] as const)("a document whose %s is %o is refused", (field, value) =>
    expect(codeOf({ fields: { [field]: value as CborValue } })).toEqual({
      code: "nitro/malformed",
      field,
    }));

  test("values may have all of their length", () => {
    const most = new Uint8Array(MAX_NITRO_VALUE_BYTES);
    expect(codeOf({ fields: { public_key: most, user_data: most, nonce: most } })).toBe("ok");
  });

  test.each([
    ["payload", { fields: { more: 1n } }],
    ["payload", { sign: { payload: Uint8Array.of(0) } }],
    ["protected", { sign: { header: new Map([[1n, -35n] as const, [4n, 1n] as const]) } }],
    ["protected", { sign: { algorithm: -7n, key: ecSigner("p256") } }],
    ["unprotected", { sign: { unprotected: new Map([[4n, 1n] as const]) } }],
  ] as const)("a message with a wrong %s is refused", (field, sample) =>
    expect(codeOf(sample)).toEqual({ code: "nitro/malformed", field }));

  test("a payload that is no CBOR is refused", () =>
    expect(codeOf({ sign: { payload: utf8("x") } })).toMatchObject({ code: "cbor/malformed" }));

  test("the first certificate has to be the pinned root", () => {
    expect(errorOf({ ...makeNitro(), root: NITRO_ROOT })).toEqual({ code: "nitro/untrusted-root" });
    expect(codeOf({ fields: { cabundle: [TEST_NITRO_ROOT.raw] } })).toMatchObject({
      code: "attestation/certificate-chain",
      reason: "issuer-name",
    });
  });

  test("a leaf is no authority, and its key is on P-384", () => {
    expect(codeOf({ leaf: { authority: {} } })).toEqual({ code: "nitro/bad-leaf" });
    expect(codeOf({ leaf: { subjectKey: ecSigner("p256") } })).toEqual({ code: "nitro/bad-leaf" });
  });

  test("a document signed by another key is refused", () =>
    expect(codeOf({ sign: { key: nitroKeys.zone } })).toEqual({ code: "nitro/bad-signature" }));

  test("is verifiable from the first to the last second of its leaf", () => {
    const good = makeNitro();
    const [from, to] = [NOW - 3_600_000n, NOW + 7_200_000n];
    for (const [now, isValid] of [
      [from - 1000n, false],
      [from, true],
      [from + 1000n, true],
      [to - 1000n, true],
      [to, true],
      [to + 1000n, false],
    ] as const)
      expect(verifyNitroDocument({ ...good, now }).ok, String(now)).toBe(isValid);
    expect(errorOf({ ...good, now: to + 1000n })).toMatchObject({
      code: "attestation/certificate-validity",
    });
  });

  test("is made while its leaf is valid", () => {
    for (const [timestampMs, code] of [
      [NOW - 3_600_001n, "nitro/untimely"],
      [NOW + 7_201_000n, "nitro/untimely"],
    ] as const)
      expect(codeOf({ timestampMs })).toEqual({ code, timestampMs });
    expect(codeOf({ timestampMs: NOW - 3_600_000n })).toBe("ok");
    expect(codeOf({ timestampMs: NOW + 7_200_999n })).toBe("ok");
  });

  test(
    "no change of a byte is accepted",
    () => {
      const good = makeNitro();
      for (const at of positionsIn(good.document.length, 200))
        expect(
          verifyNitroDocument({ ...good, document: flipped(good.document, at) }).ok,
          `byte ${at}`,
        ).toBe(false);
    },
    LONG_TIMEOUT_MS,
  );

  test(
    "hostile bytes end the parsing in a value",
    async () => {
      const { document } = makeNitro();
      expect(parseNitroDocument(document).ok).toBe(true);
      await fuzz((seed) => {
        const parsed = parseNitroDocument(hostileBytes(document, seed));
        if (!parsed.ok) expect(parsed.error.code).toMatch(/^(nitro|cose|cbor)\//);
      });
    },
    LONG_TIMEOUT_MS,
  );
});

test("AWS's root is the one that is named", () =>
  expect(toHex(sha256(NITRO_ROOT.raw))).toBe(`0x${NITRO_ROOT_FINGERPRINT}`));
