/**
 * PhaContractState: the clusters' encrypted state, as far as the chain knows it: roots, deltas, votes, evidence.
 *
 * **Bounds**: see `commits.ts`, `panels.ts`, `progress.ts`, `blobs.ts` and `snapshots.ts`. **Not here**: what is in a delta
 * (only replicas know), who is drawn, the bytes of blobs (nodes keep them).
 */
import { addWeights, ensure, root } from "@pha/frame";
import { Hash } from "@pha/protocol";
import { assert, equalBytes, u32 } from "@pha/scale";
import type { CommitTracker } from "../phala-phat-contracts/index.ts";
import { blobsOf } from "./blobs.ts";
import { declaration } from "./declaration.ts";
import { closeCase, formerClosed, namedAnew } from "./panels.ts";
import { watch, workQueued } from "./progress.ts";
import { prune } from "./snapshots.ts";
import { makeFinal, tally } from "./tally.ts";
import { watchCases } from "./verdicts.ts";
import { WEIGHTS } from "./weights.ts";

export interface PhaContractStateGenesis {
  /** Steps of a cluster after which its replicas make the next snapshot; 0: none. */
  readonly snapshotSteps: number;
}

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
        closeCase(ctx, cluster);
        ctx.storage.Splits.remove(cluster);
        clusters.setStatus(ctx, cluster, "Live");
        ctx.emit.RootNamed({ cluster, block });
        tally(ctx, cluster);
      },
    ),
  },
  genesis: (ctx, { snapshotSteps }: PhaContractStateGenesis) =>
    ctx.storage.SnapshotSteps.put(snapshotSteps),
  hooks: {
    onInitialize(ctx) {
      watchCases(ctx);
      return addWeights(watch(ctx), prune(ctx));
    },
    tryState(ctx) {
      const { Pending, Votes, Roots } = ctx.storage;
      for (const [cluster, blocks] of Pending.entries()) {
        const final = Roots.get(cluster);
        for (const block of blocks) {
          assert(Votes.get(cluster, block).length > 0, "a pending block has votes");
          assert(final === undefined || block > final.block.number, "what is final is not pending");
        }
      }
      const { Blobs, Contents, Snapshots, PendingSnapshots, Steps, FirstSteps } = ctx.storage;
      for (const [, blob] of Blobs.entries()) assert(blob.references > 0, "a blob is referred to");
      for (const of of [Snapshots, PendingSnapshots])
        for (const [, { manifest }] of of.entries())
          assert(Blobs.has(manifest.digest), "a snapshot's manifest is announced");
      for (const [[cluster, index], step] of Steps.entries()) {
        assert(index >= FirstSteps.get(cluster), "what is let go is not there");
        for (const { digest } of blobsOf(step)) assert(Blobs.has(digest), "a step keeps its blobs");
      }
      for (const [, , content] of Contents.entries())
        for (const { digest } of blobsOf(content))
          assert(Blobs.has(digest), "a vote keeps its blobs");
    },
  },
}));

export const commitTracker: CommitTracker = {
  workQueued: (ctx, cluster) => workQueued(ctx.env.of(declaration), cluster),
  keysAgreed: (ctx, cluster) => tally(ctx.env.of(declaration), cluster),
  namedAnew: (ctx, cluster) => namedAnew(ctx.env.of(declaration), cluster),
  formerClosed: (ctx, cluster) => formerClosed(ctx.env.of(declaration), cluster),
};
