/**
 * State sync: the state of one final block, range by range, each proven against the block's state root.
 *
 * What comes out are the trie's nodes themselves, ready for the store: whatever is under the root by its hash is right,
 * wherever it came from. The last key that was proven is all that a restart needs to go on.
 *
 * **Bounds**: one answer at a time, of `MAX_RANGE_KEYS` keys; nothing is kept of it. **Trust**: answers are hostile, the
 * root is that of a header whose finality was verified.
 *
 * @see polkadot-spec "State requests"
 */
import { blake2b256 } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { decodeCompactProof, EMPTY_ROOT, type ProofError, verifyProof } from "@pha/state";
import { SerialFetch } from "./serial-fetch.ts";
import type { SyncPeerName } from "./sync-io.ts";

/** Keys of one answer; an honest one has fewer. */
export const MAX_RANGE_KEYS = 1 << 16;
const NO_KEY = new Uint8Array(0);

export interface StateRangeRequest {
  readonly block: Uint8Array;
  /** Last key that is here; empty at the start. */
  readonly after: Uint8Array;
}

export interface StateRange {
  /** Nodes and outside values, by their hashes. */
  readonly nodes: readonly { readonly hash: Uint8Array; readonly bytes: Uint8Array }[];
  /** Last key of the range; the next one begins after it. */
  readonly last: Uint8Array;
  readonly keys: number;
  /** No key follows: the state is whole. */
  readonly isComplete: boolean;
}

export type StateRangeError =
  | ProofError
  /** It shows no key and no end. */
  | { readonly code: "state-range/no-progress" }
  | { readonly code: "state-range/too-many-keys" };

/** @param proof compact, for the keys after `after` */
export function verifyStateRange(
  root: Uint8Array,
  after: Uint8Array,
  proof: readonly Uint8Array[],
): Result<StateRange, StateRangeError> {
  const decoded = decodeCompactProof(root, proof);
  if (!decoded.ok) return decoded;
  const entries = decoded.value;
  const nodes = entries.map((bytes) => ({ hash: blake2b256(bytes), bytes }));
  if (equalBytes(root, EMPTY_ROOT)) return ok({ nodes, last: after, keys: 0, isComplete: true });
  const view = verifyProof({ root, proof: entries });
  if (!view.ok) return view;
  let last = after;
  let keys = 0;
  let isComplete = false;
  for (;;) {
    const next = view.value.nextKey(last);
    if (!next.ok) break;
    if (next.value === undefined) {
      isComplete = true;
      break;
    }
    if (!view.value.get(next.value).ok) break;
    last = next.value;
    if (++keys > MAX_RANGE_KEYS) return fail({ code: "state-range/too-many-keys" });
  }
  if (keys === 0 && !isComplete) return fail({ code: "state-range/no-progress" });
  return ok({ nodes, last, keys, isComplete });
}

export interface StateSync {
  readonly fetch: SerialFetch<StateRangeRequest, readonly Uint8Array[], StateRange>;
  readonly isComplete: boolean;
  /** Every peer was asked since the last progress, and none has this state. */
  readonly isUnavailable: boolean;
}

export interface StateSyncStart {
  readonly block: Uint8Array;
  readonly stateRoot: Uint8Array;
  /** Last key that is in the store. */
  readonly after?: Uint8Array;
}

export function createStateSync({ block, stateRoot, after = NO_KEY }: StateSyncStart): StateSync {
  let last = after;
  let isComplete = false;
  const failed = new Set<SyncPeerName>();
  const fetch = new SerialFetch<StateRangeRequest, readonly Uint8Array[], StateRange>({
    want: () => (isComplete ? undefined : { block, after: last }),
    judge(_peer, request, proof) {
      const range = verifyStateRange(stateRoot, request.after, proof);
      if (!range.ok) return { type: "bad", code: "peer/bad-proof" };
      failed.clear();
      last = range.value.last;
      isComplete = range.value.isComplete;
      return { type: "good", found: range.value };
    },
    onFailure: (peer) => failed.add(peer),
  });
  return {
    fetch,
    get isComplete() {
      return isComplete;
    },
    get isUnavailable() {
      const peers = fetch.peerNames;
      return !isComplete && peers.length > 0 && peers.every((peer) => failed.has(peer));
    },
  };
}
