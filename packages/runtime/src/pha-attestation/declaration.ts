/** Declaration of PhaAttestation: storage, events, errors. */
import { UNSET_DEMANDS, type VendorRoots } from "@pha/attestation";
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
import { CollateralSlot, Hash, ReleaseRules, StoredCollateral } from "@pha/protocol";
import { u16, u32, u64 } from "@pha/scale";
import type { MessageQueue } from "../phala-mq/index.ts";
import { CollateralCounts, PendingPolicy, Policy, Signer, Verifications } from "./types.ts";

/** What a runtime must supply to include the pallet. */
export interface PhaAttestationConfig {
  readonly queue: MessageQueue;
  /** Chain time in milliseconds. */
  readonly now: (ctx: HasEnv) => bigint;
  /** Blocks until what loosens the policy counts. */
  readonly looseningDelay: number;
  /** What is trusted without proof. */
  readonly roots: VendorRoots;
  /** Told of every platform that is denied from now on. */
  readonly onDenied: readonly ((ctx: HasEnv, platformId: Uint8Array) => void)[];
}

/** Vendors' items that are kept: families of platforms, mostly. */
export const MAX_SIGNED = 1024;
/** Entries of governance: listed phones and endorsed platforms. */
export const MAX_ENTRIES = 65_536;
/** An item that nobody renewed may go so long after its end. */
export const RETENTION_MS = 90n * 86_400_000n;

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
      default: UNSET_DEMANDS,
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
    Collateral: map(blake2_128Concat, CollateralSlot, StoredCollateral, {
      docs: "What vendors signed about platforms, the newest of each slot, and what governance says of them.",
    }),
    CollateralCounts: value(CollateralCounts, {
      default: { signed: 0, entries: 0 },
      docs: "Slots that are taken.",
    }),
    Verified: value(Verifications, {
      default: [],
      docs: "Evidence verified in this block, by kind.",
    }),
    Revision: value(u32, {
      default: 0,
      docs: "Changes of policy, lists and collateral that may cost a worker its grade.",
    }),
    Announcements: map(blake2_128Concat, Hash, u32, {
      docs: "Changes of entries that loosen: the hash of each, and the block from which it may be made.",
    }),
    Endorsed: map(blake2_128Concat, Hash, u32, {
      docs: "Platforms of which governance has proof where they stand, each with the block since which that counts.",
    }),
    ReleaseRules: value(ReleaseRules, {
      docs: "What gatekeepers begin with: delay, allow-list and policy of genesis. No call writes it.",
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
    CollateralUpdated: event(
      9,
      { slot: CollateralSlot, issuedAtMs: u64, validUntilMs: u64, number: u32 },
      "Newer collateral took its place.",
    ),
    CollateralDropped: event(
      10,
      { slot: CollateralSlot, validUntilMs: u64 },
      "Collateral went, long after its end.",
    ),
    EntryChanged: event(
      11,
      { slot: CollateralSlot },
      "Governance changed what it says of a platform.",
    ),
    EntryAnnounced: event(
      12,
      { slot: CollateralSlot, since: u32 },
      "A change that loosens may be made from a block on.",
    ),
    PlatformEndorsed: event(
      13,
      { platformId: Hash, since: u32 },
      "It is proven where a platform stands; that counts from a block on.",
    ),
    EndorsementWithdrawn: event(
      14,
      { platformId: Hash },
      "It is not proven any more where a platform stands.",
    ),
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
    MalformedCollateral: error(26, "The collateral does not decode, or is no such item."),
    CollateralNotSigned: error(27, "The collateral is not signed under its vendor's pinned root."),
    CollateralNotCurrent: error(28, "The collateral does not hold at the chain's time."),
    CollateralNotNewer: error(29, "The chain has collateral that is as new."),
    SignerRevoked: error(30, "Whoever signed the collateral has been revoked."),
    NoRootCrl: error(31, "The list of what Intel's root revoked must come first."),
    TooMuchCollateral: error(32, "Every slot is taken."),
    UnsignedCollateral: error(33, "No vendor signs such an item: governance says it."),
    SignedCollateral: error(34, "Vendors sign such an item: whoever has it may submit it."),
    UnknownCollateral: error(35, "The slot is empty."),
    CollateralInUse: error(36, "The collateral's end is not so long ago."),
    NoCollateral: error(37, "The chain has no collateral of such platforms."),
    CollateralExpired: error(38, "The chain's collateral of such platforms does not hold now."),
    TooManyVerifications: error(
      39,
      "So much evidence of the kind was verified in this block already: come again in the next.",
    ),
    NotEndorsed: error(40, "The platform is not endorsed."),
    KnownMeasurement: error(41, "The measurement is on the list already."),
  },
});

export type PhaAttestationContext = ContextOf<typeof declaration>;

/** Whoever serves is looked at again. */
export function touch({ storage }: PhaAttestationContext): void {
  storage.Revision.put(storage.Revision.get() + 1);
}
