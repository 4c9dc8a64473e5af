/** Declaration of Babe: names are Substrate's. */
import { Authorities, type Authority, BabeEpoch, type BabeEpochConfig } from "@pha/consensus";
import {
  type AccountId,
  type ContextOf,
  configOf,
  constant,
  definePallet,
  error,
  type HasEnv,
  map,
  twox64Concat,
  value,
} from "@pha/frame";
import {
  assert,
  type Codec,
  DecodeFailure,
  fixedBytes,
  struct,
  tuple,
  u8,
  u32,
  u64,
  vec,
} from "@pha/scale";
import type { EquivocationHandler } from "../offences/equivocation-port.ts";

export interface BabeConfig {
  readonly slotDurationMs: bigint;
  /** Slots. */
  readonly epochLength: bigint;
  readonly epochConfig: BabeEpochConfig;
  /** Account of an authority, by its position; receives the author's part of fees. */
  readonly accountOfAuthority: (ctx: HasEnv, index: number) => AccountId | undefined;
  /** Whether an authority, by its position, may make no blocks for the rest of the session. */
  readonly isDisabled: (ctx: HasEnv, index: number) => boolean;
  /** Authorities of the epoch after the one that just began. */
  readonly nextAuthorities: (ctx: HasEnv) => readonly Authority[];
  readonly equivocations: EquivocationHandler;
}

const randomness = fixedBytes(32);
const NO_RANDOMNESS = new Uint8Array(32);
/** Outputs per segment of `UnderConstruction`. */
export const SEGMENT_LENGTH = 256;
export const OUTPUT_BYTES = 32;

/** The outputs of a segment, one after the other: every block adds one to them, and one alone reads them. */
const segment: Codec<Uint8Array> = {
  ...vec(randomness, SEGMENT_LENGTH),
  write(writer, outputs) {
    assert(outputs.length <= SEGMENT_LENGTH * OUTPUT_BYTES, "a segment has its length");
    writer.compact(outputs.length / OUTPUT_BYTES);
    writer.raw(outputs);
  },
  read(reader) {
    const count = reader.count(OUTPUT_BYTES);
    if (count > SEGMENT_LENGTH) throw new DecodeFailure("too-long");
    return reader.raw(count * OUTPUT_BYTES);
  },
};

export const EpochConfiguration = struct(
  { c: tuple(u64, u64), allowedSlots: u8 },
  { path: ["sp_consensus_babe", "BabeEpochConfiguration"] },
);

export const declaration = definePallet("Babe", {
  docs: "Who may make blocks: epochs, their authorities and their randomness.",
  config: configOf<BabeConfig>(),
  constants: {
    EpochDuration: constant(u64, (c: BabeConfig) => c.epochLength, "Slots of an epoch."),
    ExpectedBlockTime: constant(
      u64,
      (c: BabeConfig) => c.slotDurationMs,
      "Time between blocks, in milliseconds.",
    ),
    MaxAuthorities: constant(u32, (_: BabeConfig) => 10_000, "Number of authorities at most."),
  },
  storage: {
    EpochIndex: value(u64, { default: 0n, docs: "Index of the present epoch." }),
    Authorities: value(Authorities, { default: [], docs: "Authorities of the present epoch." }),
    GenesisSlot: value(u64, { default: 0n, docs: "Slot of block 1, in which epoch 0 starts." }),
    CurrentSlot: value(u64, { default: 0n, docs: "Slot of the present block." }),
    Randomness: value(randomness, {
      default: NO_RANDOMNESS,
      docs: "Randomness of the present epoch.",
    }),
    NextRandomness: value(randomness, {
      default: NO_RANDOMNESS,
      docs: "Randomness of the next epoch.",
    }),
    NextAuthorities: value(Authorities, { default: [], docs: "Authorities of the next epoch." }),
    SegmentIndex: value(u32, { default: 0, docs: "Segment that collects VRF outputs." }),
    UnderConstruction: map(twox64Concat, u32, segment, {
      default: new Uint8Array(0),
      docs: "VRF outputs of the present epoch's blocks, by segment.",
    }),
    AuthorVrfRandomness: value(randomness, {
      docs: "VRF output of the present block; absent without a VRF claim.",
    }),
    EpochStart: value(tuple(u32, u32), {
      default: [0, 0],
      docs: "Numbers of the first blocks of the epoch before and of the present one.",
    }),
    EpochConfig: value(EpochConfiguration, {
      docs: "Slot probability and kinds of claims of the present epoch.",
    }),
    CurrentEpoch: value(BabeEpoch, {
      docs: "Answer of BabeApi_current_epoch, encoded as it is given.",
    }),
    NextEpoch: value(BabeEpoch, {
      docs: "Answer of BabeApi_next_epoch, encoded as it is given.",
    }),
  },
  errors: {
    InvalidEquivocationProof: error(0, "The headers do not show that somebody made two blocks."),
    InvalidKeyOwnershipProof: error(1, "The proof does not show whose key it is."),
    DuplicateOffenceReport: error(2, "The offence was reported before."),
    OffenceTooOld: error(4, "The offence is older than the bonding duration."),
  },
});

export type BabeContext = ContextOf<typeof declaration>;
