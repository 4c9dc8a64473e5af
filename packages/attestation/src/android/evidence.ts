/** An Android chain in an envelope: certificates, leaf first, root last. */
import { MAX_CERTIFICATE_BYTES } from "@pha/protocol";
import { boundedBytes, decode, fail, fromHex, ok, type Result, utf8, vec } from "@pha/scale";
import type { EvidenceContext, EvidenceVerifier } from "../evidence-verifier.ts";
import { platformDigest, programDigest, signerDigest } from "../program-digest.ts";
import type { AttestationError, AttestationResult } from "../result.ts";
import type { AndroidTrust } from "../vendor-trust.ts";
import { objectionsToAndroid } from "./objections.ts";
import type { AndroidFacts } from "./verify.ts";
import { MAX_ANDROID_CHAIN, verifyAndroidKey } from "./verify.ts";

/** At best: the key is in hardware, the program that uses it is not. */
const CONFIDENCE = 3;

export const AndroidEnvelope = vec(boundedBytes(MAX_CERTIFICATE_BYTES), MAX_ANDROID_CHAIN);

/** Chains of Android devices. */
export const androidKey = (trust: AndroidTrust): EvidenceVerifier => ({
  kind: "AndroidKey",
  verify: (body, context) => verifyAndroidEvidence(body, trust, context),
});

function verifyAndroidEvidence(
  body: Uint8Array,
  trust: AndroidTrust,
  { now }: EvidenceContext,
): Result<AttestationResult, AttestationError> {
  const decoded = decode(AndroidEnvelope, body);
  if (!decoded.ok) return fail({ code: "evidence/malformed", offset: decoded.error.offset });
  const verified = verifyAndroidKey({ ...trust, chain: decoded.value, now });
  if (!verified.ok) return fail({ code: "evidence/not-genuine", cause: verified.error.code });
  const facts = verified.value;
  const isOpen = objectionsToAndroid(facts).length > 0;
  const signedBy = facts.softwareEnforced.application?.signatureDigests ?? [];
  return ok({
    vendor: "google",
    teeClass: "key-attested-device",
    confidence: CONFIDENCE,
    line: facts.securityLevel === "StrongBox" ? "android-strongbox" : "android-trustzone",
    advisoryIds: [],
    attributes: isOpen ? ["unlocked"] : [],
    signer: signedBy.length === 0 ? undefined : signerDigest("AndroidKey", signedBy),
    programSvn: 0,
    isNamed: true,
    validUntilMs: facts.chainNotAfter,
    measurement: programDigest("AndroidKey", applicationOf(facts)),
    // The certificate of the device's attestation key.
    platformId: platformDigest("AndroidKey", facts.serials.slice(1, 2).map(fromHex)),
    svn: 0,
    debug: isOpen,
    reportData: facts.challenge,
    // The leaf's dates are not the attestation's: how fresh it is, the challenge says.
    issuedAtMs: now,
  });
}

/** Who signed the application and what it is called; the word of a system that booted verified. */
function applicationOf({
  softwareEnforced,
  hardwareEnforced,
}: AndroidFacts): readonly Uint8Array[] {
  const application = softwareEnforced.application;
  return [
    hardwareEnforced.rootOfTrust?.verifiedBootKey ?? new Uint8Array(0),
    ...(application?.signatureDigests ?? []),
    ...(application?.packages.map(({ name }) => utf8(name)) ?? []),
  ];
}
