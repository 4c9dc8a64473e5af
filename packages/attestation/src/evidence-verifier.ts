/** What verifies one kind of evidence, with the trust of the verifier's chain inside. */
import type { Result } from "@pha/scale";
import type { EvidenceKind } from "./evidence-kind.ts";
import type { AttestationError, AttestationResult } from "./result.ts";

export interface EvidenceContext {
  /** Chain time, Unix milliseconds. */
  readonly now: bigint;
  /** 64 bytes. */
  readonly expectedReportData: Uint8Array;
}

/**
 * Given to `verifyEvidence` by whoever accepts the kind.
 *
 * Programs that accept no kind of a vendor then hold nothing of the vendor: a page that trusts simulated evidence only
 * loads no roots.
 */
export interface EvidenceVerifier {
  readonly kind: EvidenceKind;
  /** @param body envelope without its kind byte */
  readonly verify: (
    body: Uint8Array,
    context: EvidenceContext,
  ) => Result<AttestationResult, AttestationError>;
}
