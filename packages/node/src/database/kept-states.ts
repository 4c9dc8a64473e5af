/** Which states a pruned database keeps, as its entries say, and how often its nodes are to be counted. */
import { BlockRef, decodeHeader, type Header } from "@pha/consensus";
import { decode, toHex, u32 } from "@pha/scale";
import { compareTries, EMPTY_ROOT, HashTable, type NodeStore } from "@pha/state";
import {
  COUNT_PREFIX,
  countKey,
  finalizedKey,
  headerKey,
  META_KEYS,
  NODE_PREFIX,
  nodeKey,
  UNFINALIZED_PREFIX,
} from "./columns.ts";
import type { JournaledStore } from "./journaled-store.ts";
import { keyText } from "./key-text.ts";
import { readEntry } from "./read-entry.ts";
import type { StateChanges } from "./state-window.ts";

export interface KeptBlock extends BlockRef {
  readonly header: Header;
  /** State that its own came from. */
  readonly parentRoot: Uint8Array;
}

export function nodesOf(store: JournaledStore): NodeStore {
  return { getNode: (hash) => store.get(nodeKey(hash)) };
}

/** Final blocks above `oldest`, and those above the newest final one. */
export function* blocksAbove(
  store: JournaledStore,
  oldest: number,
): Generator<KeptBlock | { readonly missing: number }> {
  const finalized = readEntry(store, META_KEYS.finalized, BlockRef)?.number ?? oldest;
  for (let number = oldest + 1; number <= finalized; number++) {
    const hash = store.get(finalizedKey(number));
    yield (hash && keptBlock(store, hash)) ?? { missing: number };
  }
  for (const key of store.keys(UNFINALIZED_PREFIX))
    yield keptBlock(store, hashIn(key)) ?? { missing: heightIn(key) };
}

export function keptBlock(store: JournaledStore, hash: Uint8Array): KeptBlock | undefined {
  const header = headerAt(store, hash);
  const parent = header && headerAt(store, header.parentHash);
  return header && parent
    ? { hash, number: header.number, header, parentRoot: parent.stateRoot }
    : undefined;
}

export function headerAt(store: JournaledStore, hash: Uint8Array): Header | undefined {
  const stored = store.get(headerKey(hash));
  const decoded = stored && decodeHeader(stored);
  return decoded?.ok ? decoded.value : undefined;
}

/** Height in a key that begins with a letter and a height. */
export function heightIn(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset, key.length).getUint32(1);
}

/** Hash of the block in such a key. */
export function hashIn(key: Uint8Array): Uint8Array {
  return key.subarray(5);
}

/** How often each node is to be counted. */
export class NeededNodes {
  readonly #counts = new HashTable<number>();

  /** A state all of whose nodes are in the store. */
  state(nodes: NodeStore, root: Uint8Array): void {
    this.add(compareTries(nodes, EMPTY_ROOT, root).inserted);
  }

  add(inserted: StateChanges["inserted"]): void {
    for (const hash of inserted) this.#counts.set(hash, this.of(hash) + 1);
  }

  of(hash: Uint8Array): number {
    return this.#counts.get(hash) ?? 0;
  }
}

export interface MiscountedNode {
  readonly hash: Uint8Array;
  /** As stored beside the node, when it is. */
  readonly stored: number | undefined;
  readonly isThere: boolean;
  readonly needed: number;
}

/** Nodes whose count is another than the one that is needed, part by part of all there are. */
export function* miscounted(
  store: JournaledStore,
  needed: NeededNodes,
): Generator<readonly MiscountedNode[]> {
  for (let first = 0; first < 256; first++) {
    const part = (prefix: Uint8Array): readonly Uint8Array[] =>
      store.keys(Uint8Array.of(...prefix, first)).map((key) => key.subarray(prefix.length));
    const nodes = part(NODE_PREFIX);
    const there = new Set(nodes.map(keyText));
    const onlyCounted = part(COUNT_PREFIX).filter((hash) => !there.has(keyText(hash)));
    const found: MiscountedNode[] = [];
    for (const hash of [...nodes, ...onlyCounted]) {
      const isThere = there.has(keyText(hash));
      const bytes = store.get(countKey(hash));
      const decoded = bytes && decode(u32, bytes);
      const stored = bytes === undefined ? undefined : decoded?.ok ? decoded.value : 0;
      const node = { hash, stored, isThere, needed: needed.of(hash) };
      // A count of one is the absence of a count.
      const isRight = isThere
        ? stored === undefined
          ? node.needed === 1
          : stored > 1 && stored === node.needed
        : false;
      if (!isRight) found.push(node);
    }
    yield found;
  }
}

/** How often each hash comes more than it goes. */
export function balanceOf({ inserted, removed }: StateChanges): ReadonlyMap<string, number> {
  const balance = new Map<string, number>();
  const add = (hashes: readonly Uint8Array[], by: number): void => {
    for (const hash of hashes) {
      const key = toHex(hash);
      const sum = (balance.get(key) ?? 0) + by;
      if (sum === 0) balance.delete(key);
      else balance.set(key, sum);
    }
  };
  add(inserted, 1);
  add(removed, -1);
  return balance;
}
