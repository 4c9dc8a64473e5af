/** SEV-SNP in an envelope: the report, the key's certificate, and its issuers where they are not the pinned ones. */
import { MAX_CERTIFICATE_BYTES } from "@pha/protocol";
import {
  boundedBytes,
  decode,
  fail,
  fixedBytes,
  ok,
  option,
  type Result,
  struct,
  tuple,
  utf8,
} from "@pha/scale";
import type { EvidenceContext, EvidenceVerifier } from "../evidence-verifier.ts";
import { platformDigest, programDigest, signerDigest } from "../program-digest.ts";
import type {
  AttestationError,
  AttestationResult,
  PlatformAttribute,
  ProductLine,
} from "../result.ts";
import { type AmdTrust, WORST_CONFIDENCE } from "../vendor-trust.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { verifySigned } from "../x509/public-key.ts";
import { objectionsToSnp } from "./objections.ts";
import { SNP_REPORT_BYTES } from "./parse.ts";
import { isTcbAtMost } from "./tcb.ts";
import { parseVek } from "./vek.ts";
import { type SnpFacts, type VerifySnpInput, verifySnpReport } from "./verify.ts";

const certificate = boundedBytes(MAX_CERTIFICATE_BYTES);
export const vekFields = { vek: certificate, issuers: option(tuple(certificate, certificate)) };
export const SnpEnvelope = struct({ report: fixedBytes(SNP_REPORT_BYTES), ...vekFields });

/** Reports of SEV-SNP as the machine gives them. */
export const amdSevSnp = (trust: AmdTrust): EvidenceVerifier => ({
  kind: "AmdSevSnp",
  verify: (body, context) => verifySnpEvidence(body, trust, context),
});

function verifySnpEvidence(
  body: Uint8Array,
  trust: AmdTrust,
  { now }: EvidenceContext,
): Result<AttestationResult, AttestationError> {
  const decoded = decode(SnpEnvelope, body);
  if (!decoded.ok) return fail({ code: "evidence/malformed", offset: decoded.error.offset });
  const issuers = issuersOf(decoded.value, trust);
  const verified = verifySnpReport({ ...decoded.value, ...trust, issuers, now });
  return verified.ok
    ? ok(snpResult(verified.value, trust, now))
    : fail({ code: "evidence/not-genuine", cause: verified.error.code });
}

/** Issuer and root of the key: those that came with it, or the verifier's, or none; then the pinned ones are taken. */
export function issuersOf(
  { vek, issuers }: Pick<VerifySnpInput, "vek" | "issuers">,
  { authorities, issuerOf }: AmdTrust,
): VerifySnpInput["issuers"] {
  if (issuers !== undefined || issuerOf === undefined) return issuers;
  const certificate = parseCertificate(vek);
  const parsed = certificate.ok ? parseVek(certificate.value) : certificate;
  if (!certificate.ok || !parsed.ok) return undefined;
  const { line, kind } = parsed.value;
  const pinned = authorities[line];
  const issuer = issuerOf(line, kind);
  if (pinned === undefined || issuer === undefined) return undefined;
  // A key that the pinned authority issued stays good when there is a later one.
  const { signatureAlgorithm, signedBytes, signature } = certificate.value;
  const { publicKey } = pinned.issuers[kind];
  return verifySigned(publicKey, signatureAlgorithm, signedBytes, signature)
    ? undefined
    : [issuer, pinned.root.raw];
}

export function snpResult(facts: SnpFacts, trust: AmdTrust, now: bigint): AttestationResult {
  const { chipId, cspId, policy, reportData, tcb, measurement } = facts;
  return {
    vendor: "amd",
    teeClass: "sev-snp",
    confidence: confidenceOf(facts, trust),
    line: lineOf(facts),
    advisoryIds: [],
    attributes: attributesOf(facts),
    signer: signerOf(facts),
    programSvn: facts.guestSvn,
    isNamed: cspId === undefined && chipId.some((byte) => byte !== 0),
    validUntilMs: facts.vekNotAfter,
    measurement: programDigest("AmdSevSnp", [measurement]),
    // A provider's key hides the chip: all machines of the provider then count as one platform.
    platformId: platformDigest("AmdSevSnp", cspId === undefined ? [chipId] : [utf8(cspId)]),
    svn: tcb.reported.snp,
    debug: policy.debugAllowed || policy.migrationAgentAllowed,
    reportData,
    // Reports have no time: how fresh one is, its report data says.
    issuedAtMs: now,
  };
}

/** Of the first level that the platform reports and cannot fall below again. */
function confidenceOf({ productLine, platformInfo, tcb }: SnpFacts, { levels }: AmdTrust): number {
  if (!platformInfo.aliasCheckComplete) return WORST_CONFIDENCE;
  const reached = levels[productLine]?.find(
    (level) => isTcbAtMost(level.tcb, tcb.reported) && isTcbAtMost(level.tcb, tcb.committed),
  );
  return reached?.confidence ?? WORST_CONFIDENCE;
}

const LINES = {
  Milan: { VCEK: "amd-milan-vcek", VLEK: "amd-milan-vlek" },
  Genoa: { VCEK: "amd-genoa-vcek", VLEK: "amd-genoa-vlek" },
  Turin: { VCEK: "amd-turin-vcek", VLEK: "amd-turin-vlek" },
} as const;

function lineOf({ productLine, signingKey }: SnpFacts): ProductLine {
  return LINES[productLine][signingKey];
}

function attributesOf(facts: SnpFacts): readonly PlatformAttribute[] {
  const { platformInfo, isProvisional, vmpl, hostData } = facts;
  const found: PlatformAttribute[] = [...objectionsToSnp(facts)];
  if (platformInfo.smtEnabled) found.push("smt");
  if (isProvisional) found.push("provisional-firmware");
  if (!platformInfo.aliasCheckComplete) found.push("alias-check-missing");
  if (vmpl !== 0) found.push("lower-privilege");
  if (hostData.some((byte) => byte !== 0)) found.push("host-config");
  return found;
}

/** The key that signed the guest's identity, and the one that vouches for it where there is one. */
function signerOf({ idKeyDigest, authorKeyDigest }: SnpFacts): Uint8Array | undefined {
  return idKeyDigest.some((byte) => byte !== 0)
    ? signerDigest("AmdSevSnp", [idKeyDigest, authorKeyDigest])
    : undefined;
}
