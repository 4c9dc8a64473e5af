/**
 * Checkpoint of a chain, as a chain spec's `lightSyncState` carries it: a finalized block from which light clients start
 * instead of block 0, with the epochs and voters they need there. Encoding only.
 *
 * **Trust**: whoever starts from it trusts who made it, as much as the chain spec around it.
 *
 * @see polkadot-spec "Checkpointing"
 */
import {
  assert,
  type Codec,
  concatBytes,
  encode,
  fail,
  fixedBytes,
  ok,
  type Result,
  tuple,
  u32,
  u64,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { Authorities } from "../authorities.ts";
import { babeAnnouncementOf } from "../babe/digest.ts";
import { BabeEpoch } from "../babe/epoch.ts";
import type { EpochContext } from "../babe/epoch-context.ts";
import type { BlockRef } from "../block-ref.ts";
import type { AuthoritySet } from "../grandpa/authority-set.ts";
import { encodeHeader, type Header, headerHash } from "../header.ts";

export interface LightSyncState {
  /** Encoded header of the checkpoint. */
  readonly finalizedBlockHeader: Uint8Array;
  /** The epoch of the block and the one after it, each with the block that announced it. */
  readonly babeEpochChanges: Uint8Array;
  /** Voters of the block's descendants. */
  readonly grandpaAuthoritySet: Uint8Array;
}

export interface LightSyncInput {
  readonly header: Header;
  /** As the block's state has them. */
  readonly epochs: EpochContext;
  readonly set: AuthoritySet;
  /** Header of an ancestor. */
  readonly headerOf: (hash: Uint8Array) => Header | undefined;
}

export type LightSyncError =
  /** Epoch 0 has no announcement, and clients want one of each epoch. */
  | { readonly code: "checkpoint/too-early"; readonly number: number }
  | { readonly code: "checkpoint/missing-ancestor"; readonly hash: Uint8Array };

const EpochAt: Codec<readonly [Uint8Array, number, { type: "Regular"; value: BabeEpoch }]> = tuple(
  fixedBytes(32),
  u32,
  variants({ Regular: variant(1, BabeEpoch) }),
);
const EpochsAt = vec(EpochAt, 2);
/** A fork tree without nodes: no roots, no best number. */
const EMPTY_TREE = new Uint8Array(2);
const EMPTY_LIST = new Uint8Array(1);

/** Reads the headers of up to two epochs. */
export function createLightSyncState(
  input: LightSyncInput,
): Result<LightSyncState, LightSyncError> {
  const { header, epochs, set } = input;
  const announced = announcementsBefore(input);
  if (!announced.ok) return announced;
  const [current, next] = announced.value;
  const regular = ({ hash, number }: BlockRef, epoch: BabeEpoch) =>
    [hash, number, { type: "Regular", value: epoch }] as const;
  return ok({
    finalizedBlockHeader: encodeHeader(header),
    babeEpochChanges: concatBytes(
      EMPTY_TREE,
      encode(EpochsAt, [regular(current, epochs.current), regular(next, epochs.next)]),
    ),
    grandpaAuthoritySet: concatBytes(
      encode(Authorities, set.authorities),
      encode(u64, set.setId),
      // Pending changes, standard and forced, and past changes: light clients look at none of them.
      EMPTY_TREE,
      EMPTY_LIST,
      EMPTY_LIST,
    ),
  });
}

/** Blocks that announced the epoch of the header and the one after it: the last two that announced any. */
function announcementsBefore({
  header,
  headerOf,
}: LightSyncInput): Result<readonly [current: BlockRef, next: BlockRef], LightSyncError> {
  let next: BlockRef | undefined;
  for (let block = header; block.number > 0; ) {
    const announcement = babeAnnouncementOf(block);
    assert(announcement.ok, "a finalized header's digest was read at import");
    if (announcement.value.nextEpoch) {
      const found = { hash: headerHash(block), number: block.number };
      if (next) return ok([found, next]);
      next = found;
    }
    const parent = headerOf(block.parentHash);
    if (!parent) return fail({ code: "checkpoint/missing-ancestor", hash: block.parentHash });
    block = parent;
  }
  return fail({ code: "checkpoint/too-early", number: header.number });
}
