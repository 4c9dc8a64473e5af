/**
 * From evidence to facts: which vendor signed what, for the expected report data.
 *
 * **Bounds**: `MAX_EVIDENCE_BYTES`; decoders are strict. **Trust**: the bytes are hostile; roots and time come from the
 * verifier's own chain state. **Not here**: what the facts must be (`appraise.ts`).
 */
import { equalBytes, fail, type Result } from "@pha/scale";
import { EVIDENCE_KINDS, MAX_EVIDENCE_BYTES } from "./evidence-kind.ts";
import type { EvidenceVerifier } from "./evidence-verifier.ts";
import type { AttestationError, AttestationResult } from "./result.ts";
import { verifySimulated } from "./simulated/verify.ts";

/** Clocks of platform and chain may differ by this much. */
export const MAX_CLOCK_SKEW_MS = 60_000n;

export interface VerifyEvidenceInput {
  /** Envelope: kind byte and the vendor's evidence. */
  readonly bytes: Uint8Array;
  /** Of the real vendors' kinds that are accepted; by default none. A kind without one does not exist. */
  readonly verifiers?: readonly EvidenceVerifier[] | undefined;
  /** Development root of the chain; without it the kind `Simulated` does not exist. */
  readonly simulatedRoot?: Uint8Array | undefined;
  /** Chain time, Unix milliseconds. */
  readonly now: bigint;
  /** 64 bytes. */
  readonly expectedReportData: Uint8Array;
}

export function verifyEvidence(
  input: VerifyEvidenceInput,
): Result<AttestationResult, AttestationError> {
  const { bytes, now, expectedReportData } = input;
  if (bytes.length > MAX_EVIDENCE_BYTES)
    return fail({ code: "evidence/too-long", bytes: bytes.length, most: MAX_EVIDENCE_BYTES });
  const verified = verifyKind(input);
  if (!verified.ok) return verified;
  const { reportData, issuedAtMs } = verified.value;
  if (!equalBytes(reportData, expectedReportData))
    return fail({ code: "evidence/other-report-data" });
  if (issuedAtMs > now + MAX_CLOCK_SKEW_MS)
    return fail({ code: "evidence/from-the-future", issuedAtMs, nowMs: now });
  return verified;
}

function verifyKind(input: VerifyEvidenceInput): Result<AttestationResult, AttestationError> {
  const { bytes, simulatedRoot, verifiers = [] } = input;
  const kind = bytes[0];
  const body = bytes.subarray(1);
  if (kind === EVIDENCE_KINDS.Simulated && simulatedRoot !== undefined)
    return verifySimulated(body, simulatedRoot);
  const verifier = verifiers.find((one) => EVIDENCE_KINDS[one.kind] === kind);
  return verifier?.verify(body, input) ?? fail({ code: "evidence/unknown-kind", kind });
}
