/**
 * The chain as a voter sees it, and walks over it.
 *
 * **Bounds**: a walk is as long as the heights of its ends are apart, at most the blocks above the finalized one when
 * it goes down to that. **Trust**: the port is the own node's; digests in headers were written by block authors.
 */
import { equalBytes } from "@pha/scale";
import type { Authority } from "../../authorities.ts";
import { type BlockRef, isSameBlock } from "../../block-ref.ts";
import type { Header } from "../../header.ts";
import { announcedChangesOf } from "../digest.ts";

/** Answers at once and the same until the voter is told that the chain changed. */
export interface VoterChain {
  /** Header of an imported block: above the finalized one, or below it on its chain. */
  header(hash: Uint8Array): Header | undefined;
  /** Head of the best chain that holds the block; `undefined` when the block is unknown or abandoned. */
  bestContaining(hash: Uint8Array): BlockRef | undefined;
}

/** Block at or below `block` on its chain, at a height; `undefined` when a header is missing on the way. */
export function ancestorAt(
  chain: VoterChain,
  block: BlockRef,
  number: number,
): BlockRef | undefined {
  let at = block;
  while (at.number > number) {
    const header = chain.header(at.hash);
    if (header === undefined || header.number !== at.number) return undefined;
    at = { hash: header.parentHash, number: at.number - 1 };
  }
  return at.number === number ? at : undefined;
}

export function isAtOrAbove(chain: VoterChain, block: BlockRef, ancestor: BlockRef): boolean {
  if (block.number < ancestor.number) return false;
  const found = ancestorAt(chain, block, ancestor.number);
  return found !== undefined && isSameBlock(found, ancestor);
}

/** A block on the way up that the set of voters may decide on. */
export interface Decidable {
  readonly block: BlockRef;
  /** Next authorities, when the block schedules a change: the set decides nothing beyond it. */
  readonly change: readonly Authority[] | undefined;
}

/**
 * The highest block that the current set may vote for on the way from `finalized` up to `head`.
 *
 * That is the first one which schedules a change of the set, or else the head. A block whose changes cannot be read,
 * come with a delay or are forced is never voted for: light clients refuse it.
 *
 * @returns `undefined` when `head` does not descend from `finalized` or a header is missing
 */
export function decidableUpTo(
  chain: VoterChain,
  finalized: BlockRef,
  head: BlockRef,
): Decidable | undefined {
  const path: Header[] = [];
  let { hash, number } = head;
  for (; number > finalized.number; number--) {
    const header = chain.header(hash);
    if (header === undefined || header.number !== number) return undefined;
    path.push(header);
    hash = header.parentHash;
  }
  if (number !== finalized.number || !equalBytes(hash, finalized.hash)) return undefined;
  let last = finalized;
  for (const [i, header] of path.reverse().entries()) {
    const changes = announcedChangesOf(header);
    if (!changes.ok || changes.value.forced) break;
    const { scheduled } = changes.value;
    if (scheduled && scheduled.delay !== 0) break;
    last = { hash: path[i + 1]?.parentHash ?? head.hash, number: header.number };
    if (scheduled) return { block: last, change: scheduled.authorities };
  }
  return { block: last, change: undefined };
}
