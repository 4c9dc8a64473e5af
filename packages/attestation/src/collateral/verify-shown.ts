/**
 * Evidence that was taken once, looked at again.
 *
 * What has ended since counts for a time of grace, as it stood at its end: whether the grace is over, the appraisal says.
 * Chain and clients do this alike.
 */
import type { Result } from "@pha/scale";
import { type AttestationError, type AttestationResult, causeOf } from "../result.ts";
import { type VerifyWithInput, verifyWithCollateral } from "./verify-with.ts";

/** @param validUntilMs Unix milliseconds until which it was found to hold when it was looked at last */
export function verifyShownEvidence(
  input: VerifyWithInput,
  validUntilMs: bigint | undefined,
): Result<AttestationResult, AttestationError> {
  const verified = verifyWithCollateral(input);
  if (verified.ok || validUntilMs === undefined || input.now <= validUntilMs) return verified;
  return ENDED.has(causeOf(verified.error))
    ? verifyWithCollateral({ ...input, now: validUntilMs })
    : verified;
}

const ENDED: ReadonlySet<string> = new Set([
  "attestation/collateral-expired",
  "attestation/certificate-validity",
]);
