/**
 * The floor under every release: what a gatekeeper never gives a key to, whatever the chain's policy says.
 *
 * It is compiled in, so it is part of the measurement that users compare: governance can ask for more and not for less.
 */
import type { AttestationResult, PlatformAttribute, TeeClass } from "@pha/attestation";

/** Worst level: a platform whose patches are missing may finish what it does, and gets no new keys. */
const WORST_CONFIDENCE = 4;
/** Level of the simulated TEE, which only a chain with a development root has. */
const SIMULATED_CONFIDENCE = 128;
/** Least security version of a simulated platform. */
const LEAST_SIMULATED_SVN = 1;

/** The program that would use the key runs outside of what is attested. */
const NO_PROGRAM: readonly TeeClass[] = ["key-attested-device"];

/** Each opens a program's memory, or its copy, to the host. */
const OPEN: readonly PlatformAttribute[] = [
  "debug",
  "sept-ve-enabled",
  "migratable",
  "perfmon",
  "service-td",
  "migration-agent",
  "not-secured",
  "unlocked",
];

export function isAboveFloor(result: AttestationResult): boolean {
  const { debug, attributes, teeClass, confidence, svn } = result;
  if (debug || attributes.some((one) => OPEN.includes(one))) return false;
  if (NO_PROGRAM.includes(teeClass)) return false;
  if (teeClass === "simulated")
    return confidence === SIMULATED_CONFIDENCE && svn >= LEAST_SIMULATED_SVN;
  return confidence <= WORST_CONFIDENCE;
}
