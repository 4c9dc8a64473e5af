import { generateKeyPairSync } from "node:crypto";
import { concatBytes, plainBytes, toHex, utf8, utf8ToText } from "@pha/scale";
import { describe, expect, test } from "vitest";
import {
  type CertificateInput,
  DAY,
  ecSigner,
  makeCertificate,
  NOW,
  pem,
  rsaSigner,
} from "../testing/certificates.ts";
import { sgxReport } from "../testing/dcap.ts";
import { fuzz, hostileBytes, LONG_TIMEOUT_MS } from "../testing/mutate.ts";
import { verifyEvidence } from "../verify-evidence.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { type IasReport, parseIasReport, verifyIas } from "./verify-ias.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = rsaSigner(
  pair.privateKey,
  plainBytes(pair.publicKey.export({ format: "der", type: "spki" })),
);
const rootInput: CertificateInput = {
  subject: "IAS root",
  subjectKey: key,
  issuer: "IAS root",
  issuerKey: key,
  authority: { maxPathLength: 0 },
};
const signerInput: CertificateInput = {
  ...rootInput,
  subject: "Intel SGX Attestation Report Signing",
  authority: false,
  keyUsage: 0xc0,
  serial: 2,
};
const rootDer = makeCertificate(rootInput);
const signerDer = makeCertificate(signerInput);
const parsed = parseCertificate(rootDer);
if (!parsed.ok) throw new Error(parsed.error.reason);
const root = parsed.value;

const quote = concatBytes(new Uint8Array(48), sgxReport({ isvProdId: 1, isvSvn: 0x0203 }));
const answer = {
  id: "1",
  timestamp: "2023-11-14T22:13:20.402478",
  version: 4,
  advisoryIDs: ["INTEL-SA-00334"],
  isvEnclaveQuoteStatus: "SW_HARDENING_NEEDED",
  isvEnclaveQuoteBody: Buffer.from(quote).toString("base64"),
};

function reportOf(change: object = {}): IasReport {
  const body = utf8(JSON.stringify({ ...answer, ...change }));
  return { body, signature: key.sign(body), certificates: [signerDer] };
}

function told(report: IasReport, at = NOW): string {
  const result = verifyIas(report, at, root);
  if (result.ok) return "ok";
  return "reason" in result.error
    ? `${result.error.code} ${result.error.reason}`
    : result.error.code;
}

