/** Babe: who may make blocks. */
import { type Authority, BabeConfiguration, BabeEpoch } from "@pha/consensus";
import { type AccountId, apiMethod, type HasEnv, none, signed } from "@pha/frame";
import {
  assert,
  bytes,
  encode,
  fixedBytes,
  option,
  type StructOf,
  tuple,
  u64,
  utf8,
  vec,
} from "@pha/scale";
import { MembershipProof } from "../historical/index.ts";
import { takeReport, validateReport } from "../offences/equivocation-report.ts";
import { type BabeContext, declaration } from "./declaration.ts";
import { enterSlot, hasClaim, noteOutput, preDigestOf, putAnswers, storedEpoch } from "./epochs.ts";
import { BabeEquivocationProof, babeEquivocation } from "./equivocation.ts";
import { WEIGHTS } from "./weights.ts";

export interface BabeGenesis {
  readonly authorities: readonly Authority[];
}

const REPORT_NAMES = {
  equivocationProof: "Box<EquivocationProof<HeaderFor<T>>>",
  keyOwnerProof: "T::KeyOwnerProof",
} as const;
const REPORT = {
  equivocationProof: BabeEquivocationProof,
  keyOwnerProof: MembershipProof,
} as const;

export const Babe = declaration.implement(({ call }) => ({
  calls: {
    report_equivocation: call(
      0,
      {
        docs: "Reports two blocks of one author in one slot; the reporter gets a part of the slash.",
        origin: signed,
        args: REPORT,
        typeNames: REPORT_NAMES,
        weight: WEIGHTS.report_equivocation,
      },
      (ctx, args) => takeReport(ctx, babeEquivocation(ctx, args), ctx.caller),
    ),
    report_equivocation_unsigned: call(
      1,
      {
        docs: "Reports two blocks of one author in one slot; made by nodes themselves.",
        origin: none,
        args: REPORT,
        typeNames: REPORT_NAMES,
        weight: WEIGHTS.report_equivocation_unsigned,
      },
      (ctx, args) => takeReport(ctx, babeEquivocation(ctx, args), undefined),
    ),
  },
  unsigned: {
    validate: (ctx, one, source) =>
      // Arguments of the call, read by its codec.
      validateReport(ctx, one, source, () => babeEquivocation(ctx, one.args as Report)),
  },
  genesis: (ctx, { authorities }: BabeGenesis) => {
    assert(authorities.length > 0, "a chain has authors");
    const { c, allowedSlots } = ctx.config.epochConfig;
    ctx.storage.Authorities.put(authorities);
    ctx.storage.NextAuthorities.put(authorities);
    ctx.storage.EpochConfig.put({ c: [c[0], c[1]], allowedSlots });
    putAnswers(ctx);
  },
  hooks: {
    onInitialize: (ctx) => {
      const claim = preDigestOf(ctx);
      if (claim === undefined) return;
      enterSlot(ctx, claim.value.slot);
      if (claim.type === "SecondaryPlain") ctx.storage.AuthorVrfRandomness.kill();
      else ctx.storage.AuthorVrfRandomness.put(claim.value.vrf.preOutput);
    },
    onFinalize: (ctx) => {
      const claim = preDigestOf(ctx);
      if (claim && claim.type !== "SecondaryPlain") noteOutput(ctx, claim.value.vrf.preOutput);
    },
    tryState: (ctx) => {
      const epoch = storedEpoch(ctx.storage.CurrentEpoch.get());
      assert(epoch.index === ctx.storage.EpochIndex.get(), "the stored answer is of this epoch");
    },
  },
  runtimeApis: {
    BabeApi: {
      id: "cbca25e39f142387",
      version: 2,
      docs: "What authors and light clients need of BABE.",
      methods: {
        configuration: apiMethod(
          { docs: "Configuration at genesis.", inputs: {}, output: BabeConfiguration },
          (ctx: BabeContext) => ({
            slotDurationMs: ctx.config.slotDurationMs,
            epochLength: ctx.config.epochLength,
            c: ctx.config.epochConfig.c,
            authorities: ctx.storage.Authorities.get(),
            randomness: ctx.storage.Randomness.get(),
            allowedSlots: ctx.config.epochConfig.allowedSlots,
          }),
        ),
        current_epoch_start: apiMethod(
          { docs: "First slot of the present epoch.", inputs: {}, output: u64 },
          (ctx: BabeContext) => storedEpoch(ctx.storage.CurrentEpoch.get()).startSlot,
        ),
        current_epoch: apiMethod(
          { docs: "The present epoch.", inputs: {}, output: BabeEpoch },
          (ctx: BabeContext) => storedEpoch(ctx.storage.CurrentEpoch.get()),
        ),
        next_epoch: apiMethod(
          { docs: "The next epoch.", inputs: {}, output: BabeEpoch },
          (ctx: BabeContext) => storedEpoch(ctx.storage.NextEpoch.get()),
        ),
        generate_key_ownership_proof: apiMethod(
          {
            docs: "Proof whose a key is, as bytes; none unless the slot is in the present session.",
            inputs: { slot: u64, authorityId: fixedBytes(32) },
            output: option(bytes),
          },
          (ctx: BabeContext, { slot, authorityId }) => {
            const { equivocations } = ctx.config;
            const isIn = (session: number) => equivocations.isSlotOfSession(ctx, slot, session);
            const proof = equivocations.prove(ctx, "babe", authorityId, isIn);
            return proof && encode(MembershipProof, proof);
          },
        ),
      },
    },
    SessionKeys: {
      id: "ab3c0572291feb8b",
      version: 1,
      docs: "Keys of an authority, as one byte string: BABE's, then GRANDPA's.",
      methods: {
        decode_session_keys: apiMethod(
          {
            docs: "The keys in a byte string, each with its type.",
            inputs: { encoded: bytes },
            output: option(vec(tuple(bytes, fixedBytes(4)))),
          },
          (_ctx: BabeContext, { encoded }): [Uint8Array, Uint8Array][] | undefined =>
            encoded.length === 64
              ? [
                  [encoded.subarray(0, 32), utf8("babe")],
                  [encoded.subarray(32), utf8("gran")],
                ]
              : undefined,
        ),
      },
    },
  },
}));

