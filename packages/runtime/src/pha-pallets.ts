/** Pha's own pallets, composed: who tells whom. */
import { PINNED_ROOTS } from "@pha/attestation";
import { validateArtefact } from "@pha/contract";
import { blake2b256 } from "@pha/crypto";
import { at, type Call, type HasEnv } from "@pha/frame";
import { ok, parseHex } from "@pha/scale";
import { epochIndex, epochRandomness } from "./babe/index.ts";
import { Balances, nativeToken } from "./balances/index.ts";
import { GATEKEEPER_POT, PHA, type PhaParameters, POTS, TREASURY } from "./parameters.ts";
import { evidenceVerifier, isEndorsed, PhaAttestation } from "./pha-attestation/index.ts";
import {
  commitHandler,
  commitTracker,
  PhaContractState,
  snapshotHandler,
  storageReceiptHandler,
} from "./pha-contract-state/index.ts";
import { admission, PhaGatekeeperStake } from "./pha-gatekeeper-stake/index.ts";
import {
  dkgHandler,
  gatekeepers,
  keyReleaseHandler,
  PhaGatekeepers,
  seatDirectory,
} from "./pha-gatekeepers/index.ts";
import { bonds, PhalaComputation } from "./phala-computation/index.ts";
import { messageQueue, mqSequenceRule, PhalaMq } from "./phala-mq/index.ts";
import {
  assignRegistered,
  auditHandler,
  clusterKeysHandler,
  clusters,
  isServing,
  keyRequestHandler,
  PhalaPhatContracts,
  removeLost,
  type ValidateArtefact,
} from "./phala-phat-contracts/index.ts";
import {
  heartbeatHandler,
  PhalaRegistry,
  registrationRule,
  suspendDenied,
  workers,
} from "./phala-registry/index.ts";
import { blockHashOf } from "./system/index.ts";
import { now } from "./timestamp/index.ts";

export const DEVELOPMENT_PHA: PhaParameters = {
  leaseMs: 12_000n,
  looseningDelay: 0,
  minSeats: 1,
  phaseBlocks: 20,
  termBlocks: 0,
  giveUpBlocks: 30,
  gatekeeperStake: {
    minCandidateBond: 100n * PHA,
    minNominatorBond: PHA,
    unbondingBlocks: 256,
    sampleBlocks: 10,
    needsApproval: false,
    seats: 0,
  },
  sealingGrace: 20,
  rotationBlocks: 604_800,
  storageReceipts: 1,
  pricePerMegafuel: 1_000_000n,
  roots: PINNED_ROOTS,
  minBond: 0n,
  bondingBlocks: 256,
  waitingEpochs: 0n,
  waitingBlocks: 0,
  absentMs: 60_000n,
  minReplication: 1,
  auditEvery: 64,
};
/** Blocks are 3 s: the delays, the wait for clusters and bonding last seven days, a term one. */
export const PUBLIC_PHA: PhaParameters = {
  leaseMs: 60_000n,
  looseningDelay: 201_600,
  minSeats: 7,
  phaseBlocks: 100,
  termBlocks: 28_800,
  giveUpBlocks: 201_600,
  gatekeeperStake: {
    minCandidateBond: 10_000n * PHA,
    minNominatorBond: 100n * PHA,
    unbondingBlocks: 201_600,
    sampleBlocks: 100,
    needsApproval: true,
    seats: 7,
  },
  sealingGrace: 200,
  rotationBlocks: 201_600,
  storageReceipts: 2,
  pricePerMegafuel: 1_000_000n,
  roots: PINNED_ROOTS,
  minBond: 1_000n * PHA,
  bondingBlocks: 201_600,
  waitingEpochs: 3n,
  waitingBlocks: 201_600,
  absentMs: 300_000n,
  minReplication: 3,
  auditEvery: 64,
};

/** A majority: secret against any t − 1 of n, live as long as t serve. */
export function thresholdOf(seats: number): number {
  return Math.floor(seats / 2) + 1;
}

