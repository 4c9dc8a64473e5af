/** What goes into a voter and comes out of it. */
import type { BlockRef } from "../../block-ref.ts";
import type { AuthoritySet } from "../authority-set.ts";
import type { EquivocationProof } from "../equivocation.ts";
import type { CatchUp, GossipMessage } from "../gossip/message.ts";
import type { VerdictCode } from "../gossip/verdict.ts";
import type { Commit, Justification } from "../justification.ts";
import type { VoteKind, VoteMessage, VotePosition } from "../vote.ts";
import type { VoterRecord } from "./voter-record.ts";

/** Name of a peer, made by the network shell. */
export type PeerName = string;

/** What of the gossip is for voters; neighbour packets are for the gossip itself. */
export type VoterMessage = Exclude<GossipMessage, { readonly type: "Neighbour" }>;

export interface VoterTimer extends VotePosition {
  readonly kind: "prevote" | "precommit";
}

export type VoterInput =
  /** Once, first of all; again when a signer failed: asks for every outstanding signature. */
  | { readonly type: "start" }
  /** Blocks were imported, or another chain is the best. */
  | { readonly type: "chain" }
  | { readonly type: "message"; readonly from: PeerName; readonly message: VoterMessage }
  /** From sync, for a block that is imported. */
  | { readonly type: "justification"; readonly justification: Justification }
  | ({
      readonly type: "signed";
      readonly kind: VoteKind;
      /** ed25519, 64 bytes. */
      readonly signature: Uint8Array;
    } & VotePosition)
  /** The signer has signed another vote there, before the record was lost: this one is never signed. */
  | ({ readonly type: "refused"; readonly kind: VoteKind } & VotePosition)
  | { readonly type: "timer"; readonly timer: VoterTimer };

/** Where a voter is; peers are told. */
export interface VoterPosition extends VotePosition {
  readonly finalized: BlockRef;
}

export type VoterOutput =
  /** Durable when it was carried out; the next output is not carried out before. */
  | { readonly type: "persist"; readonly record: VoterRecord }
  | ({
      readonly type: "sign";
      /** The own key in this set, ed25519. */
      readonly key: Uint8Array;
      readonly kind: VoteKind;
      readonly block: BlockRef;
      /** Bytes to sign with that key. */
      readonly payload: Uint8Array;
    } & VotePosition)
  | { readonly type: "gossip-vote"; readonly vote: VoteMessage }
  | {
      readonly type: "gossip-commit";
      readonly commit: Commit;
      /** Voters that announce it before this one; the first does at once. */
      readonly rank: number;
    }
  | {
      readonly type: "finalize";
      readonly block: BlockRef;
      readonly justification: Justification;
      /** Set of the blocks after this one: the next one when the block changes it. */
      readonly set: AuthoritySet;
    }
  | { readonly type: "equivocation"; readonly proof: EquivocationProof }
  | { readonly type: "set-timer"; readonly timer: VoterTimer; readonly afterMs: number }
  /** Somebody voted for a block that is not imported; sync may ask for it. */
  | { readonly type: "want-block"; readonly block: BlockRef }
  | { readonly type: "catch-up-answer"; readonly to: PeerName; readonly catchUp: CatchUp }
  /** What became of a peer's message. */
  | {
      readonly type: "judged";
      readonly from: PeerName;
      readonly message: VoterMessage;
      readonly verdict: VerdictCode;
    }
  /** The round, the set or the finalized block is another than before this step; last in a step. */
  | { readonly type: "position"; readonly position: VoterPosition };
