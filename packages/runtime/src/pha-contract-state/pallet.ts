/**
 * PhaContractState: the clusters' encrypted state, as far as the chain knows it: roots, deltas, votes, evidence.
 *
 * **Bounds**: see `commits.ts` and `progress.ts`. **Not here**: what is in a delta (only replicas know), panels and
 * slashing, blobs.
 */
import { ensure, root } from "@pha/frame";
import { Hash } from "@pha/protocol";
import { assert, equalBytes, u32 } from "@pha/scale";
import type { CommitTracker } from "../phala-phat-contracts/index.ts";
import { declaration } from "./declaration.ts";
import { watch, workQueued } from "./progress.ts";
import { makeFinal, tally } from "./tally.ts";
import { WEIGHTS } from "./weights.ts";

export const PhaContractState = declaration.implement(({ call }) => ({
  calls: {
    name_root: call(
      0,
      {
        docs: "Ends a dispute or a halt: makes one of the voted commits final, or confirms the newest final one.",
        origin: root,
        args: { cluster: Hash, block: u32, digest: Hash },
        weight: WEIGHTS.name_root,
        dispatchClass: "Operational",
      },
      (ctx, { cluster, block, digest }) => {
        const { clusters } = ctx.config;
        const record = clusters.clusterOf(ctx, cluster);
        ensure(record, ctx.errors.UnknownCluster);
        const final = ctx.storage.RecentFinal.get(cluster).at(-1);
        const isFinal = final?.block === block && equalBytes(final.digest, digest);
        if (!isFinal) {
          const vote = ctx.storage.Votes.get(cluster, block).find((one) =>
            equalBytes(one.digest, digest),
          );
          ensure(vote, ctx.errors.UnknownVote);
          const before = ctx.storage.Roots.get(cluster);
          ensure(
            before === undefined || equalBytes(vote.commit.previousRoot, before.root),
            ctx.errors.BadPreviousRoot,
          );
          makeFinal(ctx, record, vote);
        }
        clusters.setStatus(ctx, cluster, "Live");
        ctx.emit.RootNamed({ cluster, block });
        tally(ctx, cluster);
      },
    ),
  },
  hooks: {
    onInitialize: watch,
    tryState(ctx) {
      const { Pending, Votes, Roots } = ctx.storage;
      for (const [cluster, blocks] of Pending.entries()) {
        const final = Roots.get(cluster);
        for (const block of blocks) {
          assert(Votes.get(cluster, block).length > 0, "a pending block has votes");
          assert(final === undefined || block > final.block.number, "what is final is not pending");
        }
      }
    },
  },
}));

export const commitTracker: CommitTracker = {
  workQueued: (ctx, cluster) => workQueued(ctx.env.of(declaration), cluster),
  keysAgreed: (ctx, cluster) => tally(ctx.env.of(declaration), cluster),
};
