/** A CCA token in an envelope, as the realm gets it. */
import { fail, ok, type Result } from "@pha/scale";
import type { EvidenceContext, EvidenceVerifier } from "../evidence-verifier.ts";
import { platformDigest, programDigest } from "../program-digest.ts";
import type { AttestationError, AttestationResult } from "../result.ts";
import type { ArmTrust } from "../vendor-trust.ts";
import { parseCcaToken } from "./parse-cca.ts";
import { verifyCcaToken } from "./verify-cca.ts";

/** Until makers of silicon publish endorsements of their own. */
const CONFIDENCE = 3;

/** Tokens of CCA realms. */
export const armCca = (trust: ArmTrust): EvidenceVerifier => ({
  kind: "ArmCca",
  verify: (body, context) => verifyCcaEvidence(body, trust, context),
});

function verifyCcaEvidence(
  body: Uint8Array,
  { platformKey }: ArmTrust,
  { now }: EvidenceContext,
): Result<AttestationResult, AttestationError> {
  const parsed = parseCcaToken(body);
  if (!parsed.ok) return fail({ code: "evidence/not-genuine", cause: parsed.error.code });
  const { instanceId, implementationId } = parsed.value.platform.claims;
  const key = platformKey(instanceId, implementationId);
  if (key === undefined) return fail({ code: "evidence/not-genuine", cause: "cca/not-endorsed" });
  const verified = verifyCcaToken({ token: body, platformKey: key });
  if (!verified.ok) return fail({ code: "evidence/not-genuine", cause: verified.error.code });
  const { platform, realm } = verified.value;
  return ok({
    vendor: "arm",
    teeClass: "cca-realm",
    confidence: CONFIDENCE,
    line: "arm-cca",
    advisoryIds: [],
    attributes: platform.lifecycle === "secured" ? [] : ["not-secured"],
    signer: undefined,
    programSvn: 0,
    isNamed: true,
    validUntilMs: undefined,
    measurement: programDigest("ArmCca", [
      realm.initialMeasurement,
      ...realm.extensibleMeasurements,
    ]),
    platformId: platformDigest("ArmCca", [instanceId]),
    svn: 0,
    debug: platform.lifecycle !== "secured",
    reportData: realm.challenge,
    // Tokens have no time: how fresh one is, the realm's challenge says.
    issuedAtMs: now,
  });
}