describe("a report of IAS", () => {
  test("says what the enclave is and how Intel judged the platform", () => {
    const result = verifyIas(reportOf(), NOW, root);
    const hash = `0x${"33".repeat(32)}01000302${"44".repeat(32)}`;
    expect(result).toMatchObject({
      ok: true,
      value: {
        version: 4,
        issuedAt: NOW,
        quoteStatus: "SW_HARDENING_NEEDED",
        advisoryIds: ["INTEL-SA-00334"],
        confidence: 2,
        report: { isvProdId: 1, isvSvn: 0x0203, debug: false },
      },
    });
    expect(result.ok && toHex(result.value.pruntimeHash)).toBe(hash);
  });

  test("is graded as the original network did; other statuses have no grade", () => {
    const grades = [
      "OK",
      "SW_HARDENING_NEEDED",
      "CONFIGURATION_NEEDED",
      "CONFIGURATION_AND_SW_HARDENING_NEEDED",
      "GROUP_OUT_OF_DATE",
      "GROUP_REVOKED",
      "SIGNATURE_INVALID",
    ].map((status) => {
      const result = verifyIas(reportOf({ isvEnclaveQuoteStatus: status }), NOW, root);
      return result.ok ? result.value.confidence : result.error.code;
    });
    expect(grades).toEqual([1, 2, 3, 3, 5, undefined, undefined]);
  });

  test("holds for less than two hours from its second on", () => {
    expect(told(reportOf(), NOW - 1n)).toBe("attestation/report-not-fresh");
    expect(told(reportOf(), NOW)).toBe("ok");
    expect(told(reportOf(), NOW + 7_199_999n)).toBe("ok");
    expect(told(reportOf(), NOW + 7_200_000n)).toBe("attestation/report-not-fresh");
  });

  test("is signed over its exact bytes by the right signer", () => {
    const report = reportOf();
    const changed = utf8((utf8ToText(report.body) ?? "").replace("SW_HARDENING_NEEDED", "OK"));
    expect(told({ ...report, body: changed })).toBe("attestation/report-signature");
    expect(told({ ...report, signature: report.signature.slice(1) })).toBe(
      "attestation/report-signature",
    );
    const other = makeCertificate({ ...signerInput, subject: "Somebody" });
    expect(told({ ...report, certificates: [other] })).toBe("attestation/certificate-wrong-role");
    expect(told({ ...report, certificates: [] })).toBe("attestation/certificate-chain empty");
    expect(told({ ...report, certificates: [Uint8Array.of(1)] })).toMatch(
      /^attestation\/certificate-unparsable/,
    );
    const foreign = makeCertificate({ ...signerInput, issuerKey: ecSigner("stranger") });
    expect(told({ ...report, certificates: [foreign] })).toBe("attestation/certificate-signature");
    const late = makeCertificate({ ...signerInput, notBefore: NOW + DAY });
    expect(told({ ...report, certificates: [late] })).toBe("attestation/certificate-validity");
    expect(told({ ...report, certificates: [signerDer, rootDer] })).toBe("ok");
  });

  test.each([
    [{ version: 2 }, "the version is unknown"],
    [{ version: 5 }, "version is no number up to 4"],
    [{ timestamp: "2023-11-14T22:13:20Z" }, "the timestamp is malformed"],
    [{ isvEnclaveQuoteBody: "AAAA" }, "the quote is malformed"],
    [{ isvEnclaveQuoteStatus: 1 }, "isvEnclaveQuoteStatus is no text"],
  ])("%o is refused though signed", (change, reason) => {
    expect(told(reportOf(change))).toBe(`attestation/report-unparsable ${reason}`);
  });

  test("is bounded", () => {
    const body = new Uint8Array(20_000);
    expect(told({ ...reportOf(), body })).toBe("attestation/report-unparsable too long");
  });
});

describe("a stored report", () => {
  const report = reportOf();
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const hex = (bytes: Uint8Array): string => toHex(bytes).slice(2);
  const stored = (signature: string, rawSigningCert: string): string =>
    JSON.stringify({ raReport: utf8ToText(report.body), signature, rawSigningCert });
  const chain = utf8ToText(pem(signerDer, rootDer)) ?? "";

  test.each([
    ["base64", stored(base64(report.signature), base64(signerDer))],
    ["hex", stored(hex(report.signature), hex(signerDer))],
    ["a chain as text", stored(base64(report.signature), chain)],
    [
      "a chain as it comes in a header",
      stored(base64(report.signature), encodeURIComponent(chain)),
    ],
  ])("in %s", (_name, json) => {
    const read = parseIasReport(json);
    expect(read.ok && told(read.value)).toBe("ok");
  });

  test.each([
    stored("!", base64(signerDer)),
    stored(base64(report.signature), "A"),
    stored(base64(report.signature), "-----BEGIN CERTIFICATE-----"),
    stored(base64(report.signature), "-----BEGIN%20CERTIFICATE-----%zz"),
    "{}",
    "",
  ])("is refused when it is none (%#)", (json) => {
    const read = parseIasReport(json);
    expect(read.ok ? "ok" : read.error.code).toBe("attestation/report-unparsable");
  });

  test(
    "of hostile bytes ends in a value",
    async () => {
      const good = utf8(stored(base64(report.signature), chain));
      await fuzz((seed) => {
        const read = parseIasReport(utf8ToText(hostileBytes(good, seed)) ?? "");
        if (!read.ok) expect(read.error.code).toBe("attestation/report-unparsable");
      });
    },
    LONG_TIMEOUT_MS,
  );
});

test("no envelope holds a report of IAS: it registers nobody", () => {
  const { body } = reportOf();
  const refused = verifyEvidence({
    bytes: concatBytes(Uint8Array.of(0), body),
    now: NOW,
    expectedReportData: new Uint8Array(64).fill(0x55),
  });
  expect(refused).toEqual({ ok: false, error: { code: "evidence/unknown-kind", kind: 0 } });
});
