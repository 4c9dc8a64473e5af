/**
 * Offences: what validators did wrong, each once, and their punishment.
 *
 * Equivocations are reported with proofs; who authors no block in a session of enough blocks is noticed by the chain.
 * All who offend at one time are punished by how many they are, those reported earlier again for the difference.
 *
 * **Bounds**: a report per offender and time; a time has no more offenders than validators. A time is kept as long as
 * its session can be punished.
 */
import { blake2b256 } from "@pha/crypto";
import {
  type AccountId,
  accountId,
  type ContextOf,
  configOf,
  definePallet,
  doubleMap,
  event,
  type HasEnv,
  h256,
  map,
  twox64Concat,
} from "@pha/frame";
import {
  assert,
  boundedBytes,
  concatBytes,
  equalBytes,
  fixedBytes,
  struct,
  tuple,
  u32,
  unit,
  utf8,
  vec,
} from "@pha/scale";
import { isSlotOfSession, ownerOfKey, proveKey } from "../historical/index.ts";
import { type KeyKind, type SessionHandler, sessionIndex } from "../session/index.ts";
import type { Offender } from "../staking/index.ts";
import type { Equivocation, EquivocationHandler } from "./equivocation-port.ts";
import { equivocationFraction, unresponsiveFraction } from "./fractions.ts";

export interface OffencesConfig {
  readonly keptSessions: number;
  /** Whether offences of a session can still be punished. */
  readonly isPunishable: (ctx: HasEnv, session: number) => boolean;
  readonly punish: (
    ctx: HasEnv,
    session: number,
    offenders: readonly Offender[],
    fraction: bigint,
  ) => void;
}

const MAX_REPORTERS = 16;
const MAX_OFFENDERS = 1_000;
/** Blocks that a validator would author in a session, from which on it is missed. */
const BLOCKS_EXPECTED = 10;
const KINDS: Readonly<Record<KeyKind | "away", Uint8Array>> = {
  babe: utf8("babe:equivocatio"),
  grandpa: utf8("grandpa:equivoca"),
  away: utf8("im-online:offlin"),
};

const time = boundedBytes(32);
const kind = fixedBytes(16);

const OffenceDetails = struct(
  { offender: tuple(accountId, unit), reporters: vec(accountId, MAX_REPORTERS) },
  { path: ["sp_staking", "offence", "OffenceDetails"] },
);

const declaration = definePallet("Offences", {
  docs: "What validators did wrong.",
  config: configOf<OffencesConfig>(),
  storage: {
    Reports: map(twox64Concat, h256, OffenceDetails, { docs: "Offences by their identifiers." }),
    ConcurrentReportsIndex: doubleMap(
      twox64Concat,
      kind,
      twox64Concat,
      time,
      vec(h256, MAX_OFFENDERS),
      { default: [], docs: "Offences of one kind and time." },
    ),
    SessionTimes: map(twox64Concat, u32, vec(tuple(kind, time), MAX_OFFENDERS), {
      default: [],
      docs: "Kinds and times of the offences of a session, to forget them with it.",
    }),
    BlocksAuthored: map(twox64Concat, accountId, u32, {
      default: 0,
      docs: "Blocks of a validator in the present session.",
    }),
  },
  events: {
    Offence: event(0, { kind, timeslot: time }, "Validators offended."),
  },
});

type OffencesContext = ContextOf<typeof declaration>;
const offencesOf = (ctx: HasEnv): OffencesContext => ctx.env.of(declaration);

export const Offences = declaration.implement(() => ({
  calls: {},
  hooks: {
    tryState: (ctx) => {
      for (const [, , ids] of ctx.storage.ConcurrentReportsIndex.entries())
        for (const id of ids) assert(ctx.storage.Reports.has(id), "a listed offence is known");
    },
  },
}));

interface Offence {
  readonly kind: Uint8Array;
  readonly time: Uint8Array;
  readonly session: number;
  readonly fraction: (offenders: number) => bigint;
}

function idOf({ kind: what, time: at }: Pick<Offence, "kind" | "time">, offender: AccountId) {
  return blake2b256(concatBytes(what, at, offender));
}

