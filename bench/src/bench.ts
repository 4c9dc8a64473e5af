/** What a bench reports, and how it is written down. */
import { cpus, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
}

/** A peer or a physical limit, measured or computed in the same run. */
export interface Against {
  readonly name: string;
  readonly value: number;
}

export interface BenchResult {
  /** Stable: `area/what`. */
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  /** Larger is better, or smaller. */
  readonly better: "larger" | "smaller";
  readonly against: Against;
  /** value / against.value. */
  readonly ratio: number;
  readonly samples: number;
  readonly floor: number;
  readonly goal: number;
  readonly meetsFloor: boolean;
  readonly meetsGoal: boolean;
  readonly note?: string;
}

export type Measured = Omit<BenchResult, "ratio" | "meetsFloor" | "meetsGoal">;

export interface Bench {
  readonly id: string;
  readonly run: () => Promise<readonly Measured[]>;
}

export function finish(measured: Measured): BenchResult {
  const { value, better, floor, goal, against } = measured;
  const meets = (bar: number): boolean => (better === "larger" ? value >= bar : value <= bar);
  return {
    ...measured,
    ratio: value / against.value,
    meetsFloor: meets(floor),
    meetsGoal: meets(goal),
  };
}

export function machine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  };
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** One line for people. */
export function lineOf(result: BenchResult): string {
  const { id, value, unit, floor, goal, ratio, against, samples } = result;
  const mark = result.meetsGoal ? "goal " : result.meetsFloor ? "floor" : "BELOW";
  const round = (n: number): string => (Math.abs(n) >= 100 ? n.toFixed(0) : n.toPrecision(3));
  return `${mark}  ${id.padEnd(34)} ${round(value)} ${unit}   floor ${floor}, goal ${goal}; ${round(ratio)} of ${against.name} (${round(against.value)}); ${samples} samples`;
}
