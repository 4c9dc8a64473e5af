/**
 * Utility: several calls in one.
 *
 * **Bounds**: calls per batch are limited; batches in batches are bounded by the depth of calls, which decoding and
 * dispatch both count.
 */
import { anyOf, DispatchError, definePallet, error, event, refuse, root, signed } from "@pha/frame";
import { u32, vec } from "@pha/scale";
import { WEIGHTS } from "./weights.ts";

const MAX_BATCH = 10_922;

const declaration = definePallet("Utility", {
  docs: "Several calls in one transaction.",
  events: {
    BatchInterrupted: event(
      0,
      { index: u32, error: DispatchError },
      "A call of the batch failed; those after it did not run.",
    ),
    BatchCompleted: event(1, {}, "All calls of the batch succeeded."),
    BatchCompletedWithErrors: event(2, {}, "All calls of the batch ran; some failed."),
    ItemCompleted: event(3, {}, "A call of the batch succeeded."),
    ItemFailed: event(4, { error: DispatchError }, "A call of the batch failed."),
  },
  errors: {
    TooManyCalls: error(0, "The batch has too many calls."),
  },
});

export const Utility = declaration.implement(({ call, runtimeCall }) => {
  const calls = vec(runtimeCall, MAX_BATCH);
  const origin = anyOf(signed, root);
  const weight = {
    base: WEIGHTS.batch,
    calls: { argument: "calls", weight: WEIGHTS.batch_per_call },
  } as const;
  const typeNames = { calls: "Vec<<T as Config>::RuntimeCall>" } as const;
  return {
    calls: {
      batch: call(
        0,
        {
          docs: "Runs calls in order until one fails; what ran before it stays.",
          origin,
          args: { calls },
          typeNames,
          weight,
        },
        (ctx, args) => {
          for (const [index, one] of args.calls.entries()) {
            const outcome = ctx.env.dispatch(one, ctx.origin);
            if (!outcome.ok) {
              ctx.emit.BatchInterrupted({ index, error: outcome.error });
              return;
            }
            ctx.emit.ItemCompleted();
          }
          ctx.emit.BatchCompleted();
        },
      ),
      batch_all: call(
        2,
        {
          docs: "Runs calls in order; when one fails, none took effect.",
          origin,
          args: { calls },
          typeNames,
          weight,
        },
        (ctx, args) => {
          for (const one of args.calls) {
            const outcome = ctx.env.dispatch(one, ctx.origin);
            if (!outcome.ok) refuse(outcome.error);
            ctx.emit.ItemCompleted();
          }
          ctx.emit.BatchCompleted();
        },
      ),
      force_batch: call(
        4,
        {
          docs: "Runs calls in order; those that fail are passed over.",
          origin,
          args: { calls },
          typeNames,
          weight,
        },
        (ctx, args) => {
          let failed = false;
          for (const one of args.calls) {
            const outcome = ctx.env.dispatch(one, ctx.origin);
            if (outcome.ok) ctx.emit.ItemCompleted();
            else {
              failed = true;
              ctx.emit.ItemFailed({ error: outcome.error });
            }
          }
          if (failed) ctx.emit.BatchCompletedWithErrors();
          else ctx.emit.BatchCompleted();
        },
      ),
    },
  };
});
