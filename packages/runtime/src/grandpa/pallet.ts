/**
 * Grandpa: who finalizes blocks.
 *
 * A change takes effect in the block that announces it (delay 0): that block is finalized by the old set, later ones
 * by the new.
 */
import { Authorities, type Authority, grandpaDigestItem } from "@pha/consensus";
import {
  apiMethod,
  type ContextOf,
  configOf,
  definePallet,
  error,
  event,
  type HasEnv,
  map,
  none,
  signed,
  twox64Concat,
  value,
} from "@pha/frame";
import {
  assert,
  bool,
  bytes,
  encode,
  fixedBytes,
  option,
  type StructOf,
  struct,
  toHex,
  tuple,
  u32,
  u64,
} from "@pha/scale";
import { MembershipProof } from "../historical/index.ts";
import type {
  Equivocation,
  EquivocationHandler,
  ReportProblem,
} from "../offences/equivocation-port.ts";
import { takeReport, validateReport } from "../offences/equivocation-report.ts";
import type { SessionHandler } from "../session/index.ts";
import { GrandpaEquivocationProof, isGrandpaEquivocation } from "./equivocation.ts";
import { WEIGHTS } from "./weights.ts";

export interface GrandpaGenesis {
  readonly authorities: readonly Authority[];
}

export interface GrandpaConfig {
  readonly equivocations: EquivocationHandler;
  /** Sets whose sessions are remembered: at most one a session that can be punished. */
  readonly keptSets: bigint;
}

/** Blocks from one change to the next: light clients and warp proofs count on it. */
export const MIN_BLOCKS_BETWEEN_CHANGES = 64;

const StoredPendingChange = struct(
  { scheduledAt: u32, delay: u32, nextAuthorities: Authorities, forced: bool },
  { path: ["pallet_grandpa", "StoredPendingChange"] },
);

const declaration = definePallet("Grandpa", {
  docs: "Who finalizes blocks: the voters and the changes of their set.",
  config: configOf<GrandpaConfig>(),
  storage: {
    PendingChange: value(StoredPendingChange, {
      docs: "Change to be announced at the end of block `scheduledAt`.",
    }),
    LastChange: value(u32, { docs: "Block that announced the last change." }),
    CurrentSetId: value(u64, { default: 0n, docs: "Number of changes of the set since genesis." }),
    Authorities: value(Authorities, { default: [], docs: "Voters of the present set." }),
    SetIdSession: map(twox64Concat, u64, u32, {
      docs: "Last session in which a set was in force.",
    }),
  },
  events: {
    NewAuthorities: event(0, { authoritySet: Authorities }, "The voters changed."),
  },
  errors: {
    InvalidKeyOwnershipProof: error(4, "The proof does not show whose key it is."),
    InvalidEquivocationProof: error(5, "The votes do not show that somebody voted twice."),
    DuplicateOffenceReport: error(6, "The offence was reported before."),
    OffenceTooOld: error(7, "The offence is older than the bonding duration."),
  },
});

const REPORT_NAMES = {
  equivocationProof: "Box<EquivocationProof<T::Hash, BlockNumberFor<T>>>",
  keyOwnerProof: "T::KeyOwnerProof",
} as const;
const REPORT = {
  equivocationProof: GrandpaEquivocationProof,
  keyOwnerProof: MembershipProof,
} as const;
type Report = StructOf<typeof REPORT>;
const RoundTime = tuple(u64, u64);

type GrandpaContext = ContextOf<typeof declaration>;

