/**
 * Stake of gatekeepers under whatever its users, governance and the chain do: funds add up, nothing is minted, nobody is
 * slashed beyond what stands behind a seat, and no group ever holds t seats of a run.
 */
import { emptySeats } from "@pha/protocol";
import { toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { nativeToken } from "../balances/index.ts";
import { PHA, SUPPLY } from "../parameters.ts";
import { thresholdOf } from "../pha-pallets.ts";
import { NAMES, ownLabels, startStakeWorld } from "../testing/stake-world.ts";
import { HOLD } from "./declaration.ts";
import { admission } from "./index.ts";
import { SLASH_PERCENT } from "./slashing.ts";

const isLong = process.env["PHA_LONG"] === "1";
const SEEDS = isLong ? 400 : 20;
const STEPS = 120;
const MISDEEDS = ["WrongShare", "FalseComplaint", "Equivocation", "WrongRelease"] as const;

function seeded(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** Four vendors, three providers, operators with two accounts each. */
const labelsOf = (uri: string, random: (below: number) => number) => {
  const i = NAMES.indexOf(uri);
  return {
    ...ownLabels(uri),
    entity: `entity ${Math.floor(i / 2)}`,
    vendor: `vendor ${random(4)}`,
    provider: `provider ${random(3)}`,
  };
};

test("whatever is called, funds add up, slashes stay within stakes, and seats within caps", () => {
  const seen: Record<string, number> = {};
  const note = (what: string) => {
    seen[what] = (seen[what] ?? 0) + 1;
  };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seeded(seed * 7_919);
    const world = startStakeWorld({ unbondingBlocks: 8 }, { termBlocks: 6 });
    const { tx, account, stake, gatekeepers, chain } = world;
    const bonded = (uri: string) => stake().storage.Bonds.get(account(uri))?.total ?? 0n;
    for (const [i, uri] of NAMES.slice(0, 7).entries())
      world.candidate(uri, BigInt(100 + i * 50) * PHA, labelsOf(uri, random), random(50));
    world.firstElection();
    let lastRun = 0n;
    /** Of each run when it has begun: later an approval may go. */
    const expectCapped = () => {
      const run = gatekeepers().storage.Run.get();
      if (run === undefined || run.run === lastRun) return;
      lastRun = run.run;
      note("runs");
      const empty = emptySeats(run.seats);
      if (empty.length > 0) note("empty seats");
      const taken = run.operators.filter((_, seat) => !empty.includes(seat));
      const groups = taken.map((who) => {
        const approval = stake().storage.Approvals.get(who);
        expect(approval).toBeDefined();
        return Object.entries(approval ?? {}).map((one) => one.join(" "));
      });
      for (const group of new Set(groups.flat())) {
        const holders = groups.filter((one) => one.includes(group)).length;
        expect(holders, group).toBeLessThan(thresholdOf(run.seats.length));
        if (holders === thresholdOf(run.seats.length) - 1) note("capped");
      }
    };
    expectCapped();
    /** Operator and term of a reward that can be claimed. */
    const claimable = () => {
      const all = [...stake().storage.Terms.entries()].flatMap(([term, { reward, services }]) =>
        reward === undefined ? [] : services.map(({ operator }) => ({ operator, term })),
      );
      return all[random(Math.max(1, all.length))];
    };
    for (let step = 0; step < STEPS; step++) {
      const uri = NAMES[random(NAMES.length)]!;
      const other = NAMES[random(NAMES.length)]!;
      const amount = BigInt(random(400)) * PHA;
      const before = NAMES.map(bonded);
      const isStanding = stake().storage.Candidates.has(account(uri));
      let call = tx.bond({ amount });
      switch (random(16)) {
        case 0:
        case 1:
          break;
        case 2:
          call = tx.unbond({ amount });
          break;
        case 3:
          call = tx.withdraw();
          break;
        case 4:
        case 5:
          world.approve(uri, labelsOf(uri, random));
          call = tx.stand({ commission: random(110) });
          break;
        case 6:
        case 7:
          call = tx.nominate({ targets: [account(other), account(NAMES[random(9)]!)] });
          break;
        case 8:
          if (random(3) > 0) continue;
          call = tx.chill();
          break;
        case 9:
          call = tx.payout(claimable() ?? { operator: account(other), term: random(6) });
          break;
        case 10: {
          // Once a generation is there, terms go on.
          const { CurrentGeneration, ActiveSince, Run, Wanted, Operators } = gatekeepers().storage;
          if (Operators.get().length === 0) break;
          CurrentGeneration.put(1n);
          ActiveSince.put(0);
          Run.kill();
          Wanted.kill();
          break;
        }
        case 11:
          if (random(2) > 0) break;
          world.asRoot(tx.revoke({ who: account(other) }));
          break;
        case 12: {
          const settings = {
            seats: 3 + random(4),
            termReward: BigInt(random(3)) * 500n * PHA,
            minOnline: random(60),
          };
          world.asRoot(tx.set_seats(settings));
          break;
        }
        case 13: {
          if (random(2) > 0) break;
          const misdeed = MISDEEDS[random(4)]!;
          const term = stake().storage.CurrentTerm.get();
          const exposure = stake().storage.Exposures.get(term, account(other));
          // As PhaGatekeepers does: no later run takes it.
          gatekeepers().storage.Convicted.put(account(other), {
            run: 1n,
            misdeed: { type: misdeed, value: undefined },
            block: chain.number(),
          });
          admission.convicted(world.ctx(), account(other), misdeed, account(uri));
          chain.block();
          if (exposure === undefined) break;
          for (const { who, value } of [
            { who: account(other), value: exposure.own },
            ...exposure.others,
          ]) {
            const i = NAMES.findIndex((name) => toHex(account(name)) === toHex(who));
            const taken = before[i]! - bonded(NAMES[i]!);
            expect(taken).toBeLessThanOrEqual((value * SLASH_PERCENT[misdeed] + 99n) / 100n);
            if (taken > 0n) note("slashed");
          }
          break;
        }
        case 14:
          if (isStanding) world.register(uri, step);
          break;
        default:
          world.blocks(random(8));
      }
      if (world.as(uri, call) === undefined) note(call.name);
      // What was told to pRuntimes goes out with the block.
      chain.block();
      chain.runtime.tryState(chain.overlay);
      expect(world.balances().storage.TotalIssuance.get()).toBe(SUPPLY);
      for (const name of NAMES)
        expect(nativeToken.held(world.ctx(), account(name), HOLD)).toBe(bonded(name));
      expectCapped();
    }
  }
  // The calls did what they are here for.
  const calls = ["bond", "unbond", "withdraw", "stand", "nominate", "chill", "payout"];
  for (const what of [...calls, "slashed", "runs", "capped", "empty seats"])
    expect(seen[what] ?? 0, what).toBeGreaterThan(0);
});
