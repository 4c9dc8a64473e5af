/** Declaration of PhaAttestation: storage, events, errors. */
import {
  blake2_128Concat,
  type ContextOf,
  configOf,
  constant,
  definePallet,
  error,
  event,
  type HasEnv,
  map,
  value,
} from "@pha/frame";
import { Hash } from "@pha/protocol";
import { u16, u32 } from "@pha/scale";
import { PendingPolicy, Policy, Signer } from "./types.ts";

/** What a runtime must supply to include the pallet. */
export interface PhaAttestationConfig {
  /** Chain time in milliseconds. */
  readonly now: (ctx: HasEnv) => bigint;
  /** Blocks until what loosens the policy counts. */
  readonly looseningDelay: number;
}

const NEVER = { maxAgeMs: 0n, serveMs: 0n, maxBlockAge: 0, named: true };
const STRICT: Policy = {
  lines: [],
  roles: { worker: NEVER, gatekeeper: NEVER },
  toleratedAttributes: [],
  refusedAdvisories: [],
  signed: true,
  graceMs: 0n,
  amdLevels: [],
};

export const declaration = definePallet("PhaAttestation", {
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
    PendingPolicy: value(PendingPolicy, {
      docs: "A looser policy that was announced, and the block from which it counts.",
    }),
    Measurements: map(blake2_128Concat, Hash, u32, {
      docs: "Allow-listed measurements, each with the block since which it counts.",
    }),
    DeniedPlatforms: map(blake2_128Concat, Hash, u32, {
      docs: "Denied platform ids, each with the block since which it is denied.",
    }),
    Readmissions: map(blake2_128Concat, Hash, u32, {
      docs: "Denied platforms that may be readmitted, each from a block on.",
    }),
    Signers: map(blake2_128Concat, Hash, Signer, {
      docs: "Keys whose programs may run where the policy asks for a signer, with their least security version.",
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
    PolicyAnnounced: event(
      5,
      { policy: Policy, since: u32 },
      "Demands that are somewhere looser were announced; they count from a block on.",
    ),
    ReadmissionAnnounced: event(
      6,
      { platformId: Hash, since: u32 },
      "A platform may be readmitted from a block on.",
    ),
    SignerAdded: event(
      7,
      { signer: Hash, minProgramSvn: u16, since: u32 },
      "A signer's programs may run, from a block on.",
    ),
    SignerRemoved: event(8, { signer: Hash }, "A signer's programs may not run any more."),
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
    LineSwitchedOff: error(15, "The policy of this chain has no such product line."),
    RoleNotForLine: error(16, "Platforms of the product line may not have the role."),
    UnnamedPlatform: error(17, "The evidence does not say which machine it is of."),
    UnusualPlatform: error(18, "The platform has an attribute that the policy does not tolerate."),
    UnsignedProgram: error(19, "The program must be signed by a listed key."),
    OldProgram: error(20, "The program's security version is below its signer's floor."),
    OpenAdvisory: error(21, "A bulletin that the policy names is open on the platform."),
    OldBlock: error(22, "The block that the evidence names is too old for the role."),
    BadPolicy: error(23, "The policy contradicts itself, or is for another kind of chain."),
    UnknownSigner: error(24, "The signer is not on the list."),
    TooEarly: error(25, "The delay has not passed."),
  },
});

export type PhaAttestationContext = ContextOf<typeof declaration>;
