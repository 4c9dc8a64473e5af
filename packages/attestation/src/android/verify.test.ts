import { sha256 } from "@pha/crypto";
import { fromHex, toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import {
  ANDROID_ROOT,
  type AndroidSample,
  androidKeys,
  type DescriptionSample,
  makeAndroid,
  makeDescription,
  property,
  rootOfTrust,
  statusList,
  usualHardware,
} from "../testing/android.ts";
import { DAY, NOW } from "../testing/certificates.ts";
import { flipped, fuzz, hostileBytes, LONG_TIMEOUT_MS, positionsIn } from "../testing/mutate.ts";
import { element, nothing, octets, sequence, set, unsigned } from "../x509/der-writer.ts";
import { type KeyDescription, parseKeyDescription } from "./parse.ts";
import { GOOGLE_PINNED, GOOGLE_ROOTS } from "./roots.ts";
import { parseStatusList, statusOf } from "./status-list.ts";
import { type VerifyAndroidInput, verifyAndroidKey } from "./verify.ts";

function errorOf(input: VerifyAndroidInput): unknown {
  const result = verifyAndroidKey(input);
  return result.ok ? "ok" : result.error;
}
const codeOf = (sample: AndroidSample): unknown => errorOf(makeAndroid(sample));

function description(sample: DescriptionSample): KeyDescription | string {
  const parsed = parseKeyDescription(makeDescription(sample));
  if (parsed.ok) return parsed.value;
  return "reason" in parsed.error ? parsed.error.reason : parsed.error.code;
}

describe("Android key attestation", () => {
  test.each([
    ["TrustedEnvironment", 1],
    ["StrongBox", 2],
    ["Software", 0],
  ] as const)("facts of %s are told", (securityLevel, level) => {
    const result = verifyAndroidKey(makeAndroid({ level }));
    expect(result.ok && result.value).toMatchObject({
      attestationVersion: 400,
      securityLevel,
      keymasterVersion: 400,
      keymasterSecurityLevel: securityLevel,
      challenge: new Uint8Array(64).fill(3),
      softwareEnforced: {
        creationDateTime: 1_000_000n,
        application: {
          packages: [{ name: "example.app", version: 7 }],
          signatureDigests: [new Uint8Array(32).fill(8)],
        },
        rootOfTrust: undefined,
        tags: [701, 709],
      },
      hardwareEnforced: {
        purposes: [2, 3],
        algorithm: 3,
        keySizeBits: 256,
        digests: [4],
        ecCurve: 1,
        noAuthRequired: true,
        allApplications: false,
        origin: "generated",
        rootOfTrust: {
          verifiedBootKey: new Uint8Array(32).fill(5),
          deviceLocked: true,
          verifiedBootState: "Verified",
          verifiedBootHash: new Uint8Array(32).fill(6),
        },
        osVersion: 160_000,
        osPatchLevel: 202_602,
        vendorPatchLevel: 20_260_205,
        bootPatchLevel: 20_260_205,
        tags: [1, 2, 3, 5, 10, 503, 702, 704, 705, 706, 718, 719],
      },
      publicKeyInfo: androidKeys.leaf.publicKeyInfo,
      serials: ["0x01", "0x5014", "0x3088", "0x64"],
      chainNotAfter: NOW + 365n * DAY,
      isRevocationChecked: false,
    });
  });

  test("lock and boot state are facts", () => {
    const told = (state: number, locked: boolean) => {
      const read = description({ hardware: [rootOfTrust({ state, locked })] });
      return typeof read === "string" ? read : read.hardwareEnforced.rootOfTrust;
    };
    expect(told(1, true)).toMatchObject({ verifiedBootState: "SelfSigned", deviceLocked: true });
    expect(told(2, false)).toMatchObject({ verifiedBootState: "Unverified", deviceLocked: false });
    expect(told(3, true)).toMatchObject({ verifiedBootState: "Failed" });
    expect(told(4, true)).toBe("a number has no meaning");
  });

  test("the hash of what booted is there from version 3 on", () => {
    const boot = (hash: Uint8Array | undefined) => [rootOfTrust({ hash })];
    expect(description({ version: 2, hardware: boot(undefined) })).toMatchObject({
      hardwareEnforced: { rootOfTrust: { verifiedBootHash: undefined } },
    });
    expect(description({ version: 2, hardware: boot(new Uint8Array(32)) })).toBe(
      "bytes after the end",
    );
    expect(description({ version: 3, hardware: boot(undefined) })).toBe("another type is expected");
  });

  test.each([
    [
      "tags that do not ascend",
      [property(2, unsigned(3)), property(1, set(unsigned(2)))],
      "tags do not ascend",
    ],
    [
      "a tag that occurs twice",
      [property(2, unsigned(3)), property(2, unsigned(3))],
      "tags do not ascend",
    ],
    ["an element without a context tag", [unsigned(3)], "a property has no tag of its own"],
    [
      "a primitive context tag",
      [element(0x82, Uint8Array.of(3))],
      "a property has no tag of its own",
    ],
    ["an application's tag", [element(0x62, unsigned(3))], "a property has no tag of its own"],
    ["an origin of the future", [property(702, unsigned(5))], "a number has no meaning"],
    ["a flag with a value", [property(503, unsigned(1))], "another type is expected"],
    ["two values of one", [property(2, sequence(unsigned(1)))], "another type is expected"],
    [
      "too many values",
      [property(1, set(...Array.from({ length: 65 }, () => unsigned(1))))],
      "too many values",
    ],
    [
      "an instant out of range",
      [property(701, element(2, new Uint8Array(9).fill(1)))],
      "an instant is out of range",
    ],
    [
      "an application that is no list",
      [property(709, octets(unsigned(1)))],
      "another type is expected",
    ],
  ] as const)("%s is refused", (_, hardware, reason) =>
    expect(description({ hardware })).toBe(reason));

  test("a key that every application may use is told, and tags that are not read", () => {
    const hardware = [property(600, nothing()), property(1900, octets(new Uint8Array(1)))];
    expect(description({ hardware })).toMatchObject({
      hardwareEnforced: { allApplications: true, tags: [600, 1900] },
    });
  });

  test("challenges are bounded", () => {
    expect(description({ challenge: new Uint8Array(128) })).toMatchObject({ uniqueId: {} });
    expect(description({ challenge: new Uint8Array(129) })).toBe("a challenge is too long");
  });

  test("a malformed description is refused, and one of an unknown version", () => {
    expect(codeOf({ hardware: [unsigned(1)] })).toMatchObject({
      code: "android/malformed-description",
    });
    expect(codeOf({ version: 5 })).toEqual({ code: "android/unknown-version", version: 5 });
  });

  test("the description has to be in the leaf and nowhere above", () => {
    expect(codeOf({ descriptionIn: [] })).toEqual({ code: "android/no-description" });
    expect(codeOf({ descriptionIn: ["batch"] })).toEqual({
      code: "android/description-above-leaf",
      depth: 1,
    });
    expect(codeOf({ descriptionIn: ["leaf", "authority"] })).toEqual({
      code: "android/description-above-leaf",
      depth: 2,
    });
  });

  test("an older device's attestation key may be a leaf; an attested key may not sign", () => {
    expect(codeOf({ batchIsLeaf: true })).toBe("ok");
    const notAnAuthority = { code: "attestation/certificate-chain", reason: "not-an-authority" };
    expect(codeOf({ batchIsLeaf: true, descriptionIn: ["leaf", "batch"] })).toMatchObject(
      notAnAuthority,
    );
    expect(codeOf({ batchIsLeaf: true, batch: { keyUsage: 0x40 } })).toMatchObject(notAnAuthority);
    const late = makeAndroid({ batchIsLeaf: true, batch: { notAfter: NOW - 1000n } });
    expect(errorOf(late)).toMatchObject({ code: "attestation/certificate-validity", depth: 1 });
  });

  test("the root is known by its key", () => {
    const good = makeAndroid();
    expect(errorOf({ ...good, roots: GOOGLE_ROOTS })).toEqual({ code: "android/untrusted-root" });
    expect(errorOf({ ...good, chain: good.chain.slice(0, -1) })).toMatchObject({
      code: "attestation/certificate-signature",
    });
    const forged = good.chain.with(3, flipped(good.chain[3] ?? new Uint8Array(0), 20));
    expect(errorOf({ ...good, chain: forged })).not.toBe("ok");
  });

  test("chains have two to seven certificates", () => {
    const good = makeAndroid();
    for (const length of [0, 1, 8]) {
      const chain = Array.from({ length }, () => good.chain[0] ?? new Uint8Array(0));
      expect(errorOf({ ...good, chain })).toEqual({
        code: "android/chain-length",
        certificates: length,
      });
    }
    expect(errorOf({ ...good, chain: [utf8("x"), utf8("y")] })).toMatchObject({
      code: "attestation/certificate-unparsable",
    });
  });

  test.each(["1", "5014", "3088", "64"])("serial %s on the status list is refused", (serial) => {
    const listed = (entries: Readonly<Record<string, string>>) => {
      const list = parseStatusList(statusList(entries));
      if (!list.ok) throw new Error("a test's list is well formed");
      return { ...makeAndroid(), revocation: { statusList: list.value } };
    };
    const clean = verifyAndroidKey(listed({ "5015": "REVOKED" }));
    expect(clean.ok && clean.value.isRevocationChecked).toBe(true);
    for (const status of ["REVOKED", "SUSPENDED"])
      expect(errorOf(listed({ [serial]: status }))).toMatchObject({
        code: "android/revoked",
        status,
      });
  });

  test("a status list is read strictly", () => {
    const list = parseStatusList(statusList({ "00ab": "REVOKED", "0": "SUSPENDED" }));
    expect(list.ok && statusOf(list.value, Uint8Array.of(0xab))).toBe("REVOKED");
    expect(list.ok && statusOf(list.value, Uint8Array.of(0))).toBe("SUSPENDED");
    for (const text of [
      "",
      "[]",
      "{}",
      '{"entries":[]}',
      '{"entries":{"AB":{"status":"REVOKED"}}}',
      '{"entries":{"ab":{"status":"GOOD"}}}',
      '{"entries":{"ab":null}}',
    ])
      expect(parseStatusList(utf8(text))).toEqual({
        ok: false,
        error: { code: "android/malformed-status-list" },
      });
  });

  test(
    "hostile bytes of a status list end in a value",
    async () => {
      const good = statusList({ "00ab": "REVOKED", "0": "SUSPENDED", "5015": "REVOKED" });
      await fuzz((seed) => {
        const list = parseStatusList(hostileBytes(good, seed));
        if (!list.ok) expect(list.error.code).toBe("android/malformed-status-list");
      });
    },
    LONG_TIMEOUT_MS,
  );

  test("is verifiable from the first to the last second of every certificate", () => {
    const good = makeAndroid({ batch: { notBefore: NOW, notAfter: NOW + DAY } });
    for (const [now, isValid] of [
      [NOW - 1000n, false],
      [NOW, true],
      [NOW + 1000n, true],
      [NOW + DAY - 1000n, true],
      [NOW + DAY, true],
      [NOW + DAY + 1000n, false],
    ] as const)
      expect(verifyAndroidKey({ ...good, now }).ok, String(now)).toBe(isValid);
    const { notAfter } = ANDROID_ROOT;
    expect(verifyAndroidKey({ ...makeAndroid(), now: notAfter }).ok).toBe(true);
    const roots = [{ ...ANDROID_ROOT, notAfter: NOW - 1n }];
    expect(errorOf({ ...makeAndroid(), roots })).toMatchObject({
      code: "attestation/certificate-validity",
      depth: 3,
    });
  });

  test(
    "no change of a byte is accepted",
    () => {
      const good = makeAndroid();
      good.chain.forEach((der, place) => {
        for (const at of positionsIn(der.length, 60)) {
          const chain = good.chain.with(place, flipped(der, at));
          expect(verifyAndroidKey({ ...good, chain }).ok, `certificate ${place} ${at}`).toBe(false);
        }
      });
    },
    LONG_TIMEOUT_MS,
  );

  test(
    "hostile bytes end the parsing in a value",
    async () => {
      const good = makeDescription({ hardware: usualHardware });
      expect(parseKeyDescription(good).ok).toBe(true);
      await fuzz((seed) => {
        const parsed = parseKeyDescription(hostileBytes(good, seed));
        if (!parsed.ok) expect(parsed.error.code).toMatch(/^android\//);
      });
    },
    LONG_TIMEOUT_MS,
  );
});

test("Google's certificates are the ones that are named", () => {
  for (const { der, fingerprint } of GOOGLE_PINNED)
    expect(toHex(sha256(fromHex(der)))).toBe(`0x${fingerprint}`);
  expect(GOOGLE_ROOTS.map(({ publicKey }) => publicKey.type)).toEqual(["rsa", "ec"]);
});