/** @returns whether one of the offenders was not known before */
function reportOffence(ctx: HasEnv, offence: Offence, offenders: readonly Offender[]): boolean {
  const { storage, config, emit } = offencesOf(ctx);
  const ids = storage.ConcurrentReportsIndex.get(offence.kind, offence.time);
  const fresh = offenders.filter((one) => !storage.Reports.has(idOf(offence, one.validator)));
  if (fresh.length === 0) return false;
  for (const { validator, reporters } of fresh)
    storage.Reports.put(idOf(offence, validator), {
      offender: [validator, undefined],
      reporters,
    });
  const all = [...ids, ...fresh.map((one) => idOf(offence, one.validator))];
  storage.ConcurrentReportsIndex.put(offence.kind, offence.time, all);
  if (ids.length === 0)
    storage.SessionTimes.mutate(offence.session, (times) => [
      ...times,
      [offence.kind, offence.time],
    ]);
  const everybody = all.flatMap((id): Offender[] => {
    const details = storage.Reports.get(id);
    return details ? [{ validator: details.offender[0], reporters: details.reporters }] : [];
  });
  config.punish(ctx, offence.session, everybody, offence.fraction(all.length));
  emit.Offence({ kind: offence.kind, timeslot: offence.time });
  return true;
}

export const equivocations: EquivocationHandler = {
  prove: (ctx, what, key, isIn) => {
    const session = sessionIndex(ctx);
    return isIn(session) ? proveKey(ctx, session, what, key) : undefined;
  },
  isTooOld: (ctx, session) =>
    session < sessionIndex(ctx) && !offencesOf(ctx).config.isPunishable(ctx, session),
  owner: ownerOfKey,
  isSlotOfSession,
  isKnown: (ctx, equivocation) =>
    offencesOf(ctx).storage.Reports.has(
      idOf({ kind: KINDS[equivocation.kind], time: equivocation.time }, equivocation.offender),
    ),
  report: (ctx, equivocation: Equivocation, reporter) =>
    reportOffence(
      ctx,
      {
        kind: KINDS[equivocation.kind],
        time: equivocation.time,
        session: equivocation.session,
        fraction: (count) => equivocationFraction(count, equivocation.validatorCount),
      },
      [{ validator: equivocation.offender, reporters: reporter ? [reporter] : [] }],
    ),
};

/** Counts blocks. */
export function noteAuthor(ctx: HasEnv, author: AccountId): void {
  offencesOf(ctx).storage.BlocksAuthored.mutate(author, (count) => count + 1);
}

/** When a session ends, who made no block in it is away; old offences are forgotten. */
export const offenceSessions: SessionHandler = {
  sessionStarted(ctx, index) {
    const { storage, config } = offencesOf(ctx);
    storage.BlocksAuthored.clear();
    const old = index - config.keptSessions;
    if (old < 0) return;
    for (const [what, at] of storage.SessionTimes.get(old)) {
      for (const id of storage.ConcurrentReportsIndex.get(what, at)) storage.Reports.remove(id);
      storage.ConcurrentReportsIndex.remove(what, at);
    }
    storage.SessionTimes.remove(old);
  },
  sessionQueued: () => undefined,
};

/** Punishes who made no block in the session that ends, when many are away. */
export function punishAbsent(ctx: HasEnv, session: number, validators: readonly AccountId[]): void {
  const counts = [...offencesOf(ctx).storage.BlocksAuthored.entries()];
  const blocks = counts.reduce((sum, [, count]) => sum + count, 0);
  if (blocks < BLOCKS_EXPECTED * validators.length) return;
  const absent = validators.filter(
    (validator) => !counts.some(([author]) => equalBytes(author, validator)),
  );
  const fraction = unresponsiveFraction(absent.length, validators.length);
  if (fraction === 0n) return;
  const at = new Uint8Array(4);
  new DataView(at.buffer).setUint32(0, session, true);
  reportOffence(
    ctx,
    { kind: KINDS.away, time: at, session, fraction: () => fraction },
    absent.map((validator) => ({ validator, reporters: [] })),
  );
}
