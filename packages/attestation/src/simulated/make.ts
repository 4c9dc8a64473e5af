/** Making of simulated evidence; a chain without a development root refuses every byte of it. */
import { ed25519PublicKey, ed25519Sign } from "@pha/crypto";
import { concatBytes, encode } from "@pha/scale";
import { EVIDENCE_KINDS } from "../evidence-kind.ts";
import { programDigest } from "../program-digest.ts";
import type { SimulatedLine } from "../result.ts";
import { SIMULATED_VERSION, SimulatedEvidence, simulatedPayload } from "./parse.ts";

export interface SimulatedEvidenceInput {
  /** Seed of the development root that the chain's genesis names, 32 bytes. */
  readonly rootSeed: Uint8Array;
  readonly measurement: Uint8Array;
  readonly platformId: Uint8Array;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** Unix milliseconds. */
  readonly issuedAtMs: bigint;
  /** Default `simulated`. */
  readonly line?: SimulatedLine;
  /** Default 1. */
  readonly svn?: number;
  /** Default false. */
  readonly debug?: boolean;
}

/** An envelope as a platform would give it. */
export function makeSimulatedEvidence(input: SimulatedEvidenceInput): Uint8Array {
  const { rootSeed, measurement, platformId, reportData, issuedAtMs } = input;
  const statement = {
    version: SIMULATED_VERSION,
    line: input.line ?? "simulated",
    measurement,
    platformId,
    svn: input.svn ?? 1,
    debug: input.debug ?? false,
    reportData,
    issuedAtMs,
  };
  const signature = ed25519Sign(rootSeed, simulatedPayload(statement));
  return concatBytes(
    Uint8Array.of(EVIDENCE_KINDS.Simulated),
    encode(SimulatedEvidence, { ...statement, signature }),
  );
}

/**
 * What a simulated platform measures of a program, 32 bytes: every byte of the files that run, in their order.
 *
 * @param files pRuntime's script, then its engine's
 */
export function simulatedMeasurement(files: readonly Uint8Array[]): Uint8Array {
  return programDigest("Simulated", files);
}

/** Public half that goes into the chain's genesis, 32 bytes. */
export function deriveSimulatedRoot(rootSeed: Uint8Array): Uint8Array {
  return ed25519PublicKey(rootSeed);
}
