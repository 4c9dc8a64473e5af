/** The runtime of the chain, composed of its pallets. Indexes are the original's and are never reused. */
import {
  type AnyExtension,
  type AnyInstalled,
  at,
  defineRuntime,
  type Runtime,
  type RuntimeOptions,
} from "@pha/frame";
import { STORAGE } from "@pha/protocol";
import { splitArtefact, TRANSITION_KEY } from "./artefact/artefact.ts";
import { authorOf, Babe, slotObjection } from "./babe/index.ts";
import { Balances, nativeToken } from "./balances/index.ts";
import { checkMqSequence } from "./extensions/check-mq-sequence.ts";
import { checkNonce } from "./extensions/check-nonce.ts";
import { checkWeight } from "./extensions/check-weight.ts";
import {
  checkGenesis,
  checkMortality,
  checkNonZeroSender,
  checkSpecVersion,
  checkTxVersion,
} from "./extensions/checks.ts";
import { Grandpa } from "./grandpa/index.ts";
import {
  babeSessions,
  DEVELOPMENT_STAKING,
  grandpaReports,
  nposPallets,
  PUBLIC_STAKING,
} from "./npos-pallets.ts";
import {
  BLOCK_HASH_COUNT,
  BLOCK_LENGTH,
  BLOCK_WEIGHTS,
  type ChainParameters,
  EXISTENTIAL_DEPOSIT,
  FEE_RATES,
  type PhaParameters,
  SS58_PREFIX,
  TREASURY,
  TREASURY_SHARE,
} from "./parameters.ts";
import { tellOfCode } from "./pha-attestation/index.ts";
import { DEVELOPMENT_PHA, PUBLIC_PHA, phaPallets, phaSequenceRule } from "./pha-pallets.ts";
import type { StakingParameters } from "./staking/index.ts";
import { Sudo } from "./sudo/index.ts";
import { accounts, CODE_KEY, System, systemPort } from "./system/index.ts";
import { Timestamp } from "./timestamp/index.ts";
import { chargeTransactionPayment, TransactionPayment } from "./transaction-payment/index.ts";
import { Utility } from "./utility/index.ts";

export const VERSION = {
  specName: "pha",
  implName: "pha-node",
  authoringVersion: 1,
  specVersion: 100,
  implVersion: 1,
  transactionVersion: 1,
  stateVersion: 1,
} as const;

/** Pallets of every chain. */
function commonPallets(
  parameters: ChainParameters,
  pha: PhaParameters,
  staking: StakingParameters,
  { startTransition = () => undefined }: RuntimeSettings,
) {
  return [
    at(0, System, {
      blockWeights: BLOCK_WEIGHTS,
      blockLength: BLOCK_LENGTH,
      blockHashCount: BLOCK_HASH_COUNT,
      ss58Prefix: SS58_PREFIX,
      splitArtefact,
      transitionKey: TRANSITION_KEY,
      startTransition,
      onCode: tellOfCode,
      protectedPrefixes: [CODE_KEY, TRANSITION_KEY, STORAGE.outboundMessages.key.subarray(0, 16)],
    }),
    at(1, Timestamp, {
      minimumPeriod: parameters.slotDurationMs / 2n,
      objection: slotObjection,
    }),
    at(3, Utility),
    at(40, Balances, { existentialDeposit: EXISTENTIAL_DEPOSIT, dustTo: TREASURY, accounts }),
    at(41, TransactionPayment, {
      currency: nativeToken,
      rates: FEE_RATES,
      treasury: TREASURY,
      treasuryShare: TREASURY_SHARE,
      author: authorOf,
    }),
    at(55, Babe, {
      slotDurationMs: parameters.slotDurationMs,
      epochLength: parameters.epochLength,
      epochConfig: { c: [1n, 4n], allowedSlots: 2 },
      ...babeSessions,
    }),
    at(56, Grandpa, grandpaReports(parameters.staking ?? staking)),
    ...nposPallets(parameters.staking ?? staking, parameters),
    ...phaPallets(parameters.pha ?? pha),
  ] as const;
}

/** In the order in which transactions carry them. */
const EXTENSIONS: readonly AnyExtension[] = [
  checkNonZeroSender,
  checkSpecVersion,
  checkTxVersion,
  checkGenesis,
  checkMortality,
  checkNonce,
  checkWeight,
  checkMqSequence(phaSequenceRule),
  chargeTransactionPayment,
];

export type PublicRuntime = Runtime<ReturnType<typeof commonPallets>>;
export type DevelopmentRuntime = ReturnType<typeof createDevelopmentRuntime>;

export interface RuntimeSettings extends Pick<RuntimeOptions<[]>, "verifySignature"> {
  /** Starts a transition apart from this one; its encoded version, or `undefined`. Default: none starts. */
  readonly startTransition?: (transition: Uint8Array) => Uint8Array | undefined;
}

/** Runtime of a public chain. */
export function createPublicRuntime(parameters: ChainParameters, settings: RuntimeSettings = {}) {
  return composeRuntime(
    VERSION,
    commonPallets(parameters, PUBLIC_PHA, PUBLIC_STAKING, settings),
    settings,
  );
}

/** Pallets of a development chain: those of every chain, and Sudo. */
export function developmentPallets(parameters: ChainParameters, settings: RuntimeSettings = {}) {
  return [
    ...commonPallets(parameters, DEVELOPMENT_PHA, DEVELOPMENT_STAKING, settings),
    at(99, Sudo),
  ] as const;
}

/** A runtime of these pallets, with the extensions of all our chains. */
export function composeRuntime<const P extends readonly AnyInstalled[]>(
  version: RuntimeOptions<[]>["version"],
  pallets: P,
  { verifySignature }: RuntimeSettings,
) {
  return defineRuntime({
    version,
    pallets,
    system: systemPort,
    extensions: EXTENSIONS,
    ...(verifySignature ? { verifySignature } : {}),
  });
}

/** Runtime of a development chain. */
export function createDevelopmentRuntime(
  parameters: ChainParameters,
  settings: RuntimeSettings = {},
) {
  return composeRuntime(VERSION, developmentPallets(parameters, settings), settings);
}
