/**
 * PhaAttestation: which programs on which platforms may serve.
 *
 * What loosens (a new measurement, a readmitted platform) counts after the preset's delay; what tightens counts at once.
 *
 * **Trust**: evidence is hostile. The development root is written by genesis alone: no call writes it, so a chain born
 * without one never accepts simulated evidence.
 */
import {
  type AppraisalError,
  type AttestationError,
  appraise,
  verifyEvidence,
} from "@pha/attestation";
import {
  blake2_128Concat,
  type ContextOf,
  configOf,
  constant,
  type DispatchError,
  definePallet,
  error,
  event,
  type HasEnv,
  map,
  refuse,
  root,
  value,
} from "@pha/frame";
import { Hash } from "@pha/protocol";
import { u32 } from "@pha/scale";
import { type EvidenceVerifier, Policy } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** What a runtime must supply to include the pallet. */
export interface PhaAttestationConfig {
  /** Chain time in milliseconds. */
  readonly now: (ctx: HasEnv) => bigint;
  /** Blocks until what loosens the policy counts. */
  readonly looseningDelay: number;
}

/** How a chain begins. */
export interface PhaAttestationGenesis {
  readonly policy: Policy;
  readonly measurements: readonly Uint8Array[];
  /** Public key of simulated evidence; development chains only. */
  readonly simulatedRoot: Uint8Array | undefined;
}

const STRICT: Policy = { minSvn: 0, maxAgeMs: 0n, worstWorker: 0, worstGatekeeper: 0 };

const declaration = definePallet("PhaAttestation", {
  docs: "Which programs on which platforms may serve.",
  config: configOf<PhaAttestationConfig>(),
  constants: {
    LooseningDelay: constant(
      u32,
      (c: PhaAttestationConfig) => c.looseningDelay,
      "Blocks until what loosens the policy counts.",
    ),
  },
  storage: {
    Policy: value(Policy, {
      default: STRICT,
      docs: "Demands beside allow-list and deny-list; without genesis nothing satisfies it.",
    }),
    Measurements: map(blake2_128Concat, Hash, u32, {
      docs: "Allow-listed measurements, each with the block since which it counts.",
    }),
    DeniedPlatforms: map(blake2_128Concat, Hash, u32, {
      docs: "Denied platform ids, each with the block since which it is denied.",
    }),
    SimulatedRoot: value(Hash, {
      docs: "Key of simulated evidence; exists on development chains only, from genesis.",
    }),
  },
  events: {
    MeasurementAdded: event(
      0,
      { measurement: Hash, since: u32 },
      "A measurement joined the allow-list; it counts from a block on.",
    ),
    MeasurementRemoved: event(1, { measurement: Hash }, "A measurement left the allow-list."),
    PlatformDenied: event(2, { platformId: Hash }, "A platform may not serve any more."),
    PlatformReadmitted: event(3, { platformId: Hash }, "A platform may serve again."),
    PolicySet: event(4, { policy: Policy }, "The demands on evidence changed."),
  },
  errors: {
    EvidenceTooLong: error(0, "The evidence is longer than any platform makes it."),
    UnknownKind: error(1, "The kind of evidence does not exist on this chain."),
    MalformedEvidence: error(2, "The evidence does not decode."),
    UnknownVersion: error(3, "The version of the evidence is not known."),
    BadEvidenceSignature: error(4, "The evidence is not signed by its vendor's root."),
    OtherReportData: error(5, "The evidence was made for something else."),
    EvidenceFromTheFuture: error(6, "The evidence is dated after the chain's time."),
    MeasurementNotAllowed: error(7, "The program is not on the allow-list."),
    DebugPlatform: error(8, "The platform lets others read the program's memory."),
    OldPlatform: error(9, "The platform's security version is too low."),
    OldEvidence: error(10, "The evidence is too old."),
    DeniedPlatform: error(11, "The platform is denied."),
    LowConfidence: error(12, "The platform's confidence level does not suffice for the role."),
    UnknownMeasurement: error(13, "The measurement is not on the list."),
    UnknownPlatform: error(14, "The platform is not denied."),
  },
});

