/** Starts a voter from what survived on disk. */
import { ed25519Verify } from "@pha/crypto";
import { fail, ok, type Result } from "@pha/scale";
import type { BlockRef } from "../../block-ref.ts";
import type { AuthoritySet } from "../authority-set.ts";
import type { SignatureCheck } from "../verify-justification.ts";
import { GRANDPA_RULES, type GrandpaRules } from "./rules.ts";
import { GrandpaVoter } from "./voter.ts";
import type { VoterChain } from "./voter-chain.ts";
import type { VoterRecord } from "./voter-record.ts";

export interface VoterStart {
  /** Set of the blocks after `finalized`. */
  readonly set: AuthoritySet;
  /**
   * Whether an ed25519 public key is the own one; asked when a set begins. A voter with none of a set's keys follows
   * without voting.
   */
  readonly isOwn: (key: Uint8Array) => boolean;
  readonly finalized: BlockRef;
  /** Last one persisted. */
  readonly record: VoterRecord | undefined;
  readonly chain: VoterChain;
  /** Time for a message to reach every voter. @default GOSSIP_MS */
  readonly gossipMs?: number;
  /** @default GRANDPA_RULES */
  readonly rules?: GrandpaRules;
  /** A shell may pass one that remembers what it has checked. @default ed25519Verify */
  readonly verify?: SignatureCheck;
}

export interface VoterOptions extends VoterStart {
  readonly rules: GrandpaRules;
  readonly verify: SignatureCheck;
}

export type VoterStartError =
  /** The votes are of a later set than the database: starting would vote twice. */
  { readonly code: "voter/record-ahead"; readonly recordSetId: bigint; readonly setId: bigint };

/** Step it with `start` first: that asks for the signatures which were outstanding. */
export function startVoter(start: VoterStart): Result<GrandpaVoter, VoterStartError> {
  const { record, set, rules = GRANDPA_RULES, verify = ed25519Verify } = start;
  if (record && record.setId > set.setId)
    return fail({ code: "voter/record-ahead", recordSetId: record.setId, setId: set.setId });
  return ok(new GrandpaVoter({ ...start, rules, verify }));
}
