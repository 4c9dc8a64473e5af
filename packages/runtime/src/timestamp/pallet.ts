/** Timestamp: the time of the chain, set once in every block by its author. */
import {
  configOf,
  constant,
  definePallet,
  ensure,
  error,
  type HasEnv,
  none,
  value,
} from "@pha/frame";
import { bool, compact, decode, u64 } from "@pha/scale";
import { WEIGHTS } from "./weights.ts";

export interface TimestampConfig {
  /** Least time between blocks in milliseconds: half a slot. */
  readonly minimumPeriod: bigint;
  /** Told of every new time; text when it does not belong to the block's slot. */
  readonly objection: (ctx: HasEnv, now: bigint) => string | undefined;
}

/** Identifier of the inherent; its data is the author's clock in milliseconds, u64. */
export const TIMESTAMP_INHERENT = "timstap0";
/** How far a received block may be ahead of our clock, in milliseconds. */
const MAX_DRIFT_MS = 30_000n;

const declaration = definePallet("Timestamp", {
  docs: "The time of the chain, set once in every block by its author.",
  config: configOf<TimestampConfig>(),
  constants: {
    MinimumPeriod: constant(
      u64,
      (c: TimestampConfig) => c.minimumPeriod,
      "Least time between blocks, in milliseconds.",
    ),
  },
  storage: {
    Now: value(u64, {
      default: 0n,
      docs: "Time of the present block, in milliseconds of Unix time.",
    }),
    DidUpdate: value(bool, {
      default: false,
      docs: "Whether the present block has its time; removed at its end.",
    }),
  },
  errors: {
    AlreadySet: error(0, "The block has its time already."),
    TooEarly: error(1, "The time is not after that of the parent by the minimum period."),
    WrongSlot: error(2, "The time is not within the block's slot."),
  },
});

export const Timestamp = declaration.implement(({ call }) => ({
  calls: {
    set: call(
      0,
      {
        docs: "Sets the time of the block, in milliseconds of Unix time.",
        origin: none,
        args: { now: compact(u64) },
        typeNames: { now: "T::Moment" },
        weight: WEIGHTS.set,
        dispatchClass: "Mandatory",
      },
      (ctx, { now }) => {
        ensure(!ctx.storage.DidUpdate.get(), ctx.errors.AlreadySet);
        const before = ctx.storage.Now.get();
        ensure(before === 0n || now >= before + ctx.config.minimumPeriod, ctx.errors.TooEarly);
        ensure(ctx.config.objection(ctx, now) === undefined, ctx.errors.WrongSlot);
        ctx.storage.Now.put(now);
        ctx.storage.DidUpdate.put(true);
      },
    ),
  },
  hooks: {
    onFinalize: (ctx) => ctx.storage.DidUpdate.kill(),
  },
  inherent: {
    identifier: TIMESTAMP_INHERENT,
    call: "set",
    required: true,
    create(ctx, data) {
      const before = ctx.storage.Now.get();
      const least = before === 0n ? 0n : before + ctx.config.minimumPeriod;
      const clock = clockOf(data);
      if (clock === undefined) return undefined;
      return { now: clock > least ? clock : least };
    },
    check(ctx, args, data) {
      // Arguments of `set`, read by its codec.
      const { now } = args as { readonly now: bigint };
      const clock = clockOf(data);
      if (clock === undefined) return "there is no clock to compare with";
      if (now > clock + MAX_DRIFT_MS) return "the block is too far in the future";
      const before = ctx.storage.Now.get();
      return before !== 0n && now < before + ctx.config.minimumPeriod
        ? "the block is too close to its parent"
        : undefined;
    },
  },
}));

/** The clock that came with the question: our own node's, or whatever a caller of the API made up. */
function clockOf(data: Uint8Array): bigint | undefined {
  const clock = decode(u64, data);
  return clock.ok ? clock.value : undefined;
}

/** Time of the present block in milliseconds; before it is set, that of its parent. */
export function now(ctx: HasEnv): bigint {
  return ctx.env.of(declaration).storage.Now.get();
}
