import { concatBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { EVIDENCE_KINDS, type EvidenceKind } from "../evidence-kind.ts";
import { DAY, ecSigner, NOW } from "../testing/certificates.ts";
import {
  makeCollateral,
  makeQuote,
  platformLevel,
  root,
  sgxReport,
  type TdReportInput,
  tcbInfo,
  tdReport,
} from "../testing/dcap.ts";
import { verifyEvidence } from "../verify-evidence.ts";
import { type DcapCollateral, verifyCollateral } from "./collateral.ts";
import { intelSgxDcap, intelTdxDcap } from "./evidence.ts";

function verified(collateral: DcapCollateral) {
  const result = verifyCollateral(collateral, NOW, root);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

const sgx = verified(makeCollateral("sgx"));
const tdx = verified(makeCollateral("tdx"));
const otherFamily = verified(
  makeCollateral("sgx", { tcbInfo: tcbInfo("sgx", { fmspc: "00606a000000" }) }),
);
const trust = { collateral: [otherFamily, tdx, sgx], root };
const verifiers = [intelSgxDcap(trust), intelTdxDcap(trust)];

const envelope = (kind: EvidenceKind, quote: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(EVIDENCE_KINDS[kind]), quote);

function verify(kind: EvidenceKind, quote: Uint8Array, more = {}) {
  const filler = kind === "IntelSgxDcap" ? 0x55 : 0x88;
  const expectedReportData = new Uint8Array(64).fill(filler);
  const bytes = envelope(kind, quote);
  return verifyEvidence({ bytes, verifiers, now: NOW, expectedReportData, ...more });
}

function told(result: ReturnType<typeof verify>): string {
  if (result.ok) return "ok";
  return "cause" in result.error ? result.error.cause : result.error.code;
}

const sgxQuote = makeQuote();
const tdxQuote = (input: TdReportInput = {}): Uint8Array =>
  makeQuote({ version: 4, body: tdReport(input) });

describe("a quote in an envelope", () => {
  test("becomes the result that every vendor has", () => {
    const enclave = verify("IntelSgxDcap", sgxQuote);
    const domain = verify("IntelTdxDcap", tdxQuote());
    expect(enclave).toMatchObject({
      ok: true,
      value: { vendor: "intel", teeClass: "sgx-enclave", confidence: 2, svn: 13, debug: false },
    });
    expect(domain).toMatchObject({
      ok: true,
      value: { vendor: "intel", teeClass: "tdx-domain", confidence: 2, debug: false },
    });
    // One processor is one platform, two programs are two measurements.
    expect(enclave.ok && domain.ok && enclave.value.platformId).toEqual(
      domain.ok && domain.value.platformId,
    );
    expect(enclave.ok && domain.ok && enclave.value.measurement).not.toEqual(
      domain.ok && domain.value.measurement,
    );
  });

  test("does not exist for a verifier without Intel, or without collateral of the family", () => {
    expect(told(verify("IntelSgxDcap", sgxQuote, { verifiers: [] }))).toBe("evidence/unknown-kind");
    const bare = [intelSgxDcap({ collateral: [otherFamily, tdx], root })];
    expect(told(verify("IntelSgxDcap", sgxQuote, { verifiers: bare }))).toBe(
      "attestation/fmspc-mismatch",
    );
  });

  test("is refused in the other kind's envelope, with padding, for other report data, or late", () => {
    expect(told(verify("IntelTdxDcap", sgxQuote))).toBe("attestation/collateral-wrong-tee");
    expect(told(verify("IntelSgxDcap", concatBytes(sgxQuote, Uint8Array.of(0))))).toBe(
      "evidence/malformed",
    );
    expect(told(verify("IntelSgxDcap", sgxQuote.subarray(1)))).toMatch(/^attestation\/quote-/);
    expect(told(verify("IntelSgxDcap", sgxQuote, { expectedReportData: new Uint8Array(64) }))).toBe(
      "evidence/other-report-data",
    );
    expect(told(verify("IntelSgxDcap", sgxQuote, { now: NOW + 6n * DAY }))).toBe(
      "attestation/collateral-expired",
    );
    const forged = makeQuote({ quoteSigner: ecSigner("stranger") });
    expect(told(verify("IntelSgxDcap", forged))).toBe("attestation/quote-signature");
  });

  test.each<[string, TdReportInput]>([
    ["debugging", { tdAttributes: [1, 0, 0, 0x10] }],
    ["faults from the host", { tdAttributes: [0, 0, 0, 0] }],
    ["migration", { tdAttributes: [0, 0, 0, 0x30] }],
    ["performance counters", { tdAttributes: [0, 0, 0, 0x10, 0, 0, 0, 0x80] }],
  ])("of a trust domain with %s counts as open to the host", (_name, input) => {
    expect(verify("IntelTdxDcap", tdxQuote(input))).toMatchObject({ value: { debug: true } });
  });

  test("of a debug enclave, or with a service trust domain, counts as open to the host", () => {
    const enclave = makeQuote({ body: sgxReport({ attributes: 7 }) });
    expect(verify("IntelSgxDcap", enclave)).toMatchObject({ value: { debug: true } });
    const body = tdReport({}, true);
    body[600] = 1;
    expect(verify("IntelTdxDcap", makeQuote({ version: 5, body }))).toMatchObject({
      value: { debug: true },
    });
  });

  test("of a revoked level is not genuine", () => {
    const info = tcbInfo("sgx", { tcbLevels: [platformLevel(10, "Revoked")] });
    const revoked = verified(makeCollateral("sgx", { tcbInfo: info }));
    const only = [intelSgxDcap({ collateral: [revoked], root })];
    expect(told(verify("IntelSgxDcap", sgxQuote, { verifiers: only }))).toBe(
      "attestation/tcb-revoked",
    );
  });

  test("measures every register of a trust domain", () => {
    const zero = new Uint8Array(48);
    const one = new Uint8Array(48).fill(1);
    const measurements = [0, 1, 2, 3, 4].map((changed) => {
      const rtmrs = [0, 1, 2, 3].map((i) => (i === changed ? one : zero));
      const result = verify("IntelTdxDcap", tdxQuote({ rtmrs }));
      return result.ok ? result.value.measurement.join() : told(result);
    });
    expect(new Set(measurements).size).toBe(5);
  });
});
