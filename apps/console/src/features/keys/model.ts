/** What the gatekeepers did and what hangs on it, on one line of blocks. */
import type { EpochReading, KeysReading } from "../../chain/core/root-keys.ts";

export interface KeyBar {
  /** Contract and name of its key. */
  readonly name: string;
  readonly contract: string;
  readonly generation: number;
  readonly epoch: number;
  readonly from: number;
  /** Absent: it is the present one. */
  readonly until: number | undefined;
  /** Percent of the line. */
  readonly start: number;
  readonly width: number;
}

/** Newest first; a bar that is too short to be seen is shown all the same. */
export function barsOf(epochs: readonly EpochReading[], block: number): readonly KeyBar[] {
  const first = Math.min(block, ...epochs.map(({ from }) => from));
  const length = Math.max(1, block - first);
  return epochs.map((one) => {
    const end = Math.min(block, one.until ?? block);
    const start = ((Math.min(one.from, block) - first) / length) * 100;
    return { ...one, start, width: Math.max(1.5, ((end - one.from) / length) * 100) };
  });
}

export const PHASES = ["keys", "deal", "complain", "confirm"] as const;

/** How near the root key is to being lost, and whether it can be used. */
export function quorumOfKeys({ generations, generation }: KeysReading): {
  readonly seats: number;
  readonly held: number;
  readonly threshold: number;
} {
  const newest = generations.find((one) => one.generation === generation);
  return {
    seats: newest?.seats.length ?? 0,
    held: newest?.seats.filter((seat) => seat !== undefined).length ?? 0,
    threshold: newest?.threshold ?? 0,
  };
}
