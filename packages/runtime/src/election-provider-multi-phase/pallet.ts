/**
 * ElectionProviderMultiPhase: who validates is computed beside the chain and checked on it.
 *
 * A round: a snapshot of votes, a phase of signed solutions, one of unsigned solutions by validators, and the
 * election, which takes the best solution that holds, or computes one itself.
 *
 * **Bounds**: of the snapshot and the queue, see `types.ts`.
 * **Trust**: solutions are anybody's, and checked by `checkFeasibility`.
 * **Not here**: when the election is, who votes, and what follows (Staking).
 */
import { apiMethod, ensure, none, root, signed } from "@pha/frame";
import { assert, bytes, option, u32 } from "@pha/scale";
import { isStrictlyBetter } from "../npos-elections/index.ts";
import { declaration, type ElectionContext } from "./declaration.ts";
import { MAX_ON_CHAIN_VOTERS } from "./on-chain.ts";
import { enterPhase, fallback, scoreOfSupports } from "./phases.ts";
import { DEPOSIT_HOLD, submitSigned } from "./signed.ts";
import { ElectionScore, ElectionTask, RawSolution, SnapshotSize, Supports } from "./types.ts";
import {
  checkUnsigned,
  electionTask,
  mineExtrinsic,
  validateUnsignedSolution,
} from "./unsigned.ts";
import { WEIGHTS } from "./weights.ts";

const SOLUTION = { rawSolution: "Box<RawSolution<SolutionOf<T::MinerConfig>>>" } as const;

export const ElectionProviderMultiPhase = declaration.implement(({ call, runtimeCall }) => ({
  calls: {
    submit_unsigned: call(
      0,
      {
        docs: "Submits a solution in the unsigned phase; validators' nodes do so themselves.",
        origin: none,
        args: { rawSolution: RawSolution, witness: SnapshotSize },
        typeNames: { ...SOLUTION, witness: "SolutionOrSnapshotSize" },
        weight: WEIGHTS.submit_unsigned,
        dispatchClass: "Operational",
      },
      (ctx, solution) => {
        const ready = checkUnsigned(ctx, solution);
        ensure(ready.ok, ready.ok ? ctx.errors.InvalidScore : ctx.errors[ready.error]);
        const prevEjected = ctx.storage.QueuedSolution.exists();
        ctx.storage.QueuedSolution.put(ready.value);
        ctx.emit.SolutionStored({ compute: ready.value.compute, origin: undefined, prevEjected });
      },
    ),
    set_minimum_untrusted_score: call(
      1,
      {
        docs: "Sets the score that submitted solutions must be better than.",
        origin: root,
        args: { maybeNextScore: option(ElectionScore) },
        typeNames: { maybeNextScore: "Option<ElectionScore>" },
        weight: WEIGHTS.set_minimum_untrusted_score,
      },
      ({ storage }, { maybeNextScore }) => {
        if (maybeNextScore) storage.MinimumUntrustedScore.put(maybeNextScore);
        else storage.MinimumUntrustedScore.kill();
      },
    ),
    set_emergency_election_result: call(
      2,
      {
        docs: "Sets the result of the election in an emergency, stake in votes.",
        origin: root,
        args: { supports: Supports },
        typeNames: { supports: "Supports<T::AccountId>" },
        weight: WEIGHTS.set_emergency_election_result,
      },
      (ctx, { supports }) => {
        ensureEmergency(ctx);
        const compute = { type: "Emergency", value: undefined } as const;
        const prevEjected = ctx.storage.QueuedSolution.exists();
        ctx.storage.QueuedSolution.put({ supports, score: scoreOfSupports(supports), compute });
        ctx.emit.SolutionStored({ compute, origin: undefined, prevEjected });
      },
    ),
    submit: call(
      3,
      {
        docs: "Submits a solution with a deposit; rewarded when it is the best, slashed when it does not hold.",
        origin: signed,
        args: { rawSolution: RawSolution },
        typeNames: SOLUTION,
        weight: WEIGHTS.submit,
      },
      (ctx, { rawSolution }) => submitSigned(ctx, ctx.caller, rawSolution),
    ),
    governance_fallback: call(
      4,
      {
        docs: "Elects on chain in an emergency, over so many voters of most stake.",
        origin: root,
        args: { maybeMaxVoters: option(u32), maybeMaxTargets: option(u32) },
        weight: WEIGHTS.governance_fallback,
      },
      (ctx, { maybeMaxVoters = MAX_ON_CHAIN_VOTERS, maybeMaxTargets }) => {
        ensureEmergency(ctx);
        const seats = ctx.config.desiredTargets(ctx);
        const voters = Math.min(maybeMaxVoters, MAX_ON_CHAIN_VOTERS);
        const elected = ctx.config.electOnChain(
          ctx,
          Math.min(seats, maybeMaxTargets ?? seats),
          voters,
        );
        ensure(elected.length > 0, ctx.errors.FallbackFailed);
        const ready = fallback(ctx, elected);
        const prevEjected = ctx.storage.QueuedSolution.exists();
        ctx.storage.QueuedSolution.put(ready);
        ctx.emit.SolutionStored({ compute: ready.compute, origin: undefined, prevEjected });
      },
    ),
  },
  unsigned: { validate: validateUnsignedSolution },
  hooks: {
    onInitialize: enterPhase,
    tryState: ({ storage, config, ...ctx }) => {
      const size = storage.SnapshotMetadata.get();
      const snapshot = storage.Snapshot.get();
      assert(size?.voters === snapshot?.voters.length, "the size is the snapshot's");
      assert(size?.targets === snapshot?.targets.length, "the size is the snapshot's");
      const { type } = storage.CurrentPhase.get();
      if (type === "Signed" || type === "Unsigned")
        assert(snapshot !== undefined, "solutions are about a snapshot");
      const waiting = storage.SignedSubmissionIndices.get();
      if (type !== "Signed") assert(waiting.length === 0, "submissions wait in their phase only");
      const kept = [...storage.SignedSubmissionsMap.entries()];
      assert(kept.length === waiting.length, "what waits is listed");
      for (const [, { who, deposit }] of kept)
        assert(config.currency.held(ctx, who, DEPOSIT_HOLD) >= deposit, "deposits are on hold");
    },
  },
  runtimeApis: {
    ElectionMinerApi: {
      id: "4daebd838adc5da2",
      version: 1,
      docs: "Solutions that validators' nodes compute beside the chain and submit.",
      methods: {
        task: apiMethod(
          {
            docs: "The election that should be computed on top of this block, if any.",
            inputs: {},
            output: option(ElectionTask),
          },
          electionTask,
        ),
        mine: apiMethod(
          {
            docs: "Extrinsic with a solution that is better than what is queued; no state is read.",
            inputs: { task: ElectionTask },
            output: option(bytes),
          },
          ({ config }: ElectionContext, { task }) =>
            mineExtrinsic(
              task,
              (score, queued) => isStrictlyBetter(score, queued, config.betterUnsigned),
              runtimeCall,
            ),
        ),
      },
    },
  },
}));

function ensureEmergency({ storage, errors }: ElectionContext): void {
  ensure(storage.CurrentPhase.get().type === "Emergency", errors.CallNotAllowed);
}
