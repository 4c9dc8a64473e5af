/**
 * A pruned database under random blocks, forks and finality, with a second opinion on what must be in it: the nodes of
 * the kept states, each built from its entries alone.
 */
import {
  type AuthoritySet,
  type BlockRef,
  encodeHeader,
  ForkTree,
  type Header,
  headerHash,
} from "@pha/consensus";
import { assert, toHex } from "@pha/scale";
import { applyChanges, buildTrie, EMPTY_ROOT, openTrie, orderedTrieRoot } from "@pha/state";
import { type ChainDatabase, openChainDatabase } from "../database/chain-database.ts";
import { ABANDONED_PREFIX, NODE_PREFIX } from "../database/columns.ts";
import type { JournaledStore } from "../database/journaled-store.ts";
import { hashIn } from "../database/kept-states.ts";

const VOTERS: AuthoritySet = { setId: 0n, authorities: [] };
/** Below two prefixes the same keys: equal leaves, equal branches, and equal values that stand outside. */
const KEYS: readonly Uint8Array[] = [0x11, 0x12, 0x71].flatMap((first) =>
  [0x00, 0x01, 0x10, 0xff].flatMap((second) => [
    Uint8Array.of(first, second),
    Uint8Array.of(first, second, 0x33, 0x44),
  ]),
);
const VALUES: readonly (Uint8Array | undefined)[] = [
  undefined,
  undefined,
  Uint8Array.of(7),
  new Uint8Array(30).fill(1),
  new Uint8Array(50).fill(2),
  new Uint8Array(50).fill(3),
];

type Entries = ReadonlyMap<Uint8Array, Uint8Array>;

interface WorldBlock extends BlockRef {
  readonly header: Header;
  readonly entries: Entries;
}

export class StateWorld {
  readonly keep: number;
  readonly #below: (bound: number) => number;
  readonly #blocks = new Map<string, WorldBlock>();
  readonly #genesis: WorldBlock;
  #store: JournaledStore;
  #database: ChainDatabase;
  #tree: ForkTree<undefined>;
  #serial = 0;

