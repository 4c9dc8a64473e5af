/** Fee of a transaction from its length and weight, in plancks; every division rounds up. */
import type { DispatchInfo, Weight } from "@pha/frame";

export interface FeeRates {
  /** Plancks per byte. */
  readonly perByte: bigint;
  /** Plancks per microsecond of reference time. */
  readonly perMicrosecond: bigint;
  /** Weight charged for every transaction beside its call's. */
  readonly baseExtrinsic: Weight;
}

export interface FeeParts {
  readonly base: bigint;
  readonly length: bigint;
  readonly weight: bigint;
}

const PICOSECONDS = 1_000_000n;

export function weightFee(rates: FeeRates, { refTime }: Weight): bigint {
  return (refTime * rates.perMicrosecond + PICOSECONDS - 1n) / PICOSECONDS;
}

export function feeParts(rates: FeeRates, length: number, info: DispatchInfo): FeeParts {
  if (!info.paysFee) return { base: 0n, length: 0n, weight: 0n };
  return {
    base: weightFee(rates, rates.baseExtrinsic),
    length: BigInt(length) * rates.perByte,
    weight: weightFee(rates, info.weight),
  };
}

export function feeOf(rates: FeeRates, length: number, info: DispatchInfo): bigint {
  const { base, length: byLength, weight } = feeParts(rates, length, info);
  return base + byLength + weight;
}
