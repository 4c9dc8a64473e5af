/**
 * Versions of the trusted computing base of an AMD platform: eight bytes whose meaning depends on the product line.
 *
 * @see AMD SEV-SNP ABI "TCB_VERSION"
 */

export type SnpProductLine = "Milan" | "Genoa" | "Turin";

/** Security patch levels, each 0 to 255; higher is newer. */
export interface SnpTcb {
  /** Firmware of the boot controller; Turin and later only. */
  readonly fmc: number | undefined;
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}

/** `undefined` when a reserved byte is set. @param bytes 8 bytes as in the report */
export function parseTcb(bytes: Uint8Array, line: SnpProductLine): SnpTcb | undefined {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0, microcode = 0] = bytes;
  if (line === "Turin")
    return b4 + b5 + b6 === 0
      ? { fmc: b0, bootloader: b1, tee: b2, snp: b3, microcode }
      : undefined;
  return b2 + b3 + b4 + b5 === 0
    ? { fmc: undefined, bootloader: b0, tee: b1, snp: b6, microcode }
    : undefined;
}

/** Whether no part of `a` is newer than in `b`. */
export function isTcbAtMost(a: SnpTcb, b: SnpTcb): boolean {
  return (
    (a.fmc ?? 0) <= (b.fmc ?? 0) &&
    a.bootloader <= b.bootloader &&
    a.tee <= b.tee &&
    a.snp <= b.snp &&
    a.microcode <= b.microcode
  );
}

export function isSameTcb(a: SnpTcb, b: SnpTcb): boolean {
  return isTcbAtMost(a, b) && isTcbAtMost(b, a);
}
