/** Chains by name: their parameters, genesis and what clients show of them. */
import { pairFromUri } from "@pha/crypto";
import type { AccountId } from "@pha/frame";
import { assert } from "@pha/scale";
import {
  type ChainParameters,
  DEVELOPMENT,
  EXISTENTIAL_DEPOSIT,
  PHA,
  POTS,
  SUPPLY,
  TREASURY,
} from "./parameters.ts";
import { type DevelopmentClusterOptions, phaGenesis } from "./pha-genesis.ts";
import { createDevelopmentRuntime } from "./runtime.ts";

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
  "//Operator",
  "//Operator//gatekeeper-1",
  "//Operator//worker-host",
];
const ENDOWMENT = 100_000n * PHA;

/** A development chain: one authority, Sudo for Alice, funded development accounts. */
export function developmentPreset(options: DevelopmentOptions = {}) {
  const parameters = options.parameters ?? DEVELOPMENT;
  const authorities = options.authorities ?? ["//Alice"];
  return {
    name: "Pha Development",
    id: "pha-dev",
    chainType: "Development",
    parameters,
    runtime: createDevelopmentRuntime(parameters),
    genesis: {
      System: { code: options.code ?? new Uint8Array() },
      Babe: {
        authorities: authorities.map((uri) => ({ key: sr25519Account(uri), weight: 1n })),
      },
      Grandpa: {
        authorities: authorities.map((uri) => ({ key: ed25519Key(uri), weight: 1n })),
      },
      Balances: developmentBalances(),
      Sudo: { key: sr25519Account("//Alice") },
      ...phaGenesis(sr25519Account("//Alice"), sr25519Account, options.devnet),
    },
  } as const;
}

export type DevelopmentPreset = ReturnType<typeof developmentPreset>;

/** The whole supply: the pots, and development accounts out of the testnet pot. */
function developmentBalances(): readonly (readonly [AccountId, bigint])[] {
  const endowed = DEVELOPMENT_ACCOUNTS.map((uri) => [sr25519Account(uri), ENDOWMENT] as const);
  const spent = BigInt(endowed.length) * ENDOWMENT + EXISTENTIAL_DEPOSIT;
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
