/**
 * What peers are answered from: blocks, read proofs, call proofs, ranges of state, warp proofs.
 *
 * **Bounds**: answers end where `maxBytes` is reached; the heights of set changes are kept, one number each. **Trust**:
 * requests come from peers; what they name may not exist.
 */
import {
  type BlockData,
  type BlockParts,
  type BlockRequest,
  encodeHeader,
  GRANDPA_ENGINE,
  type Header,
  Justification,
  MAX_WARP_FRAGMENTS,
  type WarpFragment,
} from "@pha/consensus";
import type { NetworkChain } from "@pha/network";
import type { StateEntry } from "@pha/network/wire";
import { assert, decode, encode, equalBytes, utf8 } from "@pha/scale";
import {
  createProof,
  encodeCompactProof,
  MAX_KEY_BYTES,
  storageProof,
  type Trie,
} from "@pha/state";
import { type Chain, nextAuthoritiesOf } from "../chain/chain.ts";
import { keysOfCall } from "../chain/view-call.ts";

const CODE = utf8(":code");
/** Bytes of state in one answer. */
const MAX_STATE_BYTES = 1 << 20;
const MAX_STATE_KEYS = 1 << 14;
const NOTHING = new Uint8Array(0);

export function servedChain(chain: Chain): NetworkChain {
  const setChanges = createSetChanges(chain);
  const stateAt = (block: Uint8Array): Trie | undefined => {
    const header = chain.header(block);
    return header && chain.hasStateOf(header) ? chain.stateOf(header) : undefined;
  };
  return {
    genesisHash: chain.genesisHash,
    best: () => chain.best,
    blocks: (request, maxBytes) => blocksOf(chain, request, maxBytes),
    readProof(block, keys) {
      const state = stateAt(block);
      const isReadable = keys.every((key) => key.length <= MAX_KEY_BYTES);
      return state && isReadable ? createProof(state, keys) : undefined;
    },
    callProof(block, method, data) {
      const state = stateAt(block);
      const code = state?.get(CODE);
      if (state === undefined || code === undefined) return undefined;
      const get = (key: Uint8Array) => state.get(key);
      return createProof(state, keysOfCall({ code, get, entry: method, args: data }));
    },
    state(request, maxBytes) {
      const state = stateAt(request.block);
      const [after, inChild] = request.start;
      // There are no child tries on this chain.
      if (state === undefined || inChild !== undefined) return undefined;
      if (after !== undefined && after.length > MAX_KEY_BYTES) return undefined;
      const range = stateRange(state, after, Math.min(maxBytes, MAX_STATE_BYTES));
      if (request.noProof) return { tries: [{ stateRoot: NOTHING, ...range }], proof: NOTHING };
      const keys = range.entries.map(({ key }) => key);
      const nextKeys = [after ?? NOTHING, keys.at(-1) ?? after ?? NOTHING];
      const proof = encodeCompactProof(state.root, createProof(state, keys, { nextKeys }));
      // The entries are in it.
      return { tries: [], proof: encode(storageProof, proof) };
    },
    warpProof(begin, maxBytes) {
      const start = chain.header(begin);
      if (start === undefined || !chain.isFinalized({ hash: begin, number: start.number }))
        return undefined;
      const fragments: WarpFragment[] = [];
      let bytes = 0;
      for (const number of setChanges.after(start.number)) {
        const fragment = fragmentAt(chain, number);
        bytes += encodedBytes(fragment);
        if (bytes > maxBytes || fragments.length >= MAX_WARP_FRAGMENTS)
          return { fragments, isFinished: false };
        fragments.push(fragment);
      }
      const { number } = chain.finalized;
      const lastNumber = fragments.at(-1)?.header.number ?? start.number;
      if (number > lastNumber) {
        const fragment = fragmentAt(chain, number);
        if (bytes + encodedBytes(fragment) > maxBytes) return { fragments, isFinished: false };
        fragments.push(fragment);
      }
      return { fragments, isFinished: true };
    },
  };
}

function blocksOf(chain: Chain, request: BlockRequest, maxBytes: number): readonly BlockData[] {
  const blocks: BlockData[] = [];
  let bytes = 0;
  for (const hash of hashesOf(chain, request)) {
    const block = blockData(chain, hash, request);
    if (block === undefined) break;
    bytes += sizeOf(block);
    if (bytes > maxBytes && blocks.length > 0) break;
    blocks.push(block);
  }
  return blocks;
}

