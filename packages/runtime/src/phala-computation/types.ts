/** Records of bonds, and what other pallets ask of them. */
import { accountId, type HasEnv } from "@pha/frame";
import { option, struct, u32, u128 } from "@pha/scale";

/** What an operator stands for with one worker. */
export const Bond = struct(
  {
    operator: accountId,
    /** Plancks, held on the operator's account. */
    amount: u128,
    /** Block from which it may be withdrawn; absent while it vouches. */
    unlocksAt: option(u32),
  },
  { path: ["pha_runtime", "phala_computation", "Bond"] },
);

/** What other pallets ask: whether a worker is vouched for, and to take from what it stands for. */
export interface WorkerBonds {
  isBonded(ctx: HasEnv, worker: Uint8Array): boolean;
  /**
   * Takes a share of the bond, also of one that is being withdrawn.
   *
   * @param permille of what is left of it
   * @returns plancks taken
   */
  slash(ctx: HasEnv, worker: Uint8Array, permille: bigint): bigint;
}
