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

/** Why a report is refused: which proof does not hold, or that it comes too late. */
export type ReportProblem = "proof" | "owner" | "too-old";

export interface EquivocationHandler {
  /** Proof for a key of the present session, if `isIn` says of it that the equivocation was in it. */
  prove(
    ctx: HasEnv,
    kind: KeyKind,
    key: Uint8Array,
    isIn: (session: number) => boolean,
  ): MembershipProof | undefined;
  /** Whether offences of a session are so old that nobody is punished for them any more. */
  isTooOld(ctx: HasEnv, session: number): boolean;
  /** Owner of a key by a proof that holds. */
  owner(ctx: HasEnv, kind: KeyKind, key: Uint8Array, proof: MembershipProof): AccountId | undefined;
  isSlotOfSession(ctx: HasEnv, slot: bigint, session: number): boolean;
  isKnown(ctx: HasEnv, equivocation: Equivocation): boolean;
  /** Punishes; `false` when it was punished before. */
  report(ctx: HasEnv, equivocation: Equivocation, reporter: AccountId | undefined): boolean;
}