function* hashesOf(chain: Chain, request: BlockRequest): Generator<Uint8Array> {
  const { from, direction, maxBlocks } = request;
  const first = from.hash ?? chain.hashAt(from.number);
  let header = first && chain.header(first);
  if (first === undefined || header === undefined) return;
  yield first;
  if (direction === "descending")
    for (let left = maxBlocks - 1; left > 0 && header && header.number > 0; left--) {
      yield header.parentHash;
      header = chain.header(header.parentHash);
    }
  else {
    const { number } = header;
    const onBest = chain.hashAt(number);
    if (onBest === undefined || !equalBytes(onBest, first)) return;
    for (let next = number + 1; next < number + maxBlocks; next++) {
      const hash = chain.hashAt(next);
      if (hash === undefined) return;
      yield hash;
    }
  }
}

function blockData(chain: Chain, hash: Uint8Array, { parts }: BlockRequest): BlockData | undefined {
  const header = chain.header(hash);
  const body = parts.body ? chain.body(hash) : [];
  // After a start in the middle of the chain the past comes later.
  if (header === undefined || body === undefined) return undefined;
  return {
    hash,
    header: parts.header ? encodeHeader(header) : undefined,
    body: body ?? [],
    justifications: justificationsOf(chain, hash, header, parts),
  };
}

/**
 * With headers or bodies those of blocks that change the voters alone: light clients take more for misbehaviour. Who
 * asks for nothing else gets every one there is.
 */
function justificationsOf(chain: Chain, hash: Uint8Array, header: Header, parts: BlockParts) {
  if (!parts.justification) return [];
  const isAllAskedFor = !parts.header && !parts.body;
  if (!isAllAskedFor && nextAuthoritiesOf(header) === undefined) return [];
  const justification = chain.justification(hash);
  return justification === undefined ? [] : [{ engine: GRANDPA_ENGINE, justification }];
}

function sizeOf({ header, body, justifications }: BlockData): number {
  const parts = [...body, ...justifications.map(({ justification }) => justification)];
  return parts.reduce((sum, part) => sum + part.length + 8, (header?.length ?? 0) + 48);
}

function stateRange(
  state: Trie,
  after: Uint8Array | undefined,
  maxBytes: number,
): { readonly entries: readonly StateEntry[]; readonly isComplete: boolean } {
  const entries: StateEntry[] = [];
  let bytes = 0;
  const keys = state.keys(NOTHING, {
    limit: MAX_STATE_KEYS,
    ...(after === undefined ? {} : { after }),
  });
  for (const key of keys) {
    const value = state.get(key);
    assert(value, "a key of the trie has a value");
    bytes += key.length + value.length;
    // One at least, however large: the asker must get on.
    if (bytes > maxBytes && entries.length > 0) return { entries, isComplete: false };
    entries.push({ key, value });
  }
  return { entries, isComplete: keys.length < MAX_STATE_KEYS };
}

/** A finalized block that has a justification of its own. */
function fragmentAt(chain: Chain, number: number): WarpFragment {
  const hash = chain.hashAt(number);
  const header = hash && chain.header(hash);
  const stored = hash && chain.justification(hash);
  const justification = stored && decode(Justification, stored);
  assert(header && justification?.ok, "the block was finalized by a justification that is stored");
  return { header, justification: justification.value };
}

function encodedBytes({ header, justification }: WarpFragment): number {
  return encodeHeader(header).length + encode(Justification, justification).length;
}

interface SetChanges {
  /** Heights of finalized blocks that changed the voters, ascending. */
  after(number: number): readonly number[];
}

/** Looked for once in each block, when a proof is first asked for and as blocks become final. */
function createSetChanges(chain: Chain): SetChanges {
  const heights: number[] = [];
  let scanned = 0;
  const scan = (): void => {
    for (; scanned < chain.finalized.number; scanned++) {
      // Of a gap in the past the blocks that changed the voters are here, and no others.
      const hash = chain.hashAt(scanned + 1);
      const header = hash && chain.header(hash);
      if (header && nextAuthoritiesOf(header) !== undefined) heights.push(header.number);
    }
  };
  return {
    after(number) {
      scan();
      return heights.filter((height) => height > number);
    },
  };
}
