/** Declaration of PhalaComputation: names and index are the original's, the bonds are ours. */
import {
  type AccountId,
  accountId,
  blake2_128Concat,
  type ContextOf,
  configOf,
  constant,
  definePallet,
  error,
  event,
  type HasEnv,
  map,
} from "@pha/frame";
import { Sr25519Key } from "@pha/protocol";
import { u32, u128 } from "@pha/scale";
import type { Fungible } from "../balances/index.ts";
import { Bond } from "./types.ts";

/** What a runtime must supply to include the pallet. */
export interface PhalaComputationConfig {
  readonly currency: Fungible;
  /** Account that registered the worker's boot. */
  readonly operatorOf: (ctx: HasEnv, worker: Uint8Array) => AccountId | undefined;
  /** Whether the worker holds keys of a cluster. */
  readonly isServing: (ctx: HasEnv, worker: Uint8Array) => boolean;
  /** Least bond of a worker that may be drawn, in plancks. */
  readonly minBond: bigint;
  /** Blocks from the end of service until a bond may be withdrawn: as long as evidence may come up. */
  readonly bondingBlocks: number;
  /** Receives what is slashed. */
  readonly slashTo: AccountId;
}

export const declaration = definePallet("PhalaComputation", {
  docs: "What operators of workers stand for: a bond for each worker, which misbehaviour costs.",
  config: configOf<PhalaComputationConfig>(),
  constants: {
    MinBond: constant(
      u128,
      (c: PhalaComputationConfig) => c.minBond,
      "Least bond of a worker that may be drawn, in plancks.",
    ),
    BondingBlocks: constant(
      u32,
      (c: PhalaComputationConfig) => c.bondingBlocks,
      "Blocks until a bond may be withdrawn.",
    ),
  },
  storage: {
    Bonds: map(blake2_128Concat, Sr25519Key, Bond, { docs: "Bond of each worker." }),
  },
  events: {
    Bonded: event(
      0,
      { worker: Sr25519Key, operator: accountId, amount: u128 },
      "An operator added to a worker's bond.",
    ),
    Unbonding: event(
      1,
      { worker: Sr25519Key, unlocksAt: u32 },
      "A worker is not vouched for any more; its bond can be withdrawn from a block on.",
    ),
    Withdrawn: event(
      2,
      { worker: Sr25519Key, operator: accountId, amount: u128 },
      "A bond went back to its operator.",
    ),
    Slashed: event(3, { worker: Sr25519Key, amount: u128 }, "A worker's misbehaviour cost this."),
  },
  errors: {
    UnknownWorker: error(0, "No worker of this identity is registered."),
    NotOperator: error(1, "Only the worker's operator may do this."),
    NoBond: error(2, "The worker has no bond."),
    BondTooSmall: error(3, "The bond would be below the least one."),
    StillServing: error(4, "The worker holds keys of a cluster: drain it first."),
    NotUnbonding: error(5, "The bond is not being withdrawn."),
    TooEarly: error(6, "The bond cannot be withdrawn yet."),
  },
});

export type ComputationContext = ContextOf<typeof declaration>;