type PhaAttestationContext = ContextOf<typeof declaration>;

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
        ctx.storage.Measurements.put(measurement, since);
        ctx.emit.MeasurementAdded({ measurement, since });
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
        ctx.emit.MeasurementRemoved({ measurement });
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
        ctx.emit.PlatformDenied({ platformId });
      },
    ),
    readmit_platform: call(
      3,
      {
        docs: "Takes a platform off the deny-list.",
        origin: root,
        args: { platformId: Hash },
        weight: WEIGHTS.readmit_platform,
        dispatchClass: "Operational",
      },
      (ctx, { platformId }) => {
        if (!ctx.storage.DeniedPlatforms.has(platformId)) refuse(ctx.errors.UnknownPlatform);
        ctx.storage.DeniedPlatforms.remove(platformId);
        ctx.emit.PlatformReadmitted({ platformId });
      },
    ),
    set_policy: call(
      4,
      {
        docs: "Replaces the demands on evidence.",
        origin: root,
        args: { policy: Policy },
        weight: WEIGHTS.set_policy,
        dispatchClass: "Operational",
      },
      (ctx, { policy }) => {
        ctx.storage.Policy.put(policy);
        ctx.emit.PolicySet({ policy });
      },
    ),
  },
  genesis: (ctx, { policy, measurements, simulatedRoot }: PhaAttestationGenesis) => {
    ctx.storage.Policy.put(policy);
    for (const measurement of measurements) ctx.storage.Measurements.put(measurement, 0);
    if (simulatedRoot) ctx.storage.SimulatedRoot.put(simulatedRoot);
  },
}));

export const evidenceVerifier: EvidenceVerifier = {
  attest(hasEnv, { evidence, reportData, role }) {
    const ctx = hasEnv.env.of(declaration);
    const now = ctx.config.now(ctx);
    const verified = verifyEvidence({
      bytes: evidence,
      simulatedRoot: ctx.storage.SimulatedRoot.get(),
      now,
      expectedReportData: reportData,
    });
    if (!verified.ok) refuse(evidenceError(ctx, verified.error));
    const policy = ctx.storage.Policy.get();
    const graded = appraise(
      verified.value,
      {
        nowMs: now,
        isAllowedMeasurement: (measurement) =>
          (ctx.storage.Measurements.get(measurement) ?? Number.POSITIVE_INFINITY) <=
          ctx.block.number,
        debug: "refuse",
        minSvn: policy.minSvn,
        maxAgeMs: policy.maxAgeMs,
        isDeniedPlatform: (platformId) => ctx.storage.DeniedPlatforms.has(platformId),
        worstConfidence: { worker: policy.worstWorker, gatekeeper: policy.worstGatekeeper },
      },
      role.type === "Gatekeeper" ? "gatekeeper" : "worker",
    );
    if (!graded.ok) refuse(appraisalError(ctx, graded.error));
    return verified.value;
  },
};

function evidenceError({ errors }: PhaAttestationContext, cause: AttestationError): DispatchError {
  switch (cause.code) {
    case "evidence/too-long":
      return errors.EvidenceTooLong;
    case "evidence/unknown-kind":
      return errors.UnknownKind;
    case "evidence/malformed":
      return errors.MalformedEvidence;
    case "evidence/unknown-version":
      return errors.UnknownVersion;
    case "evidence/bad-signature":
    case "evidence/not-genuine":
      return errors.BadEvidenceSignature;
    case "evidence/other-report-data":
      return errors.OtherReportData;
    case "evidence/from-the-future":
      return errors.EvidenceFromTheFuture;
  }
}

function appraisalError({ errors }: PhaAttestationContext, cause: AppraisalError): DispatchError {
  switch (cause.code) {
    case "appraisal/measurement-not-allowed":
      return errors.MeasurementNotAllowed;
    case "appraisal/debug":
      return errors.DebugPlatform;
    case "appraisal/svn-too-low":
      return errors.OldPlatform;
    case "appraisal/too-old":
      return errors.OldEvidence;
    case "appraisal/platform-denied":
      return errors.DeniedPlatform;
    case "appraisal/confidence-too-low":
      return errors.LowConfidence;
  }
}
