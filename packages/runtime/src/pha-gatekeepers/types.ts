/** Records of DKG runs and releases, and what other pallets ask of gatekeepers. */
import type { AccountId, HasEnv } from "@pha/frame";
import { accountId } from "@pha/frame";
import { G1Point, G2Point, Hash, KeyPurpose, MAX_SEATS, Seat } from "@pha/protocol";
import {
  bool,
  type CodecType,
  struct,
  u8,
  u32,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";
import type { BootChange } from "../phala-registry/index.ts";

/** Phases of a run, as `GenerationEvent.PhaseStarted` numbers them. */
export const PHASE = { keys: 0, deal: 1, complain: 2, confirm: 3 } as const;

/** The DKG run in progress. */
export const Run = struct(
  {
    run: u64,
    generation: u64,
    threshold: u8,
    seats: vec(Seat, MAX_SEATS),
    /** Operator of each seat. */
    operators: vec(accountId, MAX_SEATS),
    phase: u8,
    /** Last block of the phase. */
    phaseEnds: u32,
    /** Seats that a complaint convicted. */
    guilty: vec(u8, MAX_SEATS),
  },
  { path: ["pha_runtime", "pha_gatekeepers", "Run"] },
);
export type Run = CodecType<typeof Run>;

/** What the dealings of a run come to, computed by the chain itself. */
export const Outcome = struct(
  { transcriptHash: Hash, root: G2Point, sharePublicKeys: vec(G2Point, MAX_SEATS) },
  { path: ["pha_runtime", "pha_gatekeepers", "Outcome"] },
);
export type Outcome = CodecType<typeof Outcome>;

/** A run for the next generation that has not begun. */
export const Wanted = struct(
  {
    since: u32,
    /** Block from which it begins with the gatekeepers that are there. */
    latest: u32,
  },
  { path: ["pha_runtime", "pha_gatekeepers", "Wanted"] },
);

/** How often an operator's gatekeeper was missed while the next generation is made. */
export const Absence = struct(
  {
    operator: accountId,
    failures: u8,
    /** Left out until it registers again. */
    out: bool,
  },
  { path: ["pha_runtime", "pha_gatekeepers", "Absence"] },
);
export type Absence = CodecType<typeof Absence>;

/** What the chain itself saw proven. */
export const Misdeed = variants(
  {
    /** Dealt a share that does not fit its commitments. */
    WrongShare: variant(0, unit),
    /** Complained about a share that does. */
    FalseComplaint: variant(1, unit),
    /** Said two different things in one phase. */
    Equivocation: variant(2, unit),
    /** Released a share of a key that does not verify. */
    WrongRelease: variant(3, unit),
  },
  { path: ["pha_runtime", "pha_gatekeepers", "Misdeed"] },
);
export type Misdeed = CodecType<typeof Misdeed>;

export const Conviction = struct(
  { run: u64, misdeed: Misdeed, block: u32 },
  { path: ["pha_runtime", "pha_gatekeepers", "Conviction"] },
);

/** State keys on their way to the newest root. */
export const Handover = struct(
  {
    generation: u64,
    /** Clusters whose state key is wrapped under an older root. */
    pending: u32,
    since: u32,
  },
  { path: ["pha_runtime", "pha_gatekeepers", "Handover"] },
);

/** A share that a gatekeeper released; its content only the worker opens. */
export const Release = struct(
  { seat: u8, transportKey: G1Point, block: u32 },
  { path: ["pha_runtime", "pha_gatekeepers", "Release"] },
);

export const ReleaseKey = struct(
  { purpose: KeyPurpose, boot: Hash, generation: u64, epoch: u64 },
  { path: ["pha_runtime", "pha_gatekeepers", "ReleaseKey"] },
);

/** A share that does not verify, as its gatekeeper signed it. */
export const WrongShare = struct(
  { seat: u8, release: Hash, block: u32 },
  { path: ["pha_runtime", "pha_gatekeepers", "WrongShare"] },
);

/** Gatekeepers as other pallets see them. */
export interface GatekeeperDirectory {
  isOperator(ctx: HasEnv, account: AccountId): boolean;
  currentGeneration(ctx: HasEnv): bigint;
  /** The generation that the run in progress makes, if there is one. */
  announcedGeneration(ctx: HasEnv): bigint | undefined;
  /** A gatekeeper registered: it holds its operator's seat from now on. */
  registered(ctx: HasEnv, change: BootChange): void;
  /** A cluster's state key, wrapped under an older root until now, is wrapped under the newest. */
  handedOver(ctx: HasEnv, cluster: Uint8Array): void;
  /** Nothing waits for the keys of some former name any more. */
  formersClosed(ctx: HasEnv): void;
}
