/** How much an offence costs, by how many did it at once: alone it is an accident, together it is an attack. */
import { billionths, floorPart } from "../npos-elections/index.ts";

/** `min(1, (3k / n)²)` in billionths. @see polkadot-sdk "pallet-babe" equivocation */
export function equivocationFraction(offenders: number, validators: number): bigint {
  const part = billionths(BigInt(3 * offenders), BigInt(validators));
  return floorPart(part, part);
}

/** `min(1, 3 · (k − (⌊n / 10⌋ + 1)) / n) · 7 %` in billionths: up to a tenth may be away for nothing. */
export function unresponsiveFraction(offenders: number, validators: number): bigint {
  const threshold = Math.floor(validators / 10) + 1;
  const beyond = offenders - threshold;
  if (beyond <= 0) return 0n;
  return floorPart(70_000_000n, billionths(BigInt(3 * beyond), BigInt(validators)));
}