const isArtefact: ValidateArtefact = (bytes) => {
  const validated = validateArtefact(bytes, blake2b256);
  if (!validated.ok) return validated;
  const { audit } = validated.value;
  const auditKey = audit === undefined ? undefined : parseHex(audit, 32);
  return ok({ auditKey: auditKey?.ok ? auditKey.value : undefined });
};

/** In the order of hooks: the queue begins the block, before anything is pushed. */
export function phaPallets(parameters: PhaParameters) {
  return [
    at(85, PhalaMq, {
      boots: workers,
      handlers: [
        heartbeatHandler,
        dkgHandler,
        keyRequestHandler,
        keyReleaseHandler,
        clusterKeysHandler,
        auditHandler,
        commitHandler,
        snapshotHandler,
        storageReceiptHandler,
      ],
    }),
    at(86, PhalaRegistry, {
      evidence: evidenceVerifier,
      queue: messageQueue,
      blockHash: blockHashOf,
      now,
      isGatekeeperOperator: gatekeepers.isOperator,
      leaseMs: parameters.leaseMs,
      looseningDelay: parameters.looseningDelay,
      onRegistered: [gatekeepers.registered, assignRegistered],
      onLost: [removeLost],
    }),
    at(87, PhalaComputation, {
      currency: nativeToken,
      operatorOf: (ctx, worker) => workers.registrationOf(ctx, worker)?.operator,
      isServing,
      minBond: parameters.minBond,
      bondingBlocks: parameters.bondingBlocks,
      slashTo: TREASURY,
    }),
    at(97, PhalaPhatContracts, {
      queue: messageQueue,
      workers,
      commits: commitTracker,
      currency: nativeToken,
      validateArtefact: isArtefact,
      currentGeneration: gatekeepers.currentGeneration,
      announcedGeneration: gatekeepers.announcedGeneration,
      handedOver: gatekeepers.handedOver,
      formersClosed: gatekeepers.formersClosed,
      pricePerMegafuel: parameters.pricePerMegafuel,
      fuelTo: TREASURY,
      sealingGrace: parameters.sealingGrace,
      rotationBlocks: parameters.rotationBlocks,
      assignment: {
        randomness: epochRandomness,
        epochIndex,
        now,
        isEndorsed,
        isBonded: bonds.isBonded,
        waitingEpochs: parameters.waitingEpochs,
        waitingBlocks: parameters.waitingBlocks,
        absentMs: parameters.absentMs,
        minReplication: parameters.minReplication,
      },
    }),
    at(100, PhaGatekeepers, {
      queue: messageQueue,
      clusters,
      workers,
      admission,
      blockHash: blockHashOf,
      threshold: thresholdOf,
      minSeats: parameters.minSeats,
      phaseBlocks: parameters.phaseBlocks,
      termBlocks: parameters.termBlocks,
      giveUpBlocks: parameters.giveUpBlocks,
    }),
    at(103, PhaGatekeeperStake, {
      ...parameters.gatekeeperStake,
      currency: nativeToken,
      issuance: (ctx) => ctx.env.of(Balances).storage.TotalIssuance.get(),
      miningPot: POTS.mining.account,
      rewardPot: GATEKEEPER_POT,
      slashTo: TREASURY,
      seatDirectory,
      workers,
      now,
      threshold: thresholdOf,
      minSeats: parameters.minSeats,
    }),
    at(101, PhaContractState, {
      queue: messageQueue,
      workers,
      clusters,
      bonds,
      auditEvery: parameters.auditEvery,
      blockHash: blockHashOf,
      storageReceipts: parameters.storageReceipts,
    }),
    at(102, PhaAttestation, {
      queue: messageQueue,
      now,
      looseningDelay: parameters.looseningDelay,
      roots: parameters.roots,
      onDenied: [suspendDenied],
    }),
  ] as const;
}

/** What the pool must know of pRuntimes' messages and of the registrations they wait for. */
export function phaSequenceRule(ctx: HasEnv, call: Call) {
  return mqSequenceRule(ctx, call) ?? registrationRule(ctx, call);
}
