/**
 * The round's snapshot: what solutions are about, whatever stakers do meanwhile.
 *
 * **Bounds**: `MAX_VOTERS` voters of most stake, `MAX_TARGETS` targets.
 */
import type { AccountId } from "@pha/frame";
import { fromHex } from "@pha/scale";
import type { IndexedBallot, IndexedSnapshot } from "../npos-elections/index.ts";
import type { ElectionContext } from "./declaration.ts";
import { MAX_TARGETS, MAX_VOTERS, MAX_WINNERS, type RoundSnapshot } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Keeps voters and targets of now; `false` when there is nobody to elect, or by nobody. */
export function createSnapshot(ctx: ElectionContext): boolean {
  const { storage, config } = ctx;
  ctx.env.useWeight(WEIGHTS.create_snapshot, "Mandatory");
  const { targets, voters } = config.votes(ctx, MAX_VOTERS);
  const perVote = config.plancksPerVote(ctx);
  const kept = targets.slice(0, MAX_TARGETS);
  const voting = voters.flatMap(({ who, stake, targets: chosen }) => {
    const votes = stake / perVote;
    return votes > 0n ? [[fromHex(who), votes, chosen.map(fromHex)] as const] : [];
  });
  const seats = Math.min(config.desiredTargets(ctx), kept.length, MAX_WINNERS);
  if (seats === 0 || voting.length === 0) return false;
  storage.Snapshot.put({ voters: voting, targets: kept.map(fromHex) });
  storage.SnapshotMetadata.put({ voters: voting.length, targets: kept.length });
  storage.DesiredTargets.put(seats);
  return true;
}

export function forgetSnapshot({ storage }: ElectionContext): void {
  storage.Snapshot.kill();
  storage.SnapshotMetadata.kill();
  storage.DesiredTargets.kill();
}

/** By positions; nominations of accounts that are no targets are left out. */
export function indexed({ voters, targets }: RoundSnapshot): IndexedSnapshot {
  const positions = new Map(targets.map((target, i) => [nameOf(target), i]));
  return {
    targetCount: targets.length,
    voters: voters.map(
      ([, stake, chosen]): IndexedBallot => ({
        stake,
        targets: chosen.flatMap((target) => positions.get(nameOf(target)) ?? []),
      }),
    ),
  };
}

/** An account as a key of a map; faster than hex, of which there would be thousands. */
function nameOf(account: AccountId): string {
  return String.fromCharCode(...account);
}
