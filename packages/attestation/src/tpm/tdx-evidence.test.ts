import { sha256 } from "@pha/crypto";
import { type CodecType, encode } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { neededCollateral } from "../collateral/needed.ts";
import { type EvidenceKind, evidenceEnvelope } from "../evidence-kind.ts";
import { type DcapCollateral, verifyCollateral } from "../intel/collateral.ts";
import { intelTdxDcap } from "../intel/evidence.ts";
import { domainValues } from "../intel/program.ts";
import { parseQuote } from "../intel/quote.ts";
import { programDigest } from "../program-digest.ts";
import { causeOf, makerOf } from "../result.ts";
import { recognizeEvidence } from "../shown-evidence.ts";
import { DAY, NOW } from "../testing/certificates.ts";
import {
  makeCollateral,
  makeQuote,
  platformLevel,
  root,
  type TdReportInput,
  tcbInfo,
} from "../testing/dcap.ts";
import { ENVELOPES } from "../testing/envelopes.ts";
import { flipped, fuzz, hostileBytes, LONG_TIMEOUT_MS, positionsIn } from "../testing/mutate.ts";
import {
  type AzureTdxSample,
  makeAzureTdx,
  makeQuoteMessage,
  PCRS,
  rsaPair,
} from "../testing/tpm.ts";
import { verifyEvidence } from "../verify-evidence.ts";
import { AzureTdxEnvelope, azureTdx } from "./tdx-evidence.ts";

function verified(collateral: DcapCollateral) {
  const result = verifyCollateral(collateral, NOW, root);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}
const tdx = verified(makeCollateral("tdx"));
const sgx = verified(makeCollateral("sgx"));
const trust = { collateral: [sgx, tdx], root };
const verifiers = [azureTdx(trust), intelTdxDcap(trust)];
const reportData = new Uint8Array(64).fill(3);
const pair = rsaPair();
const NONE = new Uint8Array(32);

type Body = CodecType<typeof AzureTdxEnvelope>;

function bodyOf(sample: AzureTdxSample = {}): Body {
  const quote = { extraData: sha256(reportData), ...sample.quote };
  const { paravisorReport, quote: td, tpmQuote } = makeAzureTdx(pair, { ...sample, quote });
  const { message, signature } = tpmQuote;
  const pcrs = [...PCRS.values()];
  return { paravisorReport, quote: td, message, signature: signature.bytes, pcrs };
}

const enveloped = (body: Body, kind: EvidenceKind = "AzureTdx"): Uint8Array =>
  evidenceEnvelope(kind, encode(AzureTdxEnvelope, body));

const verify = (bytes: Uint8Array, more = {}) =>
  verifyEvidence({ bytes, verifiers, now: NOW, expectedReportData: reportData, ...more });

function told(bytes: Uint8Array, more = {}): string {
  const result = verify(bytes, more);
  return result.ok ? "ok" : causeOf(result.error);
}

function resultOf(sample: AzureTdxSample = {}) {
  const result = verify(enveloped(bodyOf(sample)));
  if (!result.ok) throw new Error(causeOf(result.error));
  return result.value;
}

/** The same trust domain, quoted for itself alone. */
function bareResult({ td, isLater = false }: AzureTdxSample = {}) {
  const { quote } = makeAzureTdx(pair, { ...(td && { td }), isLater });
  const parsed = parseQuote(quote);
  if (!parsed.ok || parsed.value.body.type === "sgx") throw new Error("a trust domain's");
  const { report } = parsed.value.body;
  const bytes = evidenceEnvelope("IntelTdxDcap", quote);
  const result = verify(bytes, { expectedReportData: report.reportData });
  if (!result.ok) throw new Error(causeOf(result.error));
  return { report, result: result.value };
}

