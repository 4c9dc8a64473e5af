import fc from "fast-check";
import { expect, test } from "vitest";
import { nativeToken } from "../balances/index.ts";
import { PHA, SUPPLY } from "../parameters.ts";
import { type ElectionWorld, startElectionChain } from "../testing/election-world.ts";
import { checkFeasibility } from "./feasibility.ts";
import { DEPOSIT_HOLD } from "./signed.ts";
import type { RawSolution } from "./types.ts";
import { electionTask, mineExtrinsic, type UnsignedSolution } from "./unsigned.ts";

const VALIDATORS = ["//Alice", "//Bob", "//Charlie", "//Dave"];
const SUBMITTERS = ["//Eve", "//Ferdie", "//Operator", "//Bob"];

interface Change {
  readonly at: number;
  readonly by: number;
  readonly kind: "none" | "score" | "voter" | "target" | "part" | "drop" | "round";
}
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(20),
  by: fc.integer({ min: 1, max: 70_000 }),
  kind: fc.constantFrom("none", "score", "voter", "target", "part", "drop", "round"),
});
const round = fc.record({
  nominations: fc.array(fc.subarray(VALIDATORS, { minLength: 1 }), { minLength: 3, maxLength: 6 }),
  seats: fc.integer({ min: 1, max: 4 }),
  signed: fc.array(fc.record({ who: fc.constantFrom(...SUBMITTERS), change }), { maxLength: 5 }),
  unsigned: fc.array(change, { maxLength: 3 }),
});

/** The solution with one thing changed. */
function changed(raw: RawSolution, { at, by, kind }: Change): RawSolution {
  const { solution, score } = raw;
  const position = solution.length === 0 ? 0 : at % solution.length;
  const edit = (vote: (one: RawSolution["solution"][number]) => typeof one): RawSolution => ({
    ...raw,
    solution: solution.map((one, i) => (i === position ? vote(one) : one)),
  });
  switch (kind) {
    case "none":
      return raw;
    case "score":
      return { ...raw, score: { ...score, minimalStake: score.minimalStake + BigInt(by) } };
    case "voter":
      return edit((one) => ({ ...one, voter: (one.voter + by) % 30 }));
    case "target":
      return edit((one) => ({ ...one, last: (one.last + by) % 6 }));
    case "part":
      return edit((one) => ({
        ...one,
        parts: one.parts.map(([target, part]) => [target, (part + by) % 65_536] as const),
      }));
    case "drop":
      return { ...raw, solution: solution.filter((_, i) => i !== position) };
    case "round":
      return { ...raw, round: raw.round + by };
  }
}

/** The best solution, in whatever phase. */
function minedNow(world: ElectionWorld): UnsignedSolution {
  const { election, chain } = world;
  const phase = election().storage.CurrentPhase.get();
  const queued = election().storage.QueuedSolution.get();
  election().storage.QueuedSolution.kill();
  election().storage.CurrentPhase.put({ type: "Unsigned", value: [true, election().block.number] });
  const task = electionTask(election());
  const mined = task && mineExtrinsic(task, () => true, chain.runtime.format.call);
  const args = mined && world.argsOf(mined);
  election().storage.CurrentPhase.put(phase);
  if (queued) election().storage.QueuedSolution.put(queued);
  if (!args) throw new Error("a solution is mined");
  return args;
}

test("whatever is submitted, only what holds is queued, the best of it is taken, and funds add up", () => {
  const seen = { signed: 0, unsigned: 0, slashed: 0, refused: 0, elected: 0 };
  fc.assert(
    fc.property(round, ({ nominations, seats, signed, unsigned }) => {
      const world = startElectionChain(seats);
      world.nominators(nominations.length, (i) => nominations[i] ?? VALIDATORS);
      const ctx = () => world.election();
      const held = (uri: string) => nativeToken.held(ctx(), world.account(uri), DEPOSIT_HOLD);
      world.until("Signed");
      const { rawSolution } = minedNow(world);
      const candidates: RawSolution[] = [];
      for (const one of signed) {
        const raw = changed(rawSolution, one.change);
        const call = world.tx.ElectionProviderMultiPhase.submit({ rawSolution: raw });
        if (world.as(one.who, call) === undefined) candidates.push(raw);
        else seen.refused++;
      }
      const holding = candidates.filter((raw) => checkFeasibility(ctx(), raw, "Signed").ok);
      const total = SUBMITTERS.reduce(
        (sum, uri) => sum + nativeToken.total(ctx(), world.account(uri)),
        0n,
      );
      world.until("Unsigned");
      const queued = ctx().storage.QueuedSolution.get();
      expect(queued !== undefined).toBe(holding.length > 0);
      if (queued) seen.signed++;
      for (const uri of SUBMITTERS) expect(held(uri)).toBe(0n);
      const after = SUBMITTERS.reduce(
        (sum, uri) => sum + nativeToken.total(ctx(), world.account(uri)),
        0n,
      );
      // The pot is empty at first: submitters as a whole win nothing that others did not lose.
      expect(after).toBeLessThanOrEqual(total);
      if (after < total) seen.slashed++;
      for (const one of unsigned) {
        const mined = minedNow(world);
        const raw = changed(mined.rawSolution, one);
        const before = ctx().storage.QueuedSolution.get();
        const args = { rawSolution: raw, witness: mined.witness };
        const { outcomes } = world.next([world.unsigned(args)]);
        const now = ctx().storage.QueuedSolution.get();
        if (outcomes[0]?.ok) seen.unsigned++;
        else expect(now).toEqual(before);
        if (now) {
          const names = new Set(now.supports.map(([who]) => who.join()));
          expect(names.size).toBe(ctx().storage.DesiredTargets.get());
          expect(now.score.sumStake).toBe(
            now.supports.reduce((sum, [, support]) => sum + support.total, 0n),
          );
        }
      }
      const last = ctx().storage.QueuedSolution.get();
      world.until("Off");
      const era = world.staking().storage.CurrentEra.get() ?? 0;
      const elected = [...world.staking().storage.ErasStakersOverview.entriesOf(era)];
      seen.elected += elected.length;
      expect(elected.length).toBe(seats);
      if (last)
        expect(elected.map(([who]) => who.join()).sort()).toEqual(
          last.supports.map(([who]) => who.join()).sort(),
        );
      // Nobody's stake is exposed beyond what is bonded.
      for (const [validator] of elected) {
        const own = world.staking().storage.Ledger.get(validator)?.active ?? 0n;
        const overview = world.staking().storage.ErasStakersOverview.get(era, validator);
        expect(overview?.own).toBeLessThanOrEqual(own);
        expect(overview?.own).toBeGreaterThan(own - PHA);
      }
      expect(world.balances().storage.TotalIssuance.get()).toBe(SUPPLY);
      world.chain.runtime.tryState(world.chain.overlay);
    }),
    { numRuns: 12, seed: 20_261_128 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
}, 60_000);
