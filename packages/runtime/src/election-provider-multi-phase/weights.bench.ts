/**
 * Measurement behind the weights of submitted solutions, in their dearest case: a full snapshot, every voter with 16
 * targets in the solution. See `measured.ts` for the rule.
 */
import { encode, toHex } from "@pha/scale";
import { bench, describe } from "vitest";
import { MAX_TARGETS_PER_VOTE, mineSolution } from "../npos-elections/index.ts";
import { PHA } from "../parameters.ts";
import { startElectionChain } from "../testing/election-world.ts";
import { checkFeasibility } from "./feasibility.ts";
import { createSnapshot, indexed } from "./snapshot.ts";
import { MAX_VOTERS, RawSolution, type RoundSnapshot } from "./types.ts";

const OPTIONS = { time: 1_000, warmupTime: 200, iterations: 5 };
const SEATS = 100;
const world = startElectionChain();
world.until("Unsigned");
const ctx = world.election();

const name = (kind: number, i: number): Uint8Array => {
  const account = new Uint8Array(32).fill(kind);
  new DataView(account.buffer).setUint32(0, i);
  return account;
};
const targets = Array.from({ length: 1_000 }, (_, i) => name(1, i));
const snapshot: RoundSnapshot = {
  targets,
  voters: Array.from({ length: MAX_VOTERS }, (_, i) => [
    name(2, i),
    1_000_000n + BigInt((i * 7_919) % 1_000),
    Array.from({ length: MAX_TARGETS_PER_VOTE }, (_, k) => name(1, (i * 31 + k * 13) % SEATS)),
  ]),
};
ctx.storage.Snapshot.put(snapshot);
ctx.storage.SnapshotMetadata.put({ voters: MAX_VOTERS, targets: targets.length });
ctx.storage.DesiredTargets.put(SEATS);
const byPosition = indexed(snapshot);
const mined = mineSolution(byPosition, {
  seats: SEATS,
  maxBytes: 64 << 10,
  balancing: { iterations: 0, tolerance: 0n },
});
if (!mined) throw new Error("a solution is mined");
/** Every vote in equal parts, which no miner would write: the most that a check has to look at. */
const solution = byPosition.voters.map(({ targets: chosen }, voter) => {
  const distinct = [...new Set(chosen)];
  const part = Math.floor(65_535 / distinct.length);
  return {
    voter,
    parts: distinct.slice(1).map((target) => [target, part] as const),
    last: distinct[0] ?? 0,
  };
});
const raw: RawSolution = { solution, score: mined.score, round: ctx.storage.Round.get() };
const bytes = encode(RawSolution, raw).length;
const voters = snapshot.voters.map(([who, stake, chosen]) => ({
  who: toHex(who),
  stake: stake * PHA,
  targets: chosen.map(toHex),
}));
const full = {
  ...ctx,
  config: { ...ctx.config, votes: () => ({ voters, targets: targets.map(toHex) }) },
};

describe("ElectionProviderMultiPhase", () => {
  bench(
    `check of a solution of ${bytes} bytes`,
    () => {
      const result = checkFeasibility(ctx, raw, "Signed");
      if (result.ok || result.error !== "InvalidScore") throw new Error("all of it is looked at");
    },
    OPTIONS,
  );
  bench(
    "snapshot",
    () => {
      world.chain.overlay.begin();
      createSnapshot(full);
      world.chain.overlay.rollback();
    },
    OPTIONS,
  );
});