type Report = StructOf<typeof REPORT>;

/** Author per block, kept with it: asked for by every fee. */
interface KnownAuthor {
  readonly account: AccountId | undefined;
}
const AUTHOR = {};

/** Account of the present block's author; `undefined` without one. */
export function authorOf(ctx: HasEnv): AccountId | undefined {
  // Nobody else puts anything under it.
  const known = ctx.env.kept.get(AUTHOR) as KnownAuthor | undefined;
  if (known) return known.account;
  const babe = ctx.env.of(declaration);
  const claim = preDigestOf(babe);
  const account = claim && babe.config.accountOfAuthority(ctx, claim.value.authorityIndex);
  if (claim) ctx.env.kept.set(AUTHOR, { account } satisfies KnownAuthor);
  return account;
}

/** Why the present block may not be, or a time does not belong to its slot; `undefined` when all is well. */
export function slotObjection(ctx: HasEnv, now: bigint): string | undefined {
  const babe = ctx.env.of(declaration);
  const claim = preDigestOf(babe);
  if (claim === undefined) return hasClaim(babe) ? "the claim cannot be read" : undefined;
  const { authorityIndex } = claim.value;
  if (babe.config.isDisabled(ctx, authorityIndex)) return "its author is disabled";
  const slot = now / babe.config.slotDurationMs;
  return slot === claim.value.slot
    ? undefined
    : `the time is in slot ${slot}, the block in slot ${claim.value.slot}`;
}

/** Slot of the present block; 0 without a claim. */
export function slotOf(ctx: HasEnv): bigint {
  return preDigestOf(ctx.env.of(declaration))?.value.slot ?? 0n;
}

/** Slots after the present one until the epoch ends. */
export function slotsToEpochEnd(ctx: HasEnv): number {
  const { storage, config } = ctx.env.of(declaration);
  const end = storage.GenesisSlot.get() + (storage.EpochIndex.get() + 1n) * config.epochLength;
  return Number(end - storage.CurrentSlot.get());
}

/** Randomness of the present epoch, made of the blocks of the epoch before the last. */
export function epochRandomness(ctx: HasEnv): Uint8Array {
  return ctx.env.of(declaration).storage.Randomness.get();
}

export function epochIndex(ctx: HasEnv): bigint {
  return ctx.env.of(declaration).storage.EpochIndex.get();
}
