/**
 * GRANDPA voter as a machine without I/O: it says what to persist, what to sign, what is final.
 *
 * ```
 *            best-chain                 signed prevote              signed precommit
 *  idle ──────────────────► prevoted ────────────────► precommitted ───────────────► idle, next round
 *        persist, sign prevote       persist, sign precommit          finalize
 * ```
 *
 * A vote is persisted before it is asked for, so a voter that crashed anywhere signs the same vote again or none, and
 * never another one for its round. Outputs are carried out in order, `persist` durably before the next.
 *
 * This is the path of a voter whose own weight is a supermajority: its prevote decides the round's prevotes, its
 * precommit the round. In a set where it is not, it gives no output at all.
 *
 * **Bounds**: the state holds two votes. **Trust**: all inputs are the own node's; the signature is checked because a
 * justification that does not verify would stop every light client. **Not here**: votes of others, rounds that run
 * out of time, catch-up: a set of many voters adds them as inputs. Keys: the shell signs.
 */
import { ed25519Verify } from "@pha/crypto";
import { assert } from "@pha/scale";
import type { BlockRef } from "../../block-ref.ts";
import type { AuthoritySet } from "../authority-set.ts";
import type { Commit, Justification } from "../justification.ts";
import { signedVotePayload, type VoteKind, type VotePosition } from "../vote.ts";
import {
  decidesAlone,
  recordOf,
  type VoterRecord,
  type VoterState,
  type VoteTarget,
} from "./state.ts";

export type VoterInput =
  /** After each import and each `finalize`: what to vote for on the best chain, descending from the finalized block. */
  | { readonly type: "best-chain"; readonly target: VoteTarget }
  | ({
      readonly type: "signed";
      readonly kind: VoteKind;
      /** ed25519, 64 bytes. */
      readonly signature: Uint8Array;
    } & VotePosition)
  /** Asks again for a signature that is outstanding: after a start, and when a signer failed. */
  | { readonly type: "timer" };

export type VoterOutput =
  | { readonly type: "persist"; readonly record: VoterRecord }
  | ({
      readonly type: "sign";
      readonly kind: VoteKind;
      readonly block: BlockRef;
      /** Bytes to sign with the own key. */
      readonly payload: Uint8Array;
    } & VotePosition)
  | {
      readonly type: "finalize";
      readonly block: BlockRef;
      readonly justification: Justification;
      readonly commit: Commit;
      /** Set of the blocks after this one, when it changes here. */
      readonly nextSet: AuthoritySet | undefined;
    };

export interface VoterStep {
  readonly state: VoterState;
  readonly outputs: readonly VoterOutput[];
}

export function stepVoter(state: VoterState, input: VoterInput): VoterStep {
  if (!decidesAlone(state)) return { state, outputs: [] };
  switch (input.type) {
    case "best-chain":
      return onBestChain(state, input.target);
    case "signed":
      return onSigned(state, input);
    case "timer":
      return { state, outputs: outstandingSignature(state) };
  }
}

function onBestChain(state: VoterState, target: VoteTarget): VoterStep {
  const voting = state.prevote !== undefined;
  if (voting || target.block.number <= state.finalized.number) return { state, outputs: [] };
  return persistAndSign({ ...state, prevote: target });
}

function onSigned(
  state: VoterState,
  { kind, round, setId, signature }: VoterInput & { readonly type: "signed" },
): VoterStep {
  const [wanted] = outstandingSignature(state);
  // An answer to a request that was repeated, or of before a restart.
  if (wanted === undefined || wanted.kind !== kind || round !== wanted.round)
    return { state, outputs: [] };
  if (setId !== wanted.setId) return { state, outputs: [] };
  const { own } = state;
  assert(own && ed25519Verify(own, wanted.payload, signature), "the keystore signs with own key");
  if (kind === "prevote") return persistAndSign({ ...state, precommit: state.prevote });
  return finalize(state, own, signature);
}

function persistAndSign(state: VoterState): VoterStep {
  return {
    state,
    outputs: [{ type: "persist", record: recordOf(state) }, ...outstandingSignature(state)],
  };
}

function outstandingSignature(
  state: VoterState,
): readonly (VoterOutput & { readonly type: "sign" })[] {
  const kind = state.precommit ? "precommit" : "prevote";
  const block = (state.precommit ?? state.prevote)?.block;
  if (block === undefined) return [];
  const { round } = state;
  const { setId } = state.set;
  const payload = signedVotePayload(kind, { ...block, round, setId });
  return [{ type: "sign", kind, block, round, setId, payload }];
}

function finalize(state: VoterState, own: Uint8Array, signature: Uint8Array): VoterStep {
  const { set, round, precommit } = state;
  assert(precommit, "a signed precommit was asked for");
  const { block, change } = precommit;
  const nextSet = change && { setId: set.setId + 1n, authorities: change };
  const justification: Justification = {
    round,
    target: block,
    precommits: [{ target: block, signature, authority: own }],
    votesAncestries: [],
  };
  const commit: Commit = {
    round,
    setId: set.setId,
    target: block,
    precommits: [block],
    signatures: [{ signature, authority: own }],
  };
  return {
    state: {
      own,
      set: nextSet ?? set,
      finalized: block,
      round: nextSet ? 1n : round + 1n,
      prevote: undefined,
      precommit: undefined,
    },
    outputs: [{ type: "finalize", block, justification, commit, nextSet }],
  };
}
