/** A balance that other pallets use: they take it in their config and never import the pallet. */
import type { AccountId, HasEnv } from "@pha/frame";

/** Whether the sender may be reaped. */
export type Existence = "keep-alive" | "allow-death";

/** Eight characters that say why funds are held, one per pallet and purpose. */
export type HoldReason = string;

/** Amounts in plancks. Everything that fails refuses the call with a `Token` or `Balances` error. */
export interface Fungible {
  /** Free part. */
  free(ctx: HasEnv, account: AccountId): bigint;
  /** Free and held together. */
  total(ctx: HasEnv, account: AccountId): bigint;
  /** What may leave: not held, not frozen, above the existential deposit when kept alive. */
  reducible(ctx: HasEnv, account: AccountId, existence: Existence): bigint;
  transfer(ctx: HasEnv, from: AccountId, to: AccountId, amount: bigint, existence: Existence): void;
  /** Creates funds on an account; refused below the existential deposit of a new one. */
  mint(ctx: HasEnv, to: AccountId, amount: bigint): void;
  /** Destroys funds of an account. */
  burn(ctx: HasEnv, from: AccountId, amount: bigint, existence: Existence): void;
  /** Moves free funds into the hold `reason`. */
  hold(ctx: HasEnv, account: AccountId, reason: HoldReason, amount: bigint): void;
  /** Frees held funds, at most what is held; returns how much. */
  release(ctx: HasEnv, account: AccountId, reason: HoldReason, amount: bigint): bigint;
  held(ctx: HasEnv, account: AccountId, reason: HoldReason): bigint;
  /** Moves held funds to the free balance of another account; returns how much. */
  transferHeld(
    ctx: HasEnv,
    from: AccountId,
    to: AccountId,
    reason: HoldReason,
    amount: bigint,
  ): bigint;
  /** Fees: takes from the free balance without an event of a transfer; `false` when it cannot. */
  withdrawFee(ctx: HasEnv, from: AccountId, amount: bigint): boolean;
  /** Fees: gives to an account; below the existential deposit of a new account it goes to the dust. */
  depositFee(ctx: HasEnv, to: AccountId, amount: bigint): void;
  existentialDeposit(ctx: HasEnv): bigint;
}
