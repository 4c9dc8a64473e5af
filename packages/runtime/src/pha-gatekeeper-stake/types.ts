/** Records of stake, candidates and terms, and what PhaGatekeepers asks of them. */
import { type AccountId, accountId, type HasEnv, type Weight } from "@pha/frame";
import { MAX_SEATS, type Seat } from "@pha/protocol";
import { boundedStr, type CodecType, option, struct, u8, u32, u128, vec } from "@pha/scale";
import { Misdeed } from "../pha-gatekeepers/types.ts";

export const MAX_CANDIDATES = 64;
export const MAX_NOMINATORS = 256;
export const MAX_NOMINATIONS = 16;
/** Parts of a bond that wait at once. */
export const MAX_UNBONDING = 8;
/** Terms whose rewards can be claimed and whose exposures can be slashed. */
export const HISTORY_TERMS = 8;
const MAX_LABEL_BYTES = 32;

const path = (name: string) => ({ path: ["pha_runtime", "pha_gatekeeper_stake", name] });

/** Funds on hold; what is no longer at stake waits, and can be slashed until it is withdrawn. */
export const Bond = struct(
  {
    total: u128,
    active: u128,
    unbonding: vec(
      struct(
        {
          value: u128,
          /** Block from which it may be withdrawn. */
          at: u32,
        },
        path("Unbonding"),
      ),
      MAX_UNBONDING,
    ),
  },
  path("Bond"),
);
export type Bond = CodecType<typeof Bond>;

export const Candidate = struct(
  {
    /** Percent of the reward that the operator keeps before it is shared. */
    commission: u8,
    since: u32,
  },
  path("Candidate"),
);

export const Label = boundedStr(MAX_LABEL_BYTES);

/** What governance approved a seat for; no label is on more seats than may fail together. */
export const Approval = struct(
  {
    /** Who operates it, whatever the account. */
    entity: Label,
    /** Whose premises and network it is in. */
    provider: Label,
    /** Of the TEE, as evidence names it. */
    vendor: Label,
    /** Product line of the TEE, as evidence names it. */
    line: Label,
  },
  path("Approval"),
);
export type Approval = CodecType<typeof Approval>;

/** What stands behind a seat in a term. */
export const Exposure = struct(
  {
    own: u128,
    others: vec(struct({ who: accountId, value: u128 }, path("Backing")), MAX_NOMINATORS),
    commission: u8,
  },
  path("Exposure"),
);
export type Exposure = CodecType<typeof Exposure>;

/** Duty done by an operator in a term. */
export const Service = struct(
  {
    operator: accountId,
    points: u32,
    /** Samples that found its gatekeeper's lease running. */
    online: u32,
  },
  path("Service"),
);
export type Service = CodecType<typeof Service>;

export const Term = struct(
  {
    since: u32,
    /** How often leases were looked at. */
    samples: u32,
    /** Those whose reward is not claimed, once the term is over. */
    services: vec(Service, MAX_SEATS),
    /** Points of all that are rewarded; set at the end. */
    points: u32,
    /** Set aside for the term at its end. */
    reward: option(u128),
    /** Not paid yet. */
    left: u128,
  },
  path("Term"),
);
export type Term = CodecType<typeof Term>;

/** A slash that the next block carries out: what it costs is not known to the message that proved it. */
export const PendingSlash = struct(
  {
    operator: accountId,
    misdeed: Misdeed,
    /** Operator whose gatekeeper showed it. */
    reporter: option(accountId),
    /** Term whose exposure answers; absent: the operator's bond alone. */
    term: option(u32),
  },
  path("PendingSlash"),
);
export type PendingSlash = CodecType<typeof PendingSlash>;
/** Each operator is slashed once before it can hold a seat again. */
export const MAX_PENDING_SLASHES = 2 * MAX_SEATS;

/** A seat that could be taken: an operator and its gatekeeper. */
export interface Taker {
  readonly operator: AccountId;
  readonly seat: Seat;
}

/** What PhaGatekeepers asks before it gives seats away, and tells of those who hold them. */
export interface Admission {
  /** Operators are elected; root's list counts only where they are not. */
  isElected(ctx: HasEnv): boolean;
  /** Whether the account may run a gatekeeper although it holds no seat. */
  isCandidate(ctx: HasEnv, account: AccountId): boolean;
  /** Ends a term: rewards are set aside. */
  endTerm(ctx: HasEnv): Weight;
  /** Who holds the seats from now on; absent when too few can be elected: then the list stays. */
  elect(ctx: HasEnv): {
    readonly operators: readonly AccountId[] | undefined;
    readonly weight: Weight;
  };
  /** Those of the takers, in order, of which no group could make a key or prevent one alone. */
  fitting(ctx: HasEnv, takers: readonly Taker[]): readonly Taker[];
  convicted(
    ctx: HasEnv,
    operator: AccountId,
    misdeed: Misdeed["type"],
    reporter: AccountId | undefined,
  ): void;
  /** The operator's gatekeeper took part in making a generation. */
  madeGeneration(ctx: HasEnv, operator: AccountId): void;
}
