/** Nitro in an envelope: the document as the security module gives it. */
import { fail, ok, type Result, utf8 } from "@pha/scale";
import type { EvidenceContext, EvidenceVerifier } from "../evidence-verifier.ts";
import { platformDigest, programDigest, signerDigest } from "../program-digest.ts";
import type { AttestationError, AttestationResult } from "../result.ts";
import type { NitroTrust } from "../vendor-trust.ts";
import { NITRO_PCR_BYTES } from "./parse.ts";
import { verifyNitroDocument } from "./verify.ts";

/** Attested to the end by the provider that runs the machine. */
const CONFIDENCE = 1;
/** Image, kernel and application. */
const PROGRAM_REGISTERS = [0, 1, 2];
/** Certificate that signed the image; absent from unsigned ones. */
const SIGNER_REGISTER = 8;

/** Documents of Nitro enclaves. */
export const awsNitro = (trust: NitroTrust): EvidenceVerifier => ({
  kind: "AwsNitro",
  verify: (body, context) => verifyNitroEvidence(body, trust, context),
});

function verifyNitroEvidence(
  body: Uint8Array,
  { root }: NitroTrust,
  { now }: EvidenceContext,
): Result<AttestationResult, AttestationError> {
  const verified = verifyNitroDocument({ document: body, root, now });
  if (!verified.ok) return fail({ code: "evidence/not-genuine", cause: verified.error.code });
  const { pcrs, moduleId, isDebug, userData, timestampMs, leafNotAfter } = verified.value;
  const registers = PROGRAM_REGISTERS.map((at) => pcrs.get(at) ?? new Uint8Array(NITRO_PCR_BYTES));
  const signer = pcrs.get(SIGNER_REGISTER);
  return ok({
    vendor: "aws",
    teeClass: "nitro-enclave",
    confidence: CONFIDENCE,
    line: "aws-nitro",
    advisoryIds: [],
    attributes: isDebug ? ["debug"] : [],
    signer: signer === undefined ? undefined : signerDigest("AwsNitro", [signer]),
    programSvn: 0,
    isNamed: true,
    validUntilMs: leafNotAfter,
    measurement: programDigest("AwsNitro", registers),
    // The instance; what is behind it names the enclave.
    platformId: platformDigest("AwsNitro", [utf8(moduleId.split("-enc")[0] ?? "")]),
    svn: 0,
    debug: isDebug,
    reportData: userData ?? new Uint8Array(0),
    issuedAtMs: timestampMs,
  });
}
