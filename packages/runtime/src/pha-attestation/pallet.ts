/**
 * PhaAttestation: which programs on which platforms may serve.
 *
 * What loosens (a new measurement or signer, a readmitted platform, a looser policy) counts after the preset's delay; what
 * tightens counts at once. Gatekeepers hear of every declaration and count the delay by themselves. Collateral is what
 * vendors signed: anybody brings it, and nothing replaces what is as new.
 *
 * **Trust**: evidence is hostile. The development root is written by genesis alone: no call writes it, so a chain born
 * without one never accepts simulated evidence.
 */
import { loosenings, objectionsToDemands } from "@pha/attestation";
import { ensure, type HasEnv, refuse, root, signed } from "@pha/frame";
import { CollateralItem, CollateralSlot, Hash } from "@pha/protocol";
import { assert, encode, u16 } from "@pha/scale";
import { changeEntry, dropCollateral, submitCollateral } from "./collateral.ts";
import { declaration, touch } from "./declaration.ts";
import { tell } from "./tell.ts";
import { EntryChange, Policy } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** How a chain begins. */
export interface PhaAttestationGenesis {
  readonly policy: Policy;
  readonly measurements: readonly Uint8Array[];
  /** Public key of simulated evidence; development chains only. */
  readonly simulatedRoot: Uint8Array | undefined;
}

