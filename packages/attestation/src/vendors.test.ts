import { blake2b256 } from "@pha/crypto";
import { concatBytes, encode, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { AndroidEnvelope } from "./android/evidence.ts";
import { EVIDENCE_KINDS } from "./evidence-kind.ts";
import {
  AMD_AUTHORITIES,
  type AmdTrust,
  type AttestationResult,
  amdSevSnp,
  androidKey,
  armCca,
  awsNitro,
  azureTdx,
  azureVtpm,
  type EvidenceVerifier,
  verifyCollateral,
  verifyEvidence,
} from "./index.ts";
import { ANDROID_ROOT, makeAndroid, rootOfTrust } from "./testing/android.ts";
import { INSTANCE_ID, makeCca, PLATFORM_KEY } from "./testing/arm.ts";
import { NOW } from "./testing/certificates.ts";
import { makeCollateral, root } from "./testing/dcap.ts";
import { ENVELOPES, envelope, snpEnvelope } from "./testing/envelopes.ts";
import { makeNitro, TEST_NITRO_ROOT } from "./testing/nitro.ts";
import { chipIdOf, SNP_AUTHORITIES, type SnpSample } from "./testing/snp.ts";

const unchecked = { accept: "any", because: "a test" } as const;
const level = { fmc: undefined, bootloader: 3, tee: 0, snp: 8, microcode: 115 };
const amd: AmdTrust = {
  authorities: SNP_AUTHORITIES,
  revocation: unchecked,
  levels: {
    Milan: [
      { tcb: level, confidence: 1 },
      { tcb: { ...level, snp: 7 }, confidence: 2 },
    ],
  },
};
const intel = verifyCollateral(makeCollateral("tdx"), NOW, root);
if (!intel.ok) throw new Error(intel.error.code);
const verifiers: readonly EvidenceVerifier[] = [
  amdSevSnp(amd),
  azureVtpm(amd),
  azureTdx({ collateral: [intel.value], root }),
  awsNitro({ root: TEST_NITRO_ROOT }),
  armCca({ platformKey: (id) => (id.length === INSTANCE_ID.length ? PLATFORM_KEY : undefined) }),
  androidKey({ roots: [ANDROID_ROOT], revocation: unchecked }),
];
const reportData = new Uint8Array(64).fill(3);

const { AmdSevSnp, AwsNitro, ArmCca, AndroidKey, AzureVtpm, AzureTdx } = ENVELOPES;
const samples = {
  AmdSevSnp: AmdSevSnp(reportData, NOW),
  AwsNitro: AwsNitro(reportData, NOW),
  ArmCca: ArmCca(reportData, NOW),
  AndroidKey: AndroidKey(reportData, NOW),
  AzureVtpm: AzureVtpm(reportData, NOW),
  AzureTdx: AzureTdx(reportData, NOW),
} as const;

const verify = (bytes: Uint8Array, more = {}) =>
  verifyEvidence({ bytes, verifiers, now: NOW, expectedReportData: reportData, ...more });

function resultOf(bytes: Uint8Array): AttestationResult | undefined {
  const result = verify(bytes);
  return result.ok ? result.value : undefined;
}

function errorOf(bytes: Uint8Array, more = {}): unknown {
  const result = verify(bytes, more);
  return result.ok ? "ok" : result.error;
}

describe("evidence of real vendors", () => {
  test.each([
    ["AmdSevSnp", { vendor: "amd", teeClass: "sev-snp", confidence: 1, svn: 8 }],
    ["AwsNitro", { vendor: "aws", teeClass: "nitro-enclave", confidence: 1, svn: 0 }],
    ["ArmCca", { vendor: "arm", teeClass: "cca-realm", confidence: 3, svn: 0 }],
    ["AndroidKey", { vendor: "google", teeClass: "key-attested-device", confidence: 3, svn: 0 }],
    [
      "AzureVtpm",
      { vendor: "microsoft", teeClass: "azure-confidential-vm", confidence: 1, svn: 8 },
    ],
    [
      "AzureTdx",
      { vendor: "microsoft", teeClass: "azure-confidential-vm", confidence: 2, svn: 13 },
    ],
  ] as const)("%s becomes a result", (kind, result) => {
    const told = resultOf(samples[kind]);
    expect(told).toMatchObject({ ...result, debug: false, reportData, issuedAtMs: NOW });
    expect(told?.measurement.length).toBe(32);
    expect(told?.platformId.length).toBe(32);
  });

  test("each kind exists only for a verifier that trusts its vendor", () => {
    for (const [kind, bytes] of Object.entries(samples)) {
      const others = verifiers.filter((one) => one.kind !== kind);
      for (const accepted of [others, [], undefined])
        expect(errorOf(bytes, { verifiers: accepted }), kind).toMatchObject({
          code: "evidence/unknown-kind",
        });
      expect(errorOf(bytes, { expectedReportData: new Uint8Array(64) }), kind).toEqual({
        code: "evidence/other-report-data",
      });
    }
  });

  test("what a vendor's verifier refuses is not genuine, with its code", () => {
    const genuine = { ...amd, authorities: AMD_AUTHORITIES };
    expect(errorOf(samples.AmdSevSnp, { verifiers: [amdSevSnp(genuine)] })).toEqual({
      code: "evidence/not-genuine",
      cause: "attestation/certificate-chain",
    });
    expect(errorOf(samples.AzureVtpm, { verifiers: [azureVtpm(genuine)] })).toMatchObject({
      code: "evidence/not-genuine",
    });
    const unendorsed = armCca({ platformKey: () => undefined });
    expect(errorOf(samples.ArmCca, { verifiers: [unendorsed] })).toEqual({
      code: "evidence/not-genuine",
      cause: "cca/not-endorsed",
    });
    expect(errorOf(envelope("ArmCca", utf8("x")))).toEqual({
      code: "evidence/not-genuine",
      cause: "cbor/malformed",
    });
    expect(errorOf(envelope("AwsNitro", utf8("x")))).toMatchObject({
      code: "evidence/not-genuine",
    });
    const chain = makeAndroid({ descriptionIn: [] }).chain;
    expect(errorOf(envelope("AndroidKey", encode(AndroidEnvelope, chain)))).toEqual({
      code: "evidence/not-genuine",
      cause: "android/no-description",
    });
    expect(errorOf(samples.AzureTdx, { verifiers: [azureTdx({ collateral: [] })] })).toEqual({
      code: "evidence/not-genuine",
      cause: "attestation/fmspc-mismatch",
    });
    for (const kind of ["AmdSevSnp", "AndroidKey", "AzureVtpm", "AzureTdx"] as const)
      expect(errorOf(Uint8Array.of(...samples[kind], 0))).toMatchObject({
        code: "evidence/malformed",
      });
  });

  test("a platform of AMD has the confidence of the level that it reaches for good", () => {
    const confidence = (sample: SnpSample) => resultOf(snpEnvelope(sample))?.confidence;
    expect(confidence({ tcb: { committed: [1, 3, 0, 7, 115] } })).toBe(2);
    expect(confidence({ tcb: { committed: [1, 3, 0, 6, 115] } })).toBe(5);
    expect(confidence({ line: "Genoa" })).toBe(5);
    expect(confidence({ edit: (view) => view.setBigUint64(0x40, 1n, true) })).toBe(5);
  });

  test("debugging and moving are told as debug, whatever the vendor calls it", () => {
    const edit = (bits: bigint) => (view: DataView) => view.setBigUint64(8, bits, true);
    expect(resultOf(snpEnvelope({ edit: edit(0xa_0000n) }))?.debug).toBe(true);
    expect(resultOf(snpEnvelope({ edit: edit(0x6_0000n) }))?.debug).toBe(true);
    const pcrs = new Map([[0n, new Uint8Array(48)]]);
    const nitro = envelope("AwsNitro", makeNitro({ fields: { pcrs } }).document);
    expect(resultOf(nitro)?.debug).toBe(true);
    const cca = envelope("ArmCca", makeCca({ platform: new Map([[2395n, 0x5000n]]) }));
    expect(resultOf(cca)?.debug).toBe(true);
    const { chain } = makeAndroid({ hardware: [rootOfTrust({ locked: false })] });
    const android = envelope("AndroidKey", encode(AndroidEnvelope, chain));
    expect(resultOf(android)?.debug).toBe(true);
  });

  test("digests are of the kind and of every register with its length", () => {
    const digest = (domain: string, kind: number, value: Uint8Array) =>
      blake2b256(concatBytes(utf8(domain), Uint8Array.of(kind, value.length, 0, 0, 0), value));
    const told = resultOf(samples.AmdSevSnp);
    expect(told?.measurement).toEqual(
      digest("pha/v1/measurement", EVIDENCE_KINDS.AmdSevSnp, new Uint8Array(48).fill(7)),
    );
    expect(told?.platformId).toEqual(
      digest("pha/v1/platform", EVIDENCE_KINDS.AmdSevSnp, chipIdOf("Milan")),
    );
    const vlek = resultOf(snpEnvelope({ kind: "VLEK" }));
    expect(vlek?.platformId).toEqual(
      digest("pha/v1/platform", EVIDENCE_KINDS.AmdSevSnp, utf8("CN=cloud.example")),
    );
    expect(resultOf(samples.AzureVtpm)?.measurement).not.toEqual(told?.measurement);
  });

  test("Azure's machine binds the hash of the report data", () => {
    const expectedReportData = new Uint8Array(64).fill(4);
    const bytes = AzureVtpm(expectedReportData, NOW);
    expect(errorOf(bytes, { expectedReportData })).toBe("ok");
    expect(errorOf(bytes)).toEqual({ code: "evidence/other-report-data" });
  });
});
