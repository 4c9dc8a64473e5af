import { sha256 } from "@pha/crypto";
import { concatBytes, toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { flipped, fuzz, hostileBytes, LONG_TIMEOUT_MS, positionsIn } from "../testing/mutate.ts";
import {
  AK,
  type AzureSample,
  claimsOf,
  ecSignature,
  makeAzure,
  makeQuote,
  makeQuoteMessage,
  PCRS,
  type QuoteSample,
  rsaPair,
  SELECTED,
} from "../testing/tpm.ts";
import { parseBase64Url } from "./base64url.ts";
import { parseParavisorReport } from "./parse-paravisor.ts";
import { parseTpmQuote, parseTpmSignature } from "./parse-quote.ts";
import { verifyAzureSnp } from "./verify-azure.ts";
import { type TpmQuoteEvidence, verifyTpmQuote } from "./verify-quote.ts";

function errorOf(evidence: TpmQuoteEvidence): unknown {
  const result = verifyTpmQuote(evidence, AK);
  return result.ok ? "ok" : result.error;
}
const codeOf = (sample: QuoteSample): unknown => errorOf(makeQuote(sample));

describe("TPM quote", () => {
  test("facts are told, of the registers that it covers only", () => {
    const result = verifyTpmQuote(makeQuote(), AK);
    expect(result.ok && result.value).toEqual({
      qualifiedSigner: new Uint8Array(34).fill(1),
      extraData: sha256(new Uint8Array(64).fill(3)),
      clockMs: 123_456n,
      resetCount: 5,
      restartCount: 6,
      safe: true,
      firmwareVersion: 7n,
      selections: [{ bank: "SHA-256", indexes: [0, 9] }],
      pcrDigest: sha256(concatBytes(new Uint8Array(32), new Uint8Array(32).fill(9))),
      pcrs: {
        "SHA-256": new Map([
          [0, new Uint8Array(32)],
          [9, new Uint8Array(32).fill(9)],
        ]),
      },
    });
  });

  test.each([
    ["no TPM's structure", { magic: 0xff544348 }],
    ["another structure", { type: 0x8017 }],
  ])("%s is refused", (_, sample) => expect(codeOf(sample)).toEqual({ code: "tpm/not-a-quote" }));

  test.each([
    ["a byte behind it", { after: Uint8Array.of(0) }],
    ["a flag that is none", { safe: 2 }],
    ["five banks", { selections: [SELECTED, SELECTED, SELECTED, SELECTED, SELECTED] }],
    ["a bank twice", { selections: [SELECTED, SELECTED] }],
    ["a bitmap of five bytes", { selections: [[0x000b, new Uint8Array(5)] as const] }],
    ["data of the caller above 64 bytes", { extraData: new Uint8Array(65) }],
    ["too many bytes", { after: new Uint8Array(1024) }],
  ])("%s is refused", (_, sample) =>
    expect(codeOf(sample)).toMatchObject({ code: "tpm/malformed", part: "quote" }));

  test("a bank of SHA-1 is refused", () =>
    expect(codeOf({ selections: [[0x0004, Uint8Array.of(1)]] })).toEqual({
      code: "tpm/unsupported-algorithm",
      algorithm: 4,
    }));

  test("other registers, and missing ones, are refused", () => {
    const good = makeQuote();
    const changed = new Map(PCRS).set(9, new Uint8Array(32));
    expect(errorOf({ ...good, pcrs: { "SHA-256": changed } })).toEqual({
      code: "tpm/other-registers",
    });
    expect(codeOf({ pcrDigest: new Uint8Array(32) })).toEqual({ code: "tpm/other-registers" });
    for (const value of [undefined, new Uint8Array(20)]) {
      const pcrs = new Map([[0, new Uint8Array(32)]]);
      if (value) pcrs.set(9, value);
      expect(errorOf({ ...good, pcrs: { "SHA-256": pcrs } })).toEqual({
        code: "tpm/missing-register",
        bank: "SHA-256",
        index: 9,
      });
    }
    expect(errorOf({ ...good, pcrs: {} })).toMatchObject({ code: "tpm/missing-register" });
    const uncovered = new Map(PCRS).set(1, new Uint8Array(32).fill(77));
    expect(errorOf({ ...good, pcrs: { "SHA-256": uncovered } })).toBe("ok");
  });

  test("a signature by another key, or of another scheme, is refused", () => {
    const good = makeQuote();
    const structure = (bytes: Uint8Array) => ({ form: "structure", bytes }) as const;
    const other = structure(ecSignature(utf8("another message")));
    expect(errorOf({ ...good, signature: other })).toEqual({ code: "tpm/bad-signature" });
    const rsa = { form: "bare-rsa", bytes: new Uint8Array(256) } as const;
    expect(errorOf({ ...good, signature: rsa })).toEqual({ code: "tpm/bad-signature" });
    const { bytes } = good.signature;
    expect(errorOf({ ...good, signature: structure(Uint8Array.of(...bytes, 0)) })).toMatchObject({
      code: "tpm/malformed",
      part: "signature",
    });
    expect(errorOf({ ...good, signature: structure(flipped(bytes, 1)) })).toMatchObject({
      code: "tpm/unsupported-algorithm",
    });
    expect(errorOf({ ...good, signature: structure(flipped(bytes, 3)) })).toMatchObject({
      code: "tpm/unsupported-algorithm",
    });
  });

  test(
    "no change of a byte is accepted",
    () => {
      const good = makeQuote();
      for (const at of positionsIn(good.message.length, 200))
        expect(errorOf({ ...good, message: flipped(good.message, at) }), `byte ${at}`).not.toBe(
          "ok",
        );
      const { bytes } = good.signature;
      for (const at of positionsIn(bytes.length, 80)) {
        const signature = { form: "structure", bytes: flipped(bytes, at) } as const;
        expect(errorOf({ ...good, signature }), `signature ${at}`).not.toBe("ok");
      }
    },
    LONG_TIMEOUT_MS,
  );

  const message = makeQuoteMessage();
  test.each([
    ["a quote", message, parseTpmQuote],
    ["a signature", ecSignature(message), parseTpmSignature],
  ] as const)(
    "hostile bytes end the parsing of %s in a value",
    async (_what, good, parse) => {
      expect(parse(good).ok).toBe(true);
      await fuzz((seed) => {
        const parsed = parse(hostileBytes(good, seed));
        if (!parsed.ok) expect(parsed.error.code).toMatch(/^tpm\//);
      });
    },
    LONG_TIMEOUT_MS,
  );
});

describe("Azure's paravisor", () => {
  const pair = rsaPair();
  const azureError = (sample: AzureSample): unknown => {
    const result = verifyAzureSnp(makeAzure(pair, sample));
    return result.ok ? "ok" : result.error;
  };

  test.each([1, 2] as const)("facts are told, with hash %i", (hash) => {
    const result = verifyAzureSnp(makeAzure(pair, { hash }));
    expect(result.ok && result.value).toMatchObject({
      snp: { productLine: "Milan", policy: { debugAllowed: false } },
      vm: { secureBoot: true, tpmEnabled: true, consoleEnabled: undefined, vmUniqueId: "1" },
      tpm: { extraData: sha256(new Uint8Array(64).fill(3)), resetCount: 5 },
    });
  });

  test("claims that the hardware did not sign are refused", () => {
    expect(azureError({ reportData: new Uint8Array(64) })).toEqual({ code: "paravisor/not-bound" });
    const hash = sha256(utf8(claimsOf(pair)));
    const more = concatBytes(hash, new Uint8Array(32).fill(1));
    expect(azureError({ reportData: more })).toEqual({ code: "paravisor/not-bound" });
  });

  test("another machine's key does not quote for this one", () => {
    const other = makeAzure(rsaPair());
    const result = verifyAzureSnp({ ...makeAzure(pair), quote: other.quote });
    expect(!result.ok && result.error).toEqual({ code: "tpm/bad-signature" });
  });

  test("a report of AMD that is wrong is refused, and one of Intel", () => {
    expect(azureError({ snp: { vekTcb: [0, 0, 0, 0, 0] } })).toEqual({ code: "snp/other-tcb" });
    expect(azureError({ hardware: 4 })).toEqual({
      code: "paravisor/other-hardware",
      hardware: "tdx",
    });
  });

  const key = JSON.parse(claimsOf(pair)).keys[0];
  test.each([
    ["claims", "no JSON"],
    ["claims", "[]"],
    ["key", "{}"],
    ["key", JSON.stringify({ keys: [key, key] })],
    ["key", JSON.stringify({ keys: [{ ...key, kid: "HCLEkPub" }] })],
    ["key", JSON.stringify({ keys: [{ ...key, kty: "EC" }] })],
    ["key", JSON.stringify({ keys: [{ ...key, e: "Aw" }] })],
    ["key", JSON.stringify({ keys: [{ ...key, n: "AQAB" }] })],
    ["key", JSON.stringify({ keys: [{ ...key, n: `${key.n}=` }] })],
  ] as const)("a report with wrong %s is refused: %#", (part, claims) =>
    expect(azureError({ claims })).toEqual({ code: "paravisor/malformed", part }));

  test("a report is read strictly", () => {
    const { paravisorReport: good } = makeAzure(pair);
    const partOf = (bytes: Uint8Array) => {
      const parsed = parseParavisorReport(bytes);
      return parsed.ok ? "ok" : parsed.error.part;
    };
    expect(partOf(good)).toBe("ok");
    expect(partOf(good.subarray(0, 1000))).toBe("length");
    expect(partOf(good.subarray(0, 1300))).toBe("length");
    expect(partOf(new Uint8Array(9000))).toBe("length");
    expect(partOf(flipped(good, 0))).toBe("header");
    expect(partOf(flipped(good, 4))).not.toBe("ok");
    for (const at of [1216, 1220, 1224, 1228, 1232])
      expect(partOf(flipped(good, at)), String(at)).toBe("claims-header");
    expect(partOf(flipped(good, good.length - 1))).toBe("padding");
  });

  test(
    "a change of a byte is refused or changes no fact",
    () => {
      const good = makeAzure(pair);
      const facts = verifyAzureSnp(good);
      for (const at of positionsIn(good.paravisorReport.length, 120)) {
        const paravisorReport = flipped(good.paravisorReport, at);
        const result = verifyAzureSnp({ ...good, paravisorReport });
        if (result.ok) expect(result, `byte ${at}`).toEqual(facts);
      }
      // Of the header only its start means anything; nothing behind it may change.
      for (const at of [40, 100, 700, 1300]) {
        const paravisorReport = flipped(good.paravisorReport, at);
        expect(verifyAzureSnp({ ...good, paravisorReport }).ok, `byte ${at}`).toBe(false);
      }
    },
    LONG_TIMEOUT_MS,
  );

  test(
    "hostile bytes end the parsing in a value",
    async () => {
      const { paravisorReport } = makeAzure(pair);
      await fuzz((seed) => {
        const parsed = parseParavisorReport(hostileBytes(paravisorReport, seed));
        if (!parsed.ok) expect(parsed.error.code).toBe("paravisor/malformed");
      });
    },
    LONG_TIMEOUT_MS,
  );
});

test("base64url is read without slack", () => {
  for (const length of [0, 1, 2, 3, 4, 5, 32]) {
    const bytes = Uint8Array.from({ length }, (_, at) => 255 - 7 * at);
    const text = Buffer.from(bytes).toString("base64url");
    expect(toHex(parseBase64Url(text) ?? Uint8Array.of(1))).toBe(toHex(bytes));
  }
  for (const text of ["A", "AB", "AA=", "A+", "A/", "AAB", "AA A"])
    expect(parseBase64Url(text)).toBeUndefined();
});
