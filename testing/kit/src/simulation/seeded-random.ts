/** Choices that a seed makes, the same in every run. */
import { assert } from "@pha/scale";
import { seeded } from "../decoders/valid-bytes.ts";

export interface SeededRandom {
  /** At least 0, below 1. */
  unit(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  shuffled<T>(list: readonly T[]): readonly T[];
}

export function seededRandom(seed: number): SeededRandom {
  const unit = seeded(seed);
  const between = (low: number, high: number): number =>
    low + Math.floor(unit() * (high - low + 1));
  return {
    unit,
    between,
    chance: (probability) => unit() < probability,
    pick: (list) => {
      const chosen = list[between(0, list.length - 1)];
      assert(chosen !== undefined, "something can be picked");
      return chosen;
    },
    shuffled: (list) => {
      const left = [...list];
      return list.flatMap(() => left.splice(between(0, left.length - 1), 1));
    },
  };
}
