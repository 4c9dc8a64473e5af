/**
 * Verification of simulated evidence.
 *
 * **Trust**: the development root's secret is in the hands of everybody who may start a worker on that chain, so a good
 * signature proves the chain's own configuration and nothing about a machine.
 */
import { ed25519Verify } from "@pha/crypto";
import { decode, fail, ok, type Result } from "@pha/scale";
import { type AttestationError, type AttestationResult, SIMULATED_CONFIDENCE } from "../result.ts";
import { SIMULATED_VERSION, SimulatedEvidence, simulatedPayload } from "./parse.ts";

/** @param body envelope without its kind byte */
export function verifySimulated(
  body: Uint8Array,
  root: Uint8Array,
): Result<AttestationResult, AttestationError> {
  const decoded = decode(SimulatedEvidence, body);
  if (!decoded.ok) return fail({ code: "evidence/malformed", offset: decoded.error.offset });
  const { version, signature, ...facts } = decoded.value;
  if (version !== SIMULATED_VERSION) return fail({ code: "evidence/unknown-version", version });
  if (!ed25519Verify(root, simulatedPayload({ version, ...facts }), signature))
    return fail({ code: "evidence/bad-signature" });
  return ok({
    vendor: "simulated",
    teeClass: "simulated",
    confidence: SIMULATED_CONFIDENCE,
    advisoryIds: [],
    attributes: facts.debug ? ["debug"] : [],
    signer: undefined,
    programSvn: 0,
    isNamed: true,
    validUntilMs: undefined,
    ...facts,
  });
}
