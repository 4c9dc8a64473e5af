/** Babe: who may make blocks. */
import { type Authority, BabeConfiguration, BabeEpoch } from "@pha/consensus";
import { type AccountId, apiMethod, type HasEnv } from "@pha/frame";
import { assert, bytes, fixedBytes, option, tuple, u64, utf8, vec } from "@pha/scale";
import { type BabeContext, declaration } from "./declaration.ts";
import { enterSlot, hasClaim, noteOutput, preDigestOf, putAnswers, storedEpoch } from "./epochs.ts";

export interface BabeGenesis {
  readonly authorities: readonly Authority[];
}

export const Babe = declaration.implement(() => ({
  calls: {},
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

/** Author per block: asked for by every fee. */
const authors = new WeakMap<HasEnv["env"], { readonly account: AccountId | undefined }>();

/** Account of the present block's author; `undefined` without one. */
export function authorOf(ctx: HasEnv): AccountId | undefined {
  const known = authors.get(ctx.env);
  if (known) return known.account;
  const babe = ctx.env.of(declaration);
  const claim = preDigestOf(babe);
  const account = claim && babe.config.accountOfAuthority(ctx, claim.value.authorityIndex);
  if (claim) authors.set(ctx.env, { account });
  return account;
}

/** Why a time does not belong to the slot of the present block; `undefined` when it does. */
export function slotObjection(ctx: HasEnv, now: bigint): string | undefined {
  const babe = ctx.env.of(declaration);
  const claim = preDigestOf(babe);
  if (claim === undefined) return hasClaim(babe) ? "the claim cannot be read" : undefined;
  const slot = now / babe.config.slotDurationMs;
  return slot === claim.value.slot
    ? undefined
    : `the time is in slot ${slot}, the block in slot ${claim.value.slot}`;
}