export const PhaAttestation = declaration.implement(({ call }) => ({
  calls: {
    add_measurement: call(
      0,
      {
        docs: "Allows a program; it counts after the delay.",
        origin: root,
        args: { measurement: Hash },
        weight: WEIGHTS.add_measurement,
        dispatchClass: "Operational",
      },
      (ctx, { measurement }) => {
        const since = ctx.block.number + ctx.config.looseningDelay;
        // What counts already must not be put off by naming it again.
        if (ctx.storage.Measurements.has(measurement)) refuse(ctx.errors.KnownMeasurement);
        ctx.storage.Measurements.put(measurement, since);
        ctx.emit.MeasurementAdded({ measurement, since });
        tell(ctx, { type: "MeasurementAdded", value: { measurement } });
      },
    ),
    remove_measurement: call(
      1,
      {
        docs: "Stops allowing a program, at once.",
        origin: root,
        args: { measurement: Hash },
        weight: WEIGHTS.remove_measurement,
        dispatchClass: "Operational",
      },
      (ctx, { measurement }) => {
        if (!ctx.storage.Measurements.has(measurement)) refuse(ctx.errors.UnknownMeasurement);
        ctx.storage.Measurements.remove(measurement);
        touch(ctx);
        ctx.emit.MeasurementRemoved({ measurement });
        tell(ctx, { type: "MeasurementRemoved", value: { measurement } });
      },
    ),
    deny_platform: call(
      2,
      {
        docs: "Denies a platform, at once.",
        origin: root,
        args: { platformId: Hash },
        weight: WEIGHTS.deny_platform,
        dispatchClass: "Operational",
      },
      (ctx, { platformId }) => {
        ctx.storage.DeniedPlatforms.put(platformId, ctx.block.number);
        ctx.storage.Readmissions.remove(platformId);
        touch(ctx);
        ctx.emit.PlatformDenied({ platformId });
        tell(ctx, { type: "PlatformDenied", value: { platformId } });
        for (const tell of ctx.config.onDenied) tell(ctx, platformId);
      },
    ),
    readmit_platform: call(
      3,
      {
        docs: "Takes a platform off the deny-list: announced first, done by the same call after the delay.",
        origin: root,
        args: { platformId: Hash },
        weight: WEIGHTS.readmit_platform,
        dispatchClass: "Operational",
      },
      (ctx, { platformId }) => {
        const { DeniedPlatforms, Readmissions } = ctx.storage;
        ensure(DeniedPlatforms.has(platformId), ctx.errors.UnknownPlatform);
        const since = Readmissions.get(platformId) ?? ctx.block.number + ctx.config.looseningDelay;
        if (since <= ctx.block.number) {
          DeniedPlatforms.remove(platformId);
          const isAnnounced = Readmissions.has(platformId);
          Readmissions.remove(platformId);
          ctx.emit.PlatformReadmitted({ platformId });
          if (!isAnnounced) tell(ctx, { type: "ReadmissionAnnounced", value: { platformId } });
          return;
        }
        ensure(!Readmissions.has(platformId), ctx.errors.TooEarly);
        Readmissions.put(platformId, since);
        ctx.emit.ReadmissionAnnounced({ platformId, since });
        tell(ctx, { type: "ReadmissionAnnounced", value: { platformId } });
      },
    ),
    set_policy: call(
      4,
      {
        docs: "Replaces the demands on evidence, and what was announced before: at once, or after the delay where any is looser.",
        origin: root,
        args: { policy: Policy },
        weight: WEIGHTS.set_policy,
        dispatchClass: "Operational",
      },
      (ctx, { policy }) => {
        const { storage } = ctx;
        const objections = objectionsToDemands(policy, storage.SimulatedRoot.get() !== undefined);
        ensure(objections.length === 0, ctx.errors.BadPolicy);
        tell(ctx, { type: "PolicyDeclared", value: { policy: encode(Policy, policy) } });
        const isLooser = loosenings(storage.Policy.get(), policy).length > 0;
        if (!isLooser || ctx.config.looseningDelay === 0) {
          storage.PendingPolicy.kill();
          storage.Policy.put(policy);
          touch(ctx);
          ctx.emit.PolicySet({ policy });
          return;
        }
        const since = ctx.block.number + ctx.config.looseningDelay;
        storage.PendingPolicy.put({ policy, since });
        ctx.emit.PolicyAnnounced({ policy, since });
      },
    ),
    add_signer: call(
      5,
      {
        docs: "Allows a signer's programs from a security version on; after the delay, unless that only raises its floor.",
        origin: root,
        args: { signer: Hash, minProgramSvn: u16 },
        weight: WEIGHTS.add_signer,
        dispatchClass: "Operational",
      },
      (ctx, { signer, minProgramSvn }) => {
        const before = ctx.storage.Signers.get(signer);
        const isTighter = before !== undefined && minProgramSvn >= before.minProgramSvn;
        const since = isTighter ? before.since : ctx.block.number + ctx.config.looseningDelay;
        ctx.storage.Signers.put(signer, { minProgramSvn, since });
        touch(ctx);
        ctx.emit.SignerAdded({ signer, minProgramSvn, since });
      },
    ),
    remove_signer: call(
      6,
      {
        docs: "Stops allowing a signer's programs, at once.",
        origin: root,
        args: { signer: Hash },
        weight: WEIGHTS.remove_signer,
        dispatchClass: "Operational",
      },
      (ctx, { signer }) => {
        ensure(ctx.storage.Signers.has(signer), ctx.errors.UnknownSigner);
        ctx.storage.Signers.remove(signer);
        touch(ctx);
        ctx.emit.SignerRemoved({ signer });
      },
    ),
    submit_collateral: call(
      7,
      {
        docs: "Brings what a vendor signed about platforms; free when it is the first of its place, or newer by twelve hours.",
        origin: signed,
        args: { item: CollateralItem },
        weight: WEIGHTS.submit_collateral,
      },
      (ctx, { item }) => ({ paysFee: !submitCollateral(ctx, item) }),
    ),
    drop_collateral: call(
      8,
      {
        docs: "Removes collateral that nobody renewed for long after its end.",
        origin: signed,
        args: { slot: CollateralSlot },
        weight: WEIGHTS.drop_collateral,
      },
      (ctx, { slot }) => dropCollateral(ctx, slot),
    ),
    change_entry: call(
      9,
      {
        docs: "Says of a platform what no vendor signs: what tightens at once; what loosens is announced, and done by the same call after the delay.",
        origin: root,
        args: { change: EntryChange },
        weight: WEIGHTS.change_entry,
        dispatchClass: "Operational",
      },
      (ctx, { change }) => changeEntry(ctx, change),
    ),
    endorse_platform: call(
      10,
      {
        docs: "States that it is proven where a platform stands; it counts after the delay.",
        origin: root,
        args: { platformId: Hash },
        weight: WEIGHTS.endorse_platform,
        dispatchClass: "Operational",
      },
      (ctx, { platformId }) => {
        const since = ctx.block.number + ctx.config.looseningDelay;
        ctx.storage.Endorsed.put(platformId, since);
        ctx.emit.PlatformEndorsed({ platformId, since });
        tell(ctx, { type: "PlatformEndorsed", value: { platformId } });
      },
    ),
    withdraw_endorsement: call(
      11,
      {
        docs: "Takes the statement about a platform's place back, at once.",
        origin: root,
        args: { platformId: Hash },
        weight: WEIGHTS.withdraw_endorsement,
        dispatchClass: "Operational",
      },
      (ctx, { platformId }) => {
        ensure(ctx.storage.Endorsed.has(platformId), ctx.errors.NotEndorsed);
        ctx.storage.Endorsed.remove(platformId);
        ctx.emit.EndorsementWithdrawn({ platformId });
        tell(ctx, { type: "EndorsementWithdrawn", value: { platformId } });
      },
    ),
  },
  genesis: (ctx, { policy, measurements, simulatedRoot }: PhaAttestationGenesis) => {
    const objections = objectionsToDemands(policy, simulatedRoot !== undefined);
    assert(objections.length === 0, `a genesis policy is sound: ${objections.join()}`);
    ctx.storage.Policy.put(policy);
    for (const measurement of measurements) ctx.storage.Measurements.put(measurement, 0);
    ctx.storage.ReleaseRules.put({
      looseningDelay: ctx.config.looseningDelay,
      measurements,
      policy: encode(Policy, policy),
    });
    if (simulatedRoot) ctx.storage.SimulatedRoot.put(simulatedRoot);
  },
  hooks: {
    onFinalize(ctx) {
      if (ctx.storage.Verified.get().length > 0) ctx.storage.Verified.kill();
    },
    onInitialize(ctx) {
      const pending = ctx.storage.PendingPolicy.get();
      if (pending === undefined) return WEIGHTS.block;
      if (pending.since > ctx.block.number) return WEIGHTS.pending;
      ctx.storage.PendingPolicy.kill();
      ctx.storage.Policy.put(pending.policy);
      touch(ctx);
      ctx.emit.PolicySet({ policy: pending.policy });
      return WEIGHTS.set_policy;
    },
  },
}));

/** Whether it counts already that the platform's place is proven. */
export function isEndorsed(hasEnv: HasEnv, platformId: Uint8Array): boolean {
  const ctx = hasEnv.env.of(declaration);
  const since = ctx.storage.Endorsed.get(platformId);
  return since !== undefined && since <= ctx.block.number;
}
