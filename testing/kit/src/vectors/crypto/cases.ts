import type { VectorCase } from "../vector-case.ts";

export function forCase(name: string, check: () => void): VectorCase {
  return {
    name,
    run: () => {
      check();
      return undefined;
    },
  };
}

/** A copy with the lowest bit of one byte changed. */
export function flipBit(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice();
  out[at] = (out[at] ?? 0) ^ 1;
  return out;
}
