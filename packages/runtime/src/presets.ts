/** Chains by name: their parameters, genesis and what clients show of them. */
import { pairFromUri } from "@pha/crypto";
import type { AccountId } from "@pha/frame";
import { assert, toHex } from "@pha/scale";
import { BILLION } from "./npos-elections/index.ts";
import {
  type ChainParameters,
  DEVELOPMENT,
  EXISTENTIAL_DEPOSIT,
  LOCAL,
  PHA,
  POTS,
  PUBLIC,
  SUPPLY,
  TREASURY,
} from "./parameters.ts";
import { type DevelopmentClusterOptions, phaGenesis } from "./pha-genesis.ts";
import { createDevelopmentRuntime, createPublicRuntime } from "./runtime.ts";
import type { KeyedValidator } from "./session/index.ts";
import type { StakingGenesis } from "./staking/index.ts";

export interface DevelopmentOptions {
  /** Secret URIs of the authorities; they author (sr25519) and finalize (ed25519). Default `//Alice`. */
  readonly authorities?: readonly string[];
  readonly parameters?: ChainParameters;
  /** Runtime artefact; empty without views. */
  readonly code?: Uint8Array;
  /** Simulated TEE, gatekeepers and the first cluster with its contracts, which are Alice's; absent: none. */
  readonly devnet?: DevelopmentClusterOptions;
}

/** Accounts that a development chain funds from the testnet pot, 100,000 PHA each. */
export const DEVELOPMENT_ACCOUNTS: readonly string[] = [
  "//Alice",
  "//Bob",
  "//Charlie",
  "//Dave",
  "//Eve",
  "//Ferdie",
  "//Collector",
  "//Operator",
  "//Operator//gatekeeper-1",
  "//Operator//worker-host",
];
/** Authorities of a local network. */
export const LOCAL_AUTHORITIES: readonly string[] = ["//Alice", "//Bob", "//Charlie", "//Dave"];
const ENDOWMENT = 100_000n * PHA;
/** Bond of a validator at genesis, beside its endowment. */
const GENESIS_BOND = 10_000n * PHA;
/** What the mining pot pays for an era until governance sets another amount. */
const ERA_PAYOUT = 2_000n * PHA;
const MAX_VALIDATORS = 100;
const MAX_NOMINATORS = 1_000;

/** A development chain: one authority, Sudo for Alice, funded development accounts. */
export function developmentPreset(options: DevelopmentOptions = {}) {
  const parameters = options.parameters ?? DEVELOPMENT;
  return {
    name: "Pha Development",
    id: "pha-dev",
    chainType: "Development",
    ...developmentChain(options, parameters, options.authorities ?? ["//Alice"]),
  } as const;
}

/** A network of four well-known validators on one machine or a few. */
export function localPreset(options: DevelopmentOptions = {}) {
  const parameters = options.parameters ?? LOCAL;
  return {
    name: "Pha Local",
    id: "pha-local",
    chainType: "Local",
    ...developmentChain(options, parameters, options.authorities ?? LOCAL_AUTHORITIES),
  } as const;
}

export interface TestnetOptions {
  /** Account and public keys of each validator of the first era: nobody else knows the secrets. */
  readonly validators: readonly KeyedValidator[];
  readonly code?: Uint8Array;
}

/** A public test network: no Sudo, no well-known keys; validators are endowed from the testnet pot. */
export function testnetPreset({ validators, code = new Uint8Array() }: TestnetOptions) {
  const accounts = validators.map(([account]) => account);
  const [first] = accounts;
  assert(first !== undefined, "a chain has validators");
  return {
    name: "Pha Testnet",
    id: "pha-testnet",
    chainType: "Live",
    parameters: PUBLIC,
    runtime: createPublicRuntime(PUBLIC),
    genesis: {
      System: { code },
      ...consensusGenesis(validators),
      Balances: genesisBalances(accounts, accounts),
      ...phaGenesis(first, () => first, undefined),
    },
  } as const;
}

export type DevelopmentPreset = ReturnType<typeof developmentPreset>;

function developmentChain(
  { code, devnet }: DevelopmentOptions,
  parameters: ChainParameters,
  authorities: readonly string[],
) {
  const validators = authorities.map(
    (uri): KeyedValidator => [
      sr25519Account(uri),
      { babe: sr25519Account(uri), grandpa: ed25519Key(uri) },
    ],
  );
  const operators = (devnet?.gatekeeperOperators ?? []).filter(
    (uri) => !DEVELOPMENT_ACCOUNTS.includes(uri) && !authorities.includes(uri),
  );
  const owners = [...DEVELOPMENT_ACCOUNTS, ...authorities, ...operators].map(sr25519Account);
  return {
    parameters,
    runtime: createDevelopmentRuntime(parameters),
    genesis: {
      System: { code: code ?? new Uint8Array() },
      ...consensusGenesis(validators),
      Balances: genesisBalances(
        owners,
        validators.map(([account]) => account),
      ),
      Sudo: { key: sr25519Account("//Alice") },
      ...phaGenesis(sr25519Account("//Alice"), sr25519Account, devnet),
    },
  };
}

/** Validators of the first era: they author, finalize and have a bond each. */
function consensusGenesis(validators: readonly KeyedValidator[]) {
  const staking: StakingGenesis = {
    validatorCount: validators.length,
    stakers: validators.map(([account]) => [account, GENESIS_BOND]),
    validating: validators.length,
    eraPayout: ERA_PAYOUT,
    slashReward: BILLION / 10n,
    minNominatorBond: PHA,
    minValidatorBond: 100n * PHA,
    maxValidators: MAX_VALIDATORS,
    maxNominators: MAX_NOMINATORS,
  };
  return {
    Babe: { authorities: validators.map(([, { babe }]) => ({ key: babe, weight: 1n })) },
    Grandpa: { authorities: validators.map(([, { grandpa }]) => ({ key: grandpa, weight: 1n })) },
    Staking: staking,
    Session: { validators },
  };
}

/** The whole supply: the pots, and accounts out of the testnet pot, validators with their bonds. */
function genesisBalances(
  owners: readonly AccountId[],
  validators: readonly AccountId[],
): readonly (readonly [AccountId, bigint])[] {
  const bonded = new Set(validators.map(toHex));
  const distinct = new Map(owners.map((account) => [toHex(account), account]));
  const endowed = [...distinct].map(
    ([name, account]) => [account, ENDOWMENT + (bonded.has(name) ? GENESIS_BOND : 0n)] as const,
  );
  const spent = endowed.reduce((sum, [, amount]) => sum + amount, EXISTENTIAL_DEPOSIT);
  const pots = Object.entries(POTS).map(([name, { account, percent }]) => {
    const share = (SUPPLY * percent) / 100n;
    return [account, name === "testnet" ? share - spent : share] as const;
  });
  return [...pots, [TREASURY, EXISTENTIAL_DEPOSIT], ...endowed];
}

/** Public key of a development account, which is the account. */
export function sr25519Account(uri: string): AccountId {
  const pair = pairFromUri(uri, "sr25519");
  assert(pair.ok, "a development account has a readable URI");
  return pair.value.publicKey;
}

function ed25519Key(uri: string): Uint8Array {
  const pair = pairFromUri(uri, "ed25519");
  assert(pair.ok, "a development account has a readable URI");
  return pair.value.publicKey;
}