  constructor(store: JournaledStore, keep: number, below: (bound: number) => number) {
    this.keep = keep;
    this.#below = below;
    const entries = new Map(KEYS.slice(0, 9).map((key) => [key, new Uint8Array(50).fill(2)]));
    this.#genesis = this.#blockOf(undefined, entries, buildTrie([...entries], 1).root);
    this.#store = store;
    [this.#database, this.#tree] = this.#open(store);
  }

  get database(): ChainDatabase {
    return this.#database;
  }

  get store(): JournaledStore {
    return this.#store;
  }

  get finalized(): number {
    return this.#tree.root.number;
  }

  /** Goes on with what a store has. */
  reopen(store: JournaledStore): void {
    this.#store = store;
    [this.#database, this.#tree] = this.#open(store);
  }

  /** A block on any that may have children, or on the best one. */
  author(on: "any" | "best"): void {
    const { root, best } = this.#tree;
    const refs = on === "best" ? [best] : [root, best, ...this.#database.unfinalized()];
    const parent = this.#known(this.#pick(refs).hash);
    const changes = Array.from({ length: this.#below(6) }, () => {
      return [this.#pick(KEYS), this.#pick(VALUES)] as const;
    });
    const { nodes } = this.#database;
    const state = applyChanges(
      openTrie({ root: parent.header.stateRoot, version: 1, nodes }),
      changes,
    );
    const entries = new Map(parent.entries);
    for (const [key, value] of changes)
      if (value === undefined) entries.delete(key);
      else entries.set(key, value);
    const block = this.#blockOf(parent, entries, state.root);
    const { hash, number, header } = block;
    const { parentHash } = header;
    const child = { hash, number, parentHash, primary: this.#below(2) === 0, data: undefined };
    assert(this.#tree.insert(child).ok, "its parent is in the tree");
    const encodedHeader = encodeHeader(header);
    this.#database.putBlock({ hash, header, encodedHeader, body: [], state });
  }

  /** Makes a block final, if there is one above the final one. */
  finalize(which: "any" | "best"): void {
    const { best, root } = this.#tree;
    const target = which === "best" ? best : this.#pick([best, ...this.#database.unfinalized()]);
    if (target === root) return;
    const done = this.#tree.finalize(target.hash);
    assert(done.ok, "it is in the tree");
    const { finalized, pruned } = done.value;
    const justification = Uint8Array.of(1);
    this.#database.putFinality({ finalized, pruned, justification, authoritySet: VOTERS });
  }

  /** Any block whose state is here and has a name of its own. */
  pinOne(): { readonly hash: Uint8Array; release(): void } {
    const { hash } = this.#pick(this.kept());
    return { hash, release: this.#database.pinState(hash) };
  }

  /** Blocks whose states are kept, as the database says. */
  kept(): readonly WorldBlock[] {
    const { store } = this;
    const hashes: Uint8Array[] = [];
    for (let number = this.#database.oldestState(); number <= this.finalized; number++) {
      const hash = this.#database.finalizedHash(number);
      assert(hash, "final blocks are noted");
      hashes.push(hash);
    }
    hashes.push(...this.#database.unfinalized().map(({ hash }) => hash));
    hashes.push(...store.keys(ABANDONED_PREFIX).map(hashIn));
    return hashes.map((hash) => this.#known(hash));
  }

  /** Blocks whose states must be kept: the newest final ones, and all above. */
  needed(): readonly Uint8Array[] {
    const first = Math.max(0, this.finalized - this.keep + 1);
    const finals = Array.from({ length: this.finalized - first + 1 }, (_, i) => {
      const hash = this.#database.finalizedHash(first + i);
      assert(hash, "final blocks are noted");
      return hash;
    });
    return [...finals, ...this.#database.unfinalized().map(({ hash }) => hash)];
  }

  /** Nodes that are stored, and those that the kept states have: by mark and sweep over what they were made of. */
  nodes(): { readonly stored: readonly string[]; readonly reachable: readonly string[] } {
    const reachable = new Set<string>();
    for (const { entries, header } of this.kept()) {
      const built = buildTrie([...entries], 1);
      assert(toHex(built.root) === toHex(header.stateRoot), "the entries are the state's");
      for (const { hash } of built.inserted) reachable.add(toHex(hash));
    }
    const stored = this.store.keys(NODE_PREFIX).map((key) => toHex(key.subarray(1)));
    reachable.delete(toHex(EMPTY_ROOT));
    return { stored: stored.sort(), reachable: [...reachable].sort() };
  }

  #open(store: JournaledStore): [ChainDatabase, ForkTree<undefined>] {
    const { hash, header, entries } = this.#genesis;
    const database = openChainDatabase(store, { genesisHash: hash, pruning: this.keep });
    if (database.genesisHash() === undefined) {
      const { inserted } = buildTrie([...entries], 1);
      const encodedHeader = encodeHeader(header);
      const state = { inserted, removed: [] };
      database.putGenesis({ hash, header, encodedHeader, body: [], state }, VOTERS);
    }
    const tree = new ForkTree<undefined>(database.finalized());
    for (const block of database.unfinalized()) {
      const { number, parentHash } = block.header;
      tree.insert({ hash: block.hash, number, parentHash, primary: true, data: undefined });
    }
    return [database, tree];
  }

  #blockOf(parent: WorldBlock | undefined, entries: Entries, stateRoot: Uint8Array): WorldBlock {
    const header: Header = {
      parentHash: parent?.hash ?? new Uint8Array(32),
      number: parent === undefined ? 0 : parent.number + 1,
      stateRoot,
      extrinsicsRoot: orderedTrieRoot([]),
      digest: [{ type: "Other", value: Uint8Array.of(this.#serial >> 8, this.#serial++ & 255) }],
    };
    const block = { hash: headerHash(header), number: header.number, header, entries };
    this.#blocks.set(toHex(block.hash), block);
    return block;
  }

  #known(hash: Uint8Array): WorldBlock {
    const block = this.#blocks.get(toHex(hash));
    assert(block, "the block was made here");
    return block;
  }

  #pick<T>(list: readonly T[]): T {
    const [first] = list;
    const found = list[this.#below(list.length)] ?? first;
    return found as T;
  }
}
