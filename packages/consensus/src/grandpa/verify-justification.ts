/**
 * Verifies GRANDPA justifications and commits against an authority set, strictly.
 *
 * Each authority counts once; every precommit must reach the target through the ancestries that come with it, all of
 * which must be used; the weight must reach `n − ⌊(n − 1) / 3⌋`; every signature is over round and set id.
 *
 * **Bounds**: linear in the input; at most as many precommits as authorities are looked at; signatures, the dear
 * part, come last. **Trust**: the justification is hostile; the set is the caller's. **Not here**: which set is the
 * current one (`light-client.ts`).
 */
import { blake2b256, ed25519Verify } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { type BlockRef, bytesKey, isSameBlock } from "../block-ref.ts";
import { encodeHeader, type Header } from "../header.ts";
import { type AuthoritySet, voterWeightsOf } from "./authority-set.ts";
import type { Commit, Justification, SignedPrecommit } from "./justification.ts";
import { signedPrecommitPayload } from "./vote.ts";

export type JustificationError =
  | { readonly code: "justification/wrong-target"; readonly target: BlockRef }
  | { readonly code: "justification/wrong-set"; readonly expected: bigint; readonly actual: bigint }
  | { readonly code: "justification/empty-set" }
  | { readonly code: "justification/unequal-lengths" }
  | { readonly code: "justification/unknown-authority"; readonly authority: Uint8Array }
  | { readonly code: "justification/repeated-authority"; readonly authority: Uint8Array }
  | { readonly code: "justification/not-a-descendant"; readonly authority: Uint8Array }
  | { readonly code: "justification/repeated-ancestry" }
  | { readonly code: "justification/unused-ancestry"; readonly unused: number }
  | {
      readonly code: "justification/too-few-votes";
      readonly weight: bigint;
      readonly threshold: bigint;
    }
  | { readonly code: "justification/bad-signature"; readonly authority: Uint8Array };

export interface JustificationInput {
  readonly justification: Justification;
  /** Block it must be for; without it any target is taken. */
  readonly target?: BlockRef;
  readonly set: AuthoritySet;
  /** @default ed25519Verify */
  readonly verify?: SignatureCheck;
}

/** Whether a signature of a public key over a message is right. */
export type SignatureCheck = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

/** Block that a supermajority of the set finalized. */
export interface FinalizedByVotes {
  readonly target: BlockRef;
  readonly round: bigint;
  readonly weight: bigint;
  readonly threshold: bigint;
}

export function verifyJustification({
  justification,
  target,
  set,
  verify = ed25519Verify,
}: JustificationInput): Result<FinalizedByVotes, JustificationError> {
  if (target && !isSameBlock(target, justification.target))
    return fail({ code: "justification/wrong-target", target: justification.target });
  const tally = tallyOf(justification.precommits, set);
  if (!tally.ok) return tally;
  const ancestry = verifyAncestry(justification);
  if (!ancestry.ok) return ancestry;
  const { round, precommits } = justification;
  const signatures = verifySignatures(precommits, round, set.setId, verify);
  if (!signatures.ok) return signatures;
  return ok({ target: justification.target, round, ...tally.value });
}

export interface CommitInput {
  readonly commit: Commit;
  readonly set: AuthoritySet;
  /** Whether a block is on a chain above `ancestor`; equal blocks are not asked about. */
  readonly isDescendant: (block: BlockRef, ancestor: BlockRef) => boolean;
  /** @default ed25519Verify */
  readonly verify?: SignatureCheck;
}

export function verifyCommit({
  commit,
  set,
  isDescendant,
  verify = ed25519Verify,
}: CommitInput): Result<FinalizedByVotes, JustificationError> {
  if (commit.setId !== set.setId)
    return fail({
      code: "justification/wrong-set",
      expected: set.setId,
      actual: commit.setId,
    });
  if (commit.precommits.length !== commit.signatures.length)
    return fail({ code: "justification/unequal-lengths" });
  const precommits: SignedPrecommit[] = [];
  for (const [i, vote] of commit.signatures.entries()) {
    const target = commit.precommits[i];
    if (target) precommits.push({ target, ...vote });
  }
  const tally = tallyOf(precommits, set);
  if (!tally.ok) return tally;
  for (const { target, authority } of precommits)
    if (!isSameBlock(target, commit.target) && !isDescendant(target, commit.target))
      return fail({ code: "justification/not-a-descendant", authority });
  const signatures = verifySignatures(precommits, commit.round, set.setId, verify);
  if (!signatures.ok) return signatures;
  return ok({ target: commit.target, round: commit.round, ...tally.value });
}

/** Weight behind the precommits, each known authority once. */
function tallyOf(
  precommits: readonly SignedPrecommit[],
  set: AuthoritySet,
): Result<{ readonly weight: bigint; readonly threshold: bigint }, JustificationError> {
  const { byKey, total, threshold } = voterWeightsOf(set);
  if (total === 0n) return fail({ code: "justification/empty-set" });
  const seen = new Set<string>();
  let weight = 0n;
  for (const { authority } of precommits) {
    const id = bytesKey(authority);
    const own = byKey.get(id);
    if (own === undefined) return fail({ code: "justification/unknown-authority", authority });
    if (seen.has(id)) return fail({ code: "justification/repeated-authority", authority });
    seen.add(id);
    weight += own;
  }
  if (weight < threshold) return fail({ code: "justification/too-few-votes", weight, threshold });
  return ok({ weight, threshold });
}

/** Every precommit's target reaches the justified block over the given headers, and none of them is superfluous. */
function verifyAncestry({
  target,
  precommits,
  votesAncestries,
}: Justification): Result<undefined, JustificationError> {
  const headers = new Map<string, Header>();
  for (const header of votesAncestries) {
    const id = bytesKey(blake2b256(encodeHeader(header)));
    if (headers.has(id)) return fail({ code: "justification/repeated-ancestry" });
    headers.set(id, header);
  }
  const reaching = new Set<string>();
  for (const precommit of precommits) {
    if (isSameBlock(precommit.target, target)) continue;
    if (!reaches(precommit.target, target, headers, reaching))
      return fail({ code: "justification/not-a-descendant", authority: precommit.authority });
  }
  const unused = headers.size - reaching.size;
  if (unused > 0) return fail({ code: "justification/unused-ancestry", unused });
  return ok(undefined);
}

/** Walks parents from `from`; adds what it passes to `reaching` (a walk that ends there has ended before). */
function reaches(
  from: BlockRef,
  target: BlockRef,
  headers: ReadonlyMap<string, Header>,
  reaching: Set<string>,
): boolean {
  let { hash, number } = from;
  for (;;) {
    const id = bytesKey(hash);
    const header = headers.get(id);
    // Hashes make no cycles and heights fall by one: the walk ends.
    if (header === undefined || header.number !== number) return false;
    if (reaching.has(id)) return true;
    reaching.add(id);
    if (number === target.number + 1) return equalBytes(header.parentHash, target.hash);
    hash = header.parentHash;
    number -= 1;
  }
}

function verifySignatures(
  precommits: readonly SignedPrecommit[],
  round: bigint,
  setId: bigint,
  verify: SignatureCheck,
): Result<undefined, JustificationError> {
  let voted: BlockRef | undefined;
  let payload: Uint8Array = new Uint8Array();
  for (const { target, signature, authority } of precommits) {
    if (voted === undefined || !isSameBlock(voted, target)) {
      payload = signedPrecommitPayload({ ...target, round, setId });
      voted = target;
    }
    if (!verify(authority, payload, signature))
      return fail({ code: "justification/bad-signature", authority });
  }
  return ok(undefined);
}
