/** DCAP in an envelope: the quote, without padding; collateral is the verifier's own. */
import { fail, ok, type Result } from "@pha/scale";
import type { EvidenceContext, EvidenceVerifier } from "../evidence-verifier.ts";
import { platformDigest, signerDigest } from "../program-digest.ts";
import type { AttestationError, AttestationResult, PlatformAttribute } from "../result.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { VerifiedCollateral } from "./collateral.ts";
import { objectionsToIntel } from "./objections.ts";
import { sgxProgram, tdxProgram } from "./program.ts";
import { parseQuote, type QuoteBody } from "./quote.ts";
import { intelConfidence } from "./tcb-status.ts";
import { type DcapFacts, verifyDcapQuote } from "./verify-dcap.ts";

export interface IntelTrust {
  /** One per family of platforms and TEE; what is absent is not accepted. */
  readonly collateral: readonly VerifiedCollateral[];
  /** Intel's, unless a test has its own. */
  readonly root?: Certificate;
}

export const intelSgxDcap = (trust: IntelTrust): EvidenceVerifier => ({
  kind: "IntelSgxDcap",
  verify: (body, context) => verifyDcapEvidence("sgx", body, trust, context),
});

export const intelTdxDcap = (trust: IntelTrust): EvidenceVerifier => ({
  kind: "IntelTdxDcap",
  verify: (body, context) => verifyDcapEvidence("tdx", body, trust, context),
});

function verifyDcapEvidence(
  tee: "sgx" | "tdx",
  bytes: Uint8Array,
  { collateral, root }: IntelTrust,
  { now }: EvidenceContext,
): Result<AttestationResult, AttestationError> {
  const quote = parseQuote(bytes);
  if (!quote.ok) return notGenuine(quote.error.code);
  // One quote, one envelope: padding would give it others.
  if (quote.value.bytes !== bytes.length)
    return fail({ code: "evidence/malformed", offset: quote.value.bytes });
  if ((quote.value.body.type === "sgx") !== (tee === "sgx"))
    return notGenuine("attestation/collateral-wrong-tee");
  const verified = withFamily(tee, collateral, (one) => verifyDcapQuote(bytes, one, now, root));
  return verified.ok ? dcapResult(verified.value, now) : verified;
}

/** What is verified with the collateral of the platform's family, or why it is with none. */
export function withFamily<T>(
  tee: "sgx" | "tdx",
  collateral: IntelTrust["collateral"],
  verify: (one: VerifiedCollateral) => Result<T, { readonly code: string }>,
): Result<T, AttestationError> {
  let refusal = "attestation/fmspc-mismatch";
  for (const one of collateral.filter(({ tcbInfo }) => tcbInfo.tee === tee)) {
    const verified = verify(one);
    if (verified.ok) return verified;
    refusal = verified.error.code;
    if (refusal !== "attestation/fmspc-mismatch" && refusal !== "attestation/crl-wrong-issuer")
      break;
  }
  return notGenuine(refusal);
}

function notGenuine(cause: string) {
  return fail({ code: "evidence/not-genuine", cause } as const);
}

export function dcapResult(
  facts: DcapFacts,
  now: bigint,
): Result<AttestationResult, AttestationError> {
  const { body, pck, tcbStatus, advisoryIds, validUntil } = facts;
  const confidence = intelConfidence(tcbStatus, advisoryIds);
  if (confidence === undefined) return notGenuine("attestation/tcb-revoked");
  return ok({
    vendor: "intel",
    teeClass: body.type === "sgx" ? "sgx-enclave" : "tdx-domain",
    confidence,
    line: body.type === "sgx" ? "intel-sgx" : "intel-tdx",
    advisoryIds,
    attributes: attributesOf(facts),
    ...signerOf(body),
    isNamed: true,
    validUntilMs: validUntil,
    measurement: body.type === "sgx" ? sgxProgram(body.report) : tdxProgram(body.report),
    // Enclaves and trust domains of one processor are on one platform.
    platformId: platformDigest("IntelSgxDcap", [pck.ppid]),
    svn: pck.pceSvn,
    debug: objectionsToIntel(facts).length > 0,
    reportData: body.report.reportData,
    // Quotes have no time: how fresh one is, its report data says.
    issuedAtMs: now,
  });
}

const PROVISIONING_KEY_BIT = 0x10;

function attributesOf(facts: DcapFacts): readonly PlatformAttribute[] {
  const { body, pck } = facts;
  const found: PlatformAttribute[] = [];
  // A revoked platform has no level, and so no result.
  for (const objection of objectionsToIntel(facts))
    if (objection !== "revoked") found.push(objection);
  if (pck.smtEnabled === true) found.push("smt");
  if (body.type !== "sgx") return found;
  const { attributes, configId, configSvn } = body.report;
  if (((attributes[0] ?? 0) & PROVISIONING_KEY_BIT) !== 0) found.push("provisioning-key");
  if (configSvn !== 0 || configId.some((byte) => byte !== 0)) found.push("host-config");
  return found;
}

/** Trust domains have registers that their owner fills, and no signature. */
function signerOf(body: QuoteBody): Pick<AttestationResult, "signer" | "programSvn"> {
  if (body.type !== "sgx") return { signer: undefined, programSvn: 0 };
  const { mrSigner, isvProdId, isvSvn } = body.report;
  const product = Uint8Array.of(isvProdId & 255, isvProdId >> 8);
  return { signer: signerDigest("IntelSgxDcap", [mrSigner, product]), programSvn: isvSvn };
}