export const Grandpa = declaration.implement(({ call }) => ({
  calls: {
    report_equivocation: call(
      0,
      {
        docs: "Reports two votes of one voter in one round; the reporter gets a part of the slash.",
        origin: signed,
        args: REPORT,
        typeNames: REPORT_NAMES,
        weight: WEIGHTS.report_equivocation,
      },
      (ctx, args) => takeReport(ctx, equivocationOf(ctx, args), ctx.caller),
    ),
    report_equivocation_unsigned: call(
      1,
      {
        docs: "Reports two votes of one voter in one round; made by nodes themselves.",
        origin: none,
        args: REPORT,
        typeNames: REPORT_NAMES,
        weight: WEIGHTS.report_equivocation_unsigned,
      },
      (ctx, args) => takeReport(ctx, equivocationOf(ctx, args), undefined),
    ),
  },
  unsigned: {
    validate: (ctx, one, source) =>
      // Arguments of the call, read by its codec.
      validateReport(ctx, one, source, () => equivocationOf(ctx, one.args as Report)),
  },
  genesis: (ctx, { authorities }: GrandpaGenesis) => {
    assert(authorities.length > 0, "a chain has voters");
    ctx.storage.Authorities.put(authorities);
    ctx.storage.CurrentSetId.put(0n);
  },
  hooks: {
    onFinalize: (ctx) => {
      const change = ctx.storage.PendingChange.get();
      if (change === undefined || ctx.block.number < change.scheduledAt) return;
      const authorities = change.nextAuthorities;
      ctx.env.depositLog(
        grandpaDigestItem({
          type: "ScheduledChange",
          value: { authorities, delay: change.delay },
        }),
      );
      ctx.storage.Authorities.put(authorities);
      ctx.storage.CurrentSetId.mutate((id) => id + 1n);
      ctx.storage.PendingChange.kill();
      ctx.storage.LastChange.put(ctx.block.number);
      const setId = ctx.storage.CurrentSetId.get();
      const session = ctx.storage.SetIdSession.get(setId - 1n);
      ctx.storage.SetIdSession.put(setId, session ?? 0);
      if (setId >= ctx.config.keptSets)
        ctx.storage.SetIdSession.remove(setId - ctx.config.keptSets);
      ctx.emit.NewAuthorities({ authoritySet: authorities });
    },
  },
  runtimeApis: {
    GrandpaApi: {
      id: "ed99c5acb25eedf5",
      version: 3,
      docs: "What voters and light clients need of GRANDPA.",
      methods: {
        grandpa_authorities: apiMethod(
          { docs: "Voters of the present set.", inputs: {}, output: Authorities },
          (ctx: GrandpaContext) => ctx.storage.Authorities.get(),
        ),
        current_set_id: apiMethod(
          { docs: "Number of changes of the set since genesis.", inputs: {}, output: u64 },
          (ctx: GrandpaContext) => ctx.storage.CurrentSetId.get(),
        ),
        generate_key_ownership_proof: apiMethod(
          {
            docs: "Proof whose a key is, as bytes; none unless the set was in force in the present session.",
            inputs: { setId: u64, authorityId: fixedBytes(32) },
            output: option(bytes),
          },
          (ctx: GrandpaContext, { setId, authorityId }) => {
            const isIn = (session: number) => isSessionOfSet(ctx, session, setId);
            const proof = ctx.config.equivocations.prove(ctx, "grandpa", authorityId, isIn);
            return proof && encode(MembershipProof, proof);
          },
        ),
      },
    },
  },
}));

/** What is to be punished; otherwise why not. */
function equivocationOf(
  ctx: GrandpaContext,
  { equivocationProof, keyOwnerProof }: Report,
): Equivocation | ReportProblem {
  const { setId, equivocation } = equivocationProof;
  const { identity, roundNumber } = equivocation.value;
  const { session, validatorCount } = keyOwnerProof;
  if (ctx.config.equivocations.isTooOld(ctx, session)) return "too-old";
  // The cheap checks come first: two signatures are dear.
  const offender = ctx.config.equivocations.owner(ctx, "grandpa", identity, keyOwnerProof);
  if (offender === undefined) return "owner";
  if (!isSessionOfSet(ctx, session, setId)) return "proof";
  if (!isGrandpaEquivocation(equivocationProof)) return "proof";
  const time = encode(RoundTime, [setId, roundNumber]);
  return { kind: "grandpa", time, offender, session, validatorCount };
}

/** A set is in force from the last session of the one before to its own last one. */
function isSessionOfSet({ storage }: GrandpaContext, session: number, setId: bigint): boolean {
  const last = storage.SetIdSession.get(setId);
  const first = setId === 0n ? 0 : storage.SetIdSession.get(setId - 1n);
  return first !== undefined && last !== undefined && session >= first && session <= last;
}

/**
 * Announces a new set of voters with the present block, or as soon as the last change is 64 blocks ago. A second
 * change before that replaces the first; none is announced that leads back to the present set.
 */
export function scheduleGrandpaChange(ctx: HasEnv, authorities: readonly Authority[]): void {
  assert(authorities.length > 0, "a chain has voters");
  const { storage, block } = ctx.env.of(declaration);
  if (isSameSet(storage.Authorities.get(), authorities)) {
    storage.PendingChange.kill();
    return;
  }
  const last = storage.LastChange.get();
  const earliest = last === undefined ? 0 : last + MIN_BLOCKS_BETWEEN_CHANGES;
  storage.PendingChange.put({
    scheduledAt: Math.max(block.number, earliest),
    delay: 0,
    nextAuthorities: authorities,
    forced: false,
  });
}

/** Whether the same voters weigh the same; their order is no matter. */
function isSameSet(a: readonly Authority[], b: readonly Authority[]): boolean {
  const weights = new Map(a.map(({ key, weight }) => [toHex(key), weight]));
  return a.length === b.length && b.every(({ key, weight }) => weights.get(toHex(key)) === weight);
}

/** GRANDPA's voters follow the sessions. */
export const grandpaSessions: SessionHandler = {
  sessionStarted(ctx, index, validators) {
    const { storage } = ctx.env.of(declaration);
    storage.SetIdSession.put(storage.CurrentSetId.get(), index);
    // Genesis states its voters itself.
    if (index === 0) return;
    scheduleGrandpaChange(
      ctx,
      validators.map(([, { grandpa }]) => ({ key: grandpa, weight: 1n })),
    );
  },
  sessionQueued: () => undefined,
};
