/** What a seed stands for: how many validators, which of them are bad, which faults come and how often. */
import { type SeededRandom, seededRandom } from "./seeded-random.ts";

export const FAULTS = [
  "loss",
  "delay",
  "reorder",
  "duplication",
  "partition",
  "crash",
  "lostWrites",
  "clockSkew",
  "equivocation",
  "silence",
  "garbage",
  "fork",
  "setChange",
] as const;
export type Fault = (typeof FAULTS)[number];
export type FaultCounts = Record<Fault, number>;

export interface Scenario {
  readonly seed: number;
  readonly validators: number;
  /** Numbers of validators that vote twice whenever they can. */
  readonly equivocators: readonly number[];
  /** Numbers of validators that never vote. */
  readonly silent: readonly number[];
  /** Nodes that follow without a key. */
  readonly observers: number;
  readonly slotMs: number;
  /** Slots with faults; after them the network is well. */
  readonly faultySlots: number;
  readonly latencyMs: readonly [number, number];
  readonly loss: number;
  readonly duplication: number;
  /** Chance of a message to be late by up to `lateMs`. */
  readonly late: number;
  readonly lateMs: number;
  /** Chance per slot that a partition begins, and that a node crashes. */
  readonly partition: number;
  readonly crash: number;
  /** Largest difference of a node's clock, and of its speed in percent. */
  readonly skewMs: number;
  readonly skewPercent: number;
  /** Heights between set changes. */
  readonly changeEvery: number;
  /** Chance that a slot has a second author. */
  readonly fork: number;
  /** Signatures are ed25519, not the model. */
  readonly realSignatures: boolean;
}

/** Whether blocks, votes and finality of a node are held to the invariants. */
export function isHonest({ equivocators }: Scenario, node: number): boolean {
  return !equivocators.includes(node);
}

export function scenarioOf(seed: number): Scenario {
  const random = seededRandom(seed);
  const validators = random.pick([1, 2, 3, 4, 4, 4, 4, 4, 5, 7]);
  const bad = badOnes(random, validators);
  const [low, high] = random.pick([
    [5, 20],
    [20, 80],
    [50, 400],
  ] as const);
  return {
    seed,
    validators,
    ...bad,
    observers: random.between(0, 1),
    slotMs: 1_000,
    faultySlots: random.between(12, 24),
    latencyMs: [low, high],
    loss: random.pick([0, 0.02, 0.1, 0.3]),
    duplication: random.pick([0, 0.05, 0.2]),
    late: random.pick([0, 0.05, 0.2]),
    lateMs: random.pick([500, 2_500]),
    partition: random.pick([0, 0.08, 0.15]),
    crash: random.pick([0, 0.1, 0.3]),
    skewMs: random.pick([0, 100, 400]),
    skewPercent: random.pick([0, 10]),
    changeEvery: random.pick([5, 9, 1_000]),
    fork: random.pick([0.1, 0.4, 0.8]),
    realSignatures: seed % 16 === 0,
  };
}

/** Fewer than a third. */
function badOnes(random: SeededRandom, validators: number) {
  const most = Math.floor((validators - 1) / 3);
  const bad = random
    .shuffled(Array.from({ length: validators }, (_, i) => i))
    .slice(0, random.between(0, most));
  const isEquivocating = random.chance(0.6);
  return { equivocators: isEquivocating ? bad : [], silent: isEquivocating ? [] : bad };
}
