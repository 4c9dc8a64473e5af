/** Layout of simulated evidence: fields of a real result, signed by the development root of one chain. */

import { closedList } from "@pha/protocol";
import {
  bool,
  type CodecType,
  concatBytes,
  encode,
  fixedBytes,
  struct,
  u8,
  u16,
  u64,
  utf8,
} from "@pha/scale";
import { SIMULATED_LINES } from "../result.ts";

export const SIMULATED_VERSION = 2;
/** First bytes of what the development root signs. */
export const SIMULATED_DOMAIN = utf8("pha/v1/simulated-evidence");

const statementFields = {
  version: u8,
  /** The maker that the platform plays. */
  line: closedList(SIMULATED_LINES, ["pha_attestation", "simulated", "SimulatedLine"]),
  measurement: fixedBytes(32),
  platformId: fixedBytes(32),
  svn: u16,
  debug: bool,
  reportData: fixedBytes(64),
  issuedAtMs: u64,
};
const SimulatedStatement = struct(statementFields);
export type SimulatedStatement = CodecType<typeof SimulatedStatement>;

export const SimulatedEvidence = struct(
  { ...statementFields, signature: fixedBytes(64) },
  { path: ["pha_attestation", "simulated", "SimulatedEvidence"] },
);
export type SimulatedEvidence = CodecType<typeof SimulatedEvidence>;

/** Bytes that the development root signs. */
export function simulatedPayload(statement: SimulatedStatement): Uint8Array {
  return concatBytes(SIMULATED_DOMAIN, encode(SimulatedStatement, statement));
}