describe("evidence of Azure's machines on TDX", () => {
  test.each([false, true])("says of its platform what Intel's quote alone says", (isLater) => {
    const mine = resultOf({ isLater });
    const { report, result } = bareResult({ isLater });
    const pcrDigest = sha256(
      new Uint8Array([...new Uint8Array(32), ...new Uint8Array(32).fill(9)]),
    );
    expect(mine).toEqual({
      ...result,
      vendor: "microsoft",
      teeClass: "azure-confidential-vm",
      line: "azure-tdx",
      measurement: programDigest("AzureTdx", [...domainValues(report), pcrDigest]),
      reportData,
    });
    // One processor is one platform, and its maker's, however its machines are rented.
    expect(mine.platformId).toEqual(result.platformId);
    expect(makerOf(mine.line)).toBe("intel");
    expect(makerOf("azure-milan")).toBe("amd");
  });

  test.each<[string, TdReportInput, string]>([
    ["debugging", { tdAttributes: [1, 0, 0, 0x10] }, "debug"],
    // As Azure's published samples have it: `docs/status.md` says what follows.
    ["faults from the host", { tdAttributes: [0, 0, 0, 0] }, "sept-ve-enabled"],
    ["migration", { tdAttributes: [0, 0, 0, 0x30] }, "migratable"],
    ["performance counters", { tdAttributes: [0, 0, 0, 0x10, 0, 0, 0, 0x80] }, "perfmon"],
  ])("of a trust domain with %s counts as open to the host, as Intel's does", (_, td, attribute) => {
    const { debug, attributes } = resultOf({ td });
    expect({ debug, attributes }).toMatchObject({ debug: true });
    expect(attributes).toContain(attribute);
    expect(bareResult({ td }).result).toMatchObject({ debug, attributes });
  });

  test("measures every register of the trust domain, and those that the TPM quoted", () => {
    const measurements = [0, 1, 2, 3, 4].map((changed) => {
      const rtmrs = [0, 1, 2, 3].map((i) => new Uint8Array(48).fill(i === changed ? 1 : 0));
      return resultOf({ td: { rtmrs } }).measurement.join();
    });
    expect(new Set(measurements).size).toBe(5);
    // The attack: a quote of other registers than those that were listed.
    const none = {
      selections: [[0x000b, new Uint8Array(3)] as const],
      pcrDigest: sha256(new Uint8Array(0)),
    };
    expect(measurements).not.toContain(resultOf({ quote: none }).measurement.join());
  });

  test("is over the report data that its TPM quoted, and no other", () => {
    const bytes = enveloped(bodyOf());
    expect(told(bytes)).toBe("ok");
    const other = { expectedReportData: new Uint8Array(64).fill(4) };
    expect(told(bytes, other)).toBe("evidence/other-report-data");
    // A hash that is expected as it is is no report data.
    const asHash = { expectedReportData: new Uint8Array([...sha256(reportData), ...NONE]) };
    expect(told(bytes, asHash)).toBe("evidence/other-report-data");
  });

  test("is refused of a padded quote, an enclave, AMD's hardware, another TPM, and in another envelope", () => {
    const good = bodyOf();
    const padded = new Uint8Array([...good.quote, 0]);
    expect(told(enveloped({ ...good, quote: padded }))).toBe("evidence/malformed");
    expect(told(enveloped({ ...good, quote: good.quote.subarray(1) }))).toMatch(
      /^attestation\/quote-/,
    );
    expect(told(enveloped({ ...good, quote: makeQuote() }))).toBe(
      "attestation/collateral-wrong-tee",
    );
    expect(told(enveloped(bodyOf({ hardware: 2 })))).toBe("paravisor/other-hardware");
    const { message, signature } = makeAzureTdx(rsaPair(), {
      quote: { extraData: sha256(reportData) },
    }).tpmQuote;
    expect(told(enveloped({ ...good, message, signature: signature.bytes }))).toBe(
      "tpm/bad-signature",
    );
    const unsigned = makeQuoteMessage({ extraData: sha256(new Uint8Array(64)) });
    expect(told(enveloped({ ...good, message: unsigned }))).toBe("tpm/bad-signature");
    expect(told(enveloped({ ...good, pcrs: good.pcrs.slice(0, 9) }))).toBe("tpm/missing-register");
    expect(told(enveloped(good, "IntelTdxDcap"))).toMatch(/^attestation\/quote-/);
    expect(told(enveloped(good, "AzureVtpm"))).toBe("evidence/unknown-kind");
  });

  test("hangs on Intel's collateral: stale, of another family, revoked", () => {
    const bytes = enveloped(bodyOf());
    expect(told(bytes, { now: NOW + 6n * DAY })).toBe("attestation/collateral-expired");
    const under = (...collateral: (typeof tdx)[]) => ({
      verifiers: [azureTdx({ collateral, root })],
    });
    expect(told(bytes, under(sgx))).toBe("attestation/fmspc-mismatch");
    const info = tcbInfo("tdx", { fmspc: "00606a000000" });
    const elsewhere = verified(makeCollateral("tdx", { tcbInfo: info }));
    expect(told(bytes, under(elsewhere))).toBe("attestation/fmspc-mismatch");
    expect(told(bytes, under(elsewhere, tdx))).toBe("ok");
    const level = tcbInfo("tdx", { tcbLevels: [platformLevel(10, "Revoked")] });
    const revoked = verified(makeCollateral("tdx", { tcbInfo: level }));
    expect(told(bytes, under(revoked))).toBe("attestation/tcb-revoked");
    expect(told(bytes, { verifiers: [azureTdx({ collateral: [tdx] })] })).toMatch(/^attestation\//);
  });

  test(
    "with a byte changed anywhere is refused, or says the same",
    () => {
      const good = enveloped(bodyOf());
      const facts = verify(good);
      for (const at of positionsIn(good.length, 300)) {
        const changed = verify(flipped(good, at));
        if (changed.ok) expect(changed, `byte ${at}`).toEqual(facts);
      }
      const { quote, message, signature } = bodyOf();
      // Nothing of what Intel's key or the TPM signed may change, nor the signatures.
      for (const [part, bytes] of Object.entries({ quote, message, signature }))
        for (const at of positionsIn(part === "quote" ? 632 + 4 + 128 : bytes.length, 120)) {
          const changed = enveloped({ ...bodyOf(), quote, [part]: flipped(bytes, at) });
          expect(told(changed), `${part} ${at}`).not.toBe("ok");
        }
    },
    LONG_TIMEOUT_MS,
  );

  test(
    "hostile bytes end the reading in a value",
    async () => {
      const good = ENVELOPES.AzureTdx(reportData, NOW);
      expect(recognizeEvidence(good)).toMatchObject({ kind: "AzureTdx", reportData: undefined });
      expect(neededCollateral(good).ok).toBe(true);
      // Without collateral reading is all that happens.
      const reading = { verifiers: [azureTdx({ collateral: [], root })] };
      await fuzz((seed) => {
        const bytes = hostileBytes(good, seed);
        recognizeEvidence(bytes);
        for (const result of [verify(bytes, reading), neededCollateral(bytes)])
          if (!result.ok) expect(result.error.code).toMatch(/^evidence\//);
      });
    },
    LONG_TIMEOUT_MS,
  );
});
