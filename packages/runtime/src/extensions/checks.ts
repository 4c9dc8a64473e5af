/** Signed extensions that bind a transaction to its chain and its time. */
import { Era, eraBirth, eraDeath, h256, invalid, NO_OBJECTION, signedExtension } from "@pha/frame";
import { fail, ok, u32, unit } from "@pha/scale";
import { blockHashOf, System } from "../system/index.ts";

/** The zero account signs nothing: its secret key is known. */
export const checkNonZeroSender = signedExtension({
  name: "CheckNonZeroSender",
  extra: unit,
  additional: unit,
  implied: () => ok(undefined),
  validate: (_ctx, { signer }) =>
    signer.every((byte) => byte === 0) ? fail(invalid("BadSigner")) : NO_OBJECTION,
});

export const checkSpecVersion = signedExtension({
  name: "CheckSpecVersion",
  extra: unit,
  additional: u32,
  implied: (ctx) => ok(ctx.env.of(System).constants.Version.specVersion),
});

export const checkTxVersion = signedExtension({
  name: "CheckTxVersion",
  extra: unit,
  additional: u32,
  implied: (ctx) => ok(ctx.env.of(System).constants.Version.transactionVersion),
});

export const checkGenesis = signedExtension({
  name: "CheckGenesis",
  extra: unit,
  additional: h256,
  implied(ctx) {
    const hash = blockHashOf(ctx, 0);
    return hash ? ok(hash) : fail(invalid("AncientBirthBlock"));
  },
});

/** The transaction lives for an era of blocks and names the hash of its first. */
export const checkMortality = signedExtension({
  name: "CheckMortality",
  extra: Era,
  additional: h256,
  implied(ctx, era) {
    const hash = blockHashOf(ctx, eraBirth(era, ctx.env.block.number));
    return hash ? ok(hash) : fail(invalid("AncientBirthBlock"));
  },
  validate(ctx, { extra: era }) {
    const { number } = ctx.env.block;
    const death = eraDeath(era, number);
    return death === undefined ? NO_OBJECTION : ok({ longevity: BigInt(death - number) });
  },
});
