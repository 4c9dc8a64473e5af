/** Parameters of the chain that differ between presets, and those that never do. */

import type { VendorRoots } from "@pha/attestation";
import type { AccountId } from "@pha/frame";
import { utf8 } from "@pha/scale";
import type { StakeParameters } from "./pha-gatekeeper-stake/index.ts";
import type { StakingParameters } from "./staking/index.ts";
import type { BlockLength, BlockWeights } from "./system/index.ts";
import type { FeeRates } from "./transaction-payment/index.ts";
import { WEIGHTS } from "./weights.ts";

/** Plancks of one PHA: 12 decimals. */
export const PHA = 10n ** 12n;
export const SS58_PREFIX = 30;
export const TOKEN = { symbol: "PHA", decimals: 12 } as const;
export const BLOCK_HASH_COUNT = 4096;
/** 0.001 PHA. */
export const EXISTENTIAL_DEPOSIT: bigint = PHA / 1000n;
export const TREASURY_SHARE = 80n;

export interface ChainParameters {
  readonly slotDurationMs: bigint;
  /** Slots. */
  readonly epochLength: bigint;
  /** Default: those of the kind of chain. */
  readonly staking?: StakingParameters;
  /** Default: those of the kind of chain. */
  readonly pha?: PhaParameters;
}

/** Parameters of the confidential part that differ between presets. */
export interface PhaParameters {
  /** Length of a lease. */
  readonly leaseMs: bigint;
  /** Blocks until what loosens the attestation policy counts. */
  readonly looseningDelay: number;
  /** Fewest gatekeepers of a run. */
  readonly minSeats: number;
  /** Longest duration of a phase of a run. */
  readonly phaseBlocks: number;
  /** Blocks after which a generation is followed by the next; 0: only when something asks for it. */
  readonly termBlocks: number;
  /** Stake of gatekeepers. */
  readonly gatekeeperStake: StakeParameters;
  /** Blocks that a handover waits for a cluster before root may give up on it. */
  readonly giveUpBlocks: number;
  /** Blocks in which commands sealed to the previous key are accepted after a change. */
  readonly sealingGrace: number;
  /** Blocks after which a cluster's state key is made anew. */
  readonly rotationBlocks: number;
  /** Operators that must keep a blob before what refers to it is final. */
  readonly storageReceipts: number;
  /** Plancks for a million units of fuel. */
  readonly pricePerMegafuel: bigint;
  /** What is trusted of vendors without proof. */
  readonly roots: VendorRoots;
  /** Least bond of a worker that may be drawn, in plancks. */
  readonly minBond: bigint;
  /** Blocks until a bond may be withdrawn. */
  readonly bondingBlocks: number;
  /** Epochs of BABE from a worker's coming until it may be drawn. */
  readonly waitingEpochs: bigint;
  /** Blocks that a platform waits before it may be drawn. */
  readonly waitingBlocks: number;
  /** Time after the end of its lease from which a replica's seat goes to another. */
  readonly absentMs: bigint;
  /** Fewest replicas of a cluster. */
  readonly minReplication: number;
  /** One of as many final roots is executed again by a worker that is no replica. */
  readonly auditEvery: number;
}

export const DEVELOPMENT: ChainParameters = { slotDurationMs: 1_000n, epochLength: 200n };
/** Eras of two sessions: rotation can be watched. */
export const LOCAL: ChainParameters = {
  slotDurationMs: 1_000n,
  epochLength: 100n,
  staking: { sessionsPerEra: 2, bondingDuration: 4, slashDeferDuration: 2, historyDepth: 84 },
};
export const PUBLIC: ChainParameters = { slotDurationMs: 3_000n, epochLength: 600n };

/** Picoseconds of one second. */
const SECOND = 10n ** 12n;
const MIB = 1n << 20n;

/** 0.4 s of reference time; three quarters of it for normal calls. */
const MAX_BLOCK = { refTime: (SECOND * 4n) / 10n, proofSize: 5n * MIB };
const MAX_NORMAL = {
  refTime: (MAX_BLOCK.refTime * 3n) / 4n,
  proofSize: (MAX_BLOCK.proofSize * 3n) / 4n,
};
const RESERVED = {
  refTime: MAX_BLOCK.refTime - MAX_NORMAL.refTime,
  proofSize: MAX_BLOCK.proofSize - MAX_NORMAL.proofSize,
};

export const BLOCK_WEIGHTS: BlockWeights = {
  baseBlock: WEIGHTS.base_block,
  maxBlock: MAX_BLOCK,
  perClass: {
    normal: {
      baseExtrinsic: WEIGHTS.base_extrinsic,
      maxExtrinsic: MAX_NORMAL,
      maxTotal: MAX_NORMAL,
      reserved: { refTime: 0n, proofSize: 0n },
    },
    operational: {
      baseExtrinsic: WEIGHTS.base_extrinsic,
      maxExtrinsic: MAX_BLOCK,
      maxTotal: MAX_BLOCK,
      reserved: RESERVED,
    },
    mandatory: {
      baseExtrinsic: WEIGHTS.base_extrinsic,
      maxExtrinsic: undefined,
      maxTotal: undefined,
      reserved: undefined,
    },
  },
};

const MAX_BLOCK_BYTES = 5 << 20;
export const BLOCK_LENGTH: BlockLength = {
  max: {
    normal: (MAX_BLOCK_BYTES * 3) / 4,
    operational: MAX_BLOCK_BYTES,
    mandatory: MAX_BLOCK_BYTES,
  },
};

/** A transfer costs about 0.00024 PHA: 142 bytes and 0.1 ms. */
export const FEE_RATES: FeeRates = {
  perByte: PHA / 1_000_000n,
  perMicrosecond: PHA / 1_000_000n,
  baseExtrinsic: WEIGHTS.base_extrinsic,
};

/** Account without a key: a name in bytes, padded with zeros. */
export function keylessAccount(name: string): AccountId {
  const account = new Uint8Array(32);
  account.set(utf8(`modlpy/${name}`));
  return account;
}

export const TREASURY: AccountId = keylessAccount("trsry");

/** Rewards of stakers that are not claimed yet. */
export const REWARD_POT: AccountId = keylessAccount("stakers");

/** Rewards of gatekeepers that are not claimed yet. */
export const GATEKEEPER_POT: AccountId = keylessAccount("gatekprs");

/** Shares of the supply at genesis, in keyless pots. Mining pays from its pot and never mints. */
export const SUPPLY: bigint = 1_000_000_000n * PHA;
export const POTS = {
  mining: { account: keylessAccount("mining"), percent: 70n },
  sale: { account: keylessAccount("sale"), percent: 15n },
  airdrop: { account: keylessAccount("airdrop"), percent: 9n },
  team: { account: keylessAccount("team"), percent: 5n },
  testnet: { account: keylessAccount("testnet"), percent: 1n },
} as const;
