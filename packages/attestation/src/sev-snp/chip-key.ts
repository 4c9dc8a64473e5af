/**
 * By what AMD's key distribution service knows the certificate of the key that signed a report: product line, chip and the
 * versions that the key was derived for.
 *
 * @see AMD KDS
 */
import { parseSnpReport } from "./parse.ts";
import { parseTcb, type SnpProductLine, type SnpTcb } from "./tcb.ts";
import { productLineOf } from "./verify.ts";

export interface ChipKeyName {
  readonly line: SnpProductLine;
  /** 64 bytes; of Turin 8. */
  readonly chipId: Uint8Array;
  readonly tcb: SnpTcb;
}

const TURIN_CHIP_BYTES = 8;

/**
 * One, or where the report does not name its processor each line that it can be of. None: the key is the provider's, or the
 * chip is hidden.
 */
export function chipKeysOf(report: Uint8Array): readonly ChipKeyName[] {
  const parsed = parseSnpReport(report);
  if (!parsed.ok) return [];
  const { signingKey, chipId, cpuid, tcb: versions } = parsed.value;
  if (signingKey !== "VCEK" || chipId.every((byte) => byte === 0)) return [];
  const named = cpuid && productLineOf(cpuid);
  // Reports of version 2 are older than Turin.
  const lines: readonly (SnpProductLine | undefined)[] = cpuid ? [named] : ["Milan", "Genoa"];
  return lines.flatMap((line) => {
    const tcb = line && parseTcb(versions.reported, line);
    if (line === undefined || tcb === undefined) return [];
    return [{ line, chipId: line === "Turin" ? chipId.slice(0, TURIN_CHIP_BYTES) : chipId, tcb }];
  });
}
