import { concatBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import type { CborKey, CborValue } from "../cose/cbor.ts";
import {
  type CcaSample,
  COSE_REALM_KEY,
  INSTANCE_ID,
  makeCca,
  makePsa,
  PLATFORM_KEY,
  platformSigner,
  RAW_REALM_KEY,
  realmSigner,
} from "../testing/arm.ts";
import { cbor } from "../testing/cbor-writer.ts";
import { flipped, fuzz, hostileBytes, LONG_TIMEOUT_MS, positionsIn } from "../testing/mutate.ts";
import { parseRealmKey } from "./ecdsa-key.ts";
import { parseCcaToken } from "./parse-cca.ts";
import { parsePsaToken } from "./parse-psa.ts";
import { verifyCcaToken } from "./verify-cca.ts";
import { verifyPsaToken } from "./verify-psa.ts";

const claim = (key: CborKey, value: CborValue | undefined) => new Map([[key, value]]);
const zeros = (bytes: number) => new Uint8Array(bytes);

function psaError(token: Uint8Array): unknown {
  const result = verifyPsaToken({ token, attestationKey: PLATFORM_KEY });
  return result.ok ? "ok" : result.error;
}

function ccaError(sample: CcaSample | Uint8Array): unknown {
  const token = sample instanceof Uint8Array ? sample : makeCca(sample);
  const result = verifyCcaToken({ token, platformKey: PLATFORM_KEY });
  return result.ok ? "ok" : result.error;
}

describe("PSA", () => {
  test("facts are told", () => {
    const more = new Map<CborKey, CborValue>([
      [2397n, zeros(8)],
      [2398n, "1234567890123-12345"],
      [2400n, "https://verifier.example"],
      [-75_000n, "a claim of a maker"],
    ]);
    const result = verifyPsaToken({ token: makePsa(more), attestationKey: PLATFORM_KEY });
    expect(result.ok && result.value).toEqual({
      profile: "tag:psacertified.org,2023:psa#tfm",
      nonce: zeros(64).fill(3),
      instanceId: INSTANCE_ID,
      implementationId: zeros(32).fill(4),
      clientId: 1,
      lifecycle: "secured",
      lifecycleValue: 0x3000,
      bootSeed: zeros(8),
      certificationReference: "1234567890123-12345",
      software: [
        {
          type: "BL",
          measurement: zeros(32).fill(5),
          version: "1.0",
          signerId: zeros(32).fill(6),
          hashAlgorithm: undefined,
        },
      ],
      verificationService: "https://verifier.example",
      algorithm: "ES256",
    });
  });

  test.each([
    [0x0000, "unknown"],
    [0x10ff, "assembly-and-test"],
    [0x2000, "provisioning"],
    [0x30ff, "secured"],
    [0x4000, "non-root-of-trust-debug"],
    [0x5000, "recoverable-debug"],
    [0x6000, "decommissioned"],
  ] as const)("life cycle %i is %s", (value, state) => {
    const token = makePsa(claim(2395n, BigInt(value)));
    const result = verifyPsaToken({ token, attestationKey: PLATFORM_KEY });
    expect(result.ok && result.value.lifecycle).toBe(state);
  });

  test.each([
    [10n, zeros(33)],
    [10n, undefined],
    [256n, zeros(33)],
    [256n, INSTANCE_ID.subarray(1)],
    [2394n, 0n],
    [2394n, 1n << 31n],
    [2394n, "1"],
    [2395n, 0x3100n],
    [2395n, 0x7000n],
    [2395n, 0x1_0000n],
    [2396n, zeros(31)],
    [2397n, zeros(7)],
    [2397n, zeros(33)],
    [2398n, 1n],
    [2399n, []],
    [2399n, [new Map([[2n, zeros(32)]])]],
    [2399n, [claim(1n, 1n) as ReadonlyMap<bigint, CborValue>]],
    [2399n, Array.from({ length: 65 }, () => new Map())],
    [2400n, zeros(1)],
  ] as const)("claim %s of %o is refused", (key, value) =>
    expect(psaError(makePsa(claim(key, value as CborValue)))).toEqual({
      code: "psa/malformed",
      claim: key,
    }));

  test("a profile that is not known is refused", () => {
    expect(psaError(makePsa(claim(265n, "other")))).toEqual({
      code: "psa/unknown-profile",
      profile: "other",
    });
    expect(psaError(makePsa(claim(265n, undefined)))).toMatchObject({
      code: "psa/unknown-profile",
    });
  });

  test("a token of another key is refused", () =>
    expect(psaError(makePsa(undefined, { ...platformSigner, signRaw: () => zeros(64) }))).toEqual({
      code: "psa/bad-signature",
    }));

  test(
    "no change of a byte is accepted",
    () => {
      const token = makePsa();
      for (const at of positionsIn(token.length, 120))
        expect(psaError(flipped(token, at)), `byte ${at}`).not.toBe("ok");
    },
    LONG_TIMEOUT_MS,
  );
});

describe("CCA", () => {
  test.each([
    ["a COSE_Key", COSE_REALM_KEY],
    ["a point", RAW_REALM_KEY],
  ])("facts are told, with the realm's key as %s", (_, realmKey) => {
    const result = verifyCcaToken({ token: makeCca({ realmKey }), platformKey: PLATFORM_KEY });
    expect(result.ok && result.value).toMatchObject({
      platform: {
        profile: "tag:arm.com,2023:cca_platform#1.0.0",
        instanceId: INSTANCE_ID,
        implementationId: zeros(32).fill(4),
        configuration: Uint8Array.of(1),
        lifecycle: "secured",
        hashAlgorithm: "sha-256",
      },
      realm: {
        challenge: zeros(64).fill(3),
        personalization: zeros(64),
        hashAlgorithm: "sha-512",
        publicKey: realmKey,
        initialMeasurement: zeros(64).fill(7),
        extensibleMeasurements: [1, 2, 3, 4].map((at) => zeros(64).fill(at)),
      },
      platformAlgorithm: "ES256",
      realmAlgorithm: "ES384",
    });
  });

  test.each(["sha-256", "sha-384", "sha-512"] as const)("binds by %s", (keyHash) =>
    expect(ccaError({ keyHash })).toBe("ok"));

  test("an older token without profile of the realm is read", () =>
    expect(ccaError({ realm: claim(265n, undefined), realmKey: RAW_REALM_KEY })).toBe("ok"));

  test.each([
    ["platform", 10n, zeros(10)],
    ["platform", 256n, zeros(33)],
    ["platform", 2395n, -1n],
    ["platform", 2396n, undefined],
    ["platform", 2399n, undefined],
    ["platform", 2400n, 1n],
    ["platform", 2401n, "text"],
    ["platform", 2402n, "md5"],
    ["realm", 10n, zeros(32)],
    ["realm", 44235n, zeros(63)],
    ["realm", 44236n, undefined],
    ["realm", 44237n, undefined],
    ["realm", 44238n, zeros(20)],
    ["realm", 44239n, [zeros(32)]],
    ["realm", 44239n, [1n, 1n, 1n, 1n]],
    ["realm", 44240n, "sha-1"],
  ] as const)("claim of the %s: %s of %o is refused", (part, key, value) =>
    expect(ccaError({ [part]: claim(key, value as CborValue) })).toEqual({
      code: "cca/malformed",
      part,
      claim: key,
    }));

  test("profiles that are not known are refused", () => {
    for (const part of ["platform", "realm"])
      expect(ccaError({ [part]: claim(265n, "other") })).toEqual({
        code: "cca/unknown-profile",
        part,
      });
  });

  test("a token is a tagged map of the two", () => {
    for (const token of [
      cbor(new Map()),
      cbor({ tag: 399n, content: new Map() }),
      cbor({ tag: 398n, content: new Map([[44234n, zeros(1)]]) }),
    ])
      expect(ccaError(token)).toMatchObject({ code: "cca/malformed", part: "token" });
  });

  test("a platform's token of another key is refused", () => {
    const platformKey = { curve: "P-256", publicKey: realmSigner.publicKey } as const;
    const result = verifyCcaToken({ token: makeCca(), platformKey });
    expect(!result.ok && result.error).toEqual({ code: "cca/bad-platform-signature" });
  });

  test("a realm whose key the platform did not vouch for is refused", () =>
    expect(ccaError({ platform: claim(10n, zeros(64)) })).toEqual({ code: "cca/not-bound" }));

  test("a realm's key has to be a point, and to have signed", () => {
    expect(ccaError({ realmKey: zeros(97).fill(4) })).toEqual({ code: "cca/bad-realm-key" });
    const other = Uint8Array.of(4, ...platformSigner.publicKey);
    expect(ccaError({ realmKey: other })).toEqual({ code: "cca/bad-realm-signature" });
  });

  test("a COSE_Key is read strictly", () => {
    const [x, y] = [realmSigner.publicKey.subarray(0, 48), realmSigner.publicKey.subarray(48)];
    const key = (changed: readonly (readonly [bigint, CborValue])[]) =>
      parseRealmKey(
        cbor(new Map<CborKey, CborValue>([[1n, 2n], [-1n, 2n], [-2n, x], [-3n, y], ...changed])),
      );
    expect(key([])?.publicKey).toEqual(realmSigner.publicKey);
    expect(key([[3n, -35n]])?.curve).toBe("P-384");
    expect(key([[3n, -7n]])).toBeUndefined();
    expect(key([[1n, 1n]])).toBeUndefined();
    expect(key([[-1n, 1n]])).toBeUndefined();
    expect(key([[-2n, y]])).toBeUndefined();
    expect(parseRealmKey(concatBytes(RAW_REALM_KEY, zeros(1)))).toBeUndefined();
    expect(parseRealmKey(zeros(0))).toBeUndefined();
  });

  test(
    "no change of a byte is accepted",
    () => {
      const token = makeCca();
      for (const at of positionsIn(token.length, 150))
        expect(ccaError(flipped(token, at)), `byte ${at}`).not.toBe("ok");
    },
    LONG_TIMEOUT_MS,
  );

  test.each([
    ["CCA", makeCca(), parseCcaToken],
    ["PSA", makePsa(), parsePsaToken],
  ] as const)(
    "hostile bytes end the parsing of a %s token in a value",
    async (_what, good, parse) => {
      expect(parse(good).ok).toBe(true);
      await fuzz((seed) => {
        const parsed = parse(hostileBytes(good, seed));
        if (!parsed.ok) expect(parsed.error.code).toMatch(/^(cca|psa|cose|cbor)\//);
      });
    },
    LONG_TIMEOUT_MS,
  );
});
