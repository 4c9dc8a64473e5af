/** What Babe and Grandpa need to have an equivocation punished. */
import type { AccountId, HasEnv } from "@pha/frame";
import type { MembershipProof } from "../historical/index.ts";
import type { KeyKind } from "../session/index.ts";

export interface Equivocation {
  readonly kind: KeyKind;
  /** Encoded slot, or set and round: offences of one time are one event. */
  readonly time: Uint8Array;
  readonly offender: AccountId;
  readonly session: number;
  readonly validatorCount: number;
}

export interface EquivocationHandler {
  /** Proof for a key of the present session. */
  prove(ctx: HasEnv, kind: KeyKind, key: Uint8Array): MembershipProof | undefined;
  /** Owner of a key by a proof that holds. */
  owner(ctx: HasEnv, kind: KeyKind, key: Uint8Array, proof: MembershipProof): AccountId | undefined;
  isSlotOfSession(ctx: HasEnv, slot: bigint, session: number): boolean;
  isKnown(ctx: HasEnv, equivocation: Equivocation): boolean;
  /** Punishes; `false` when it was punished before. */
  report(ctx: HasEnv, equivocation: Equivocation, reporter: AccountId | undefined): boolean;
}
