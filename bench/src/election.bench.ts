/** An election of validators, against the divisions it cannot do without. */
import { type Ballot, sequentialPhragmen } from "@pha/runtime";
import { type Bench, median } from "./bench.ts";

const VOTERS = 1_000;
const CANDIDATES = 100;
const VOTES = 16;
const ROUNDS = 9;

/** Numbers that look random and are the same in every run. */
function* numbers(): Generator<number, never> {
  for (let state = 0x9e3779b9; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}

export const election: Bench = {
  id: "runtime/phragmen",
  async run() {
    const random = numbers();
    const next = (): number => random.next().value;
    const candidates = Array.from({ length: CANDIDATES }, (_, i) => i);
    const ballots = Array.from({ length: VOTERS }, (_, i): Ballot<number> => {
      const targets = new Set<number>();
      while (targets.size < VOTES) targets.add(next() % CANDIDATES);
      return {
        who: CANDIDATES + i,
        stake: BigInt(next()) * 1_000_003n + 1n,
        targets: [...targets],
      };
    });
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now();
      const { winners } = sequentialPhragmen(CANDIDATES, candidates, ballots, {
        iterations: 4,
        tolerance: 0n,
      });
      times.push(performance.now() - began);
      if (winners.length !== CANDIDATES) throw new Error("all candidates are elected");
    }
    // Each of a voter's candidates that wins changes the terms of the others: half of votes squared, a division each.
    const divisions = (VOTERS * VOTES * VOTES) / 2;
    const [product, divisor] = [(1n << 180n) - 1n, (1n << 70n) - 5n];
    let sum = 0n;
    const began = performance.now();
    for (let i = 0; i < divisions; i++) sum += product / (divisor - BigInt(i));
    const alone = performance.now() - began;
    return [
      {
        id: "runtime/phragmen",
        value: median(times),
        unit: "ms",
        better: "smaller",
        against: { name: "its divisions alone", value: alone },
        samples: ROUNDS,
        floor: 1_000,
        goal: 400,
        note: `${VOTERS} voters, ${CANDIDATES} candidates, ${VOTES} votes each, all rounds, 4 of balancing${sum === 0n ? "!" : ""}`,
      },
    ];
  },
};
