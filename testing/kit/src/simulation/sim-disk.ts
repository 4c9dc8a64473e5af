/**
 * A node's disk: an append-only journal, as the real one. What was not synced when a node crashes may be lost, from
 * some point on.
 */
import {
  type AuthoritySet,
  type BlockRef,
  bytesKey,
  ForkTree,
  type Header,
  type Justification,
  type VoterRecord,
} from "@pha/consensus";
import { assert } from "@pha/scale";
import { GENESIS, hashOf, isPrimary, refOf } from "./sim-blocks.ts";

type Write =
  | { readonly type: "block"; readonly header: Header }
  | {
      readonly type: "finality";
      readonly block: BlockRef;
      readonly justification: Justification;
      readonly set: AuthoritySet;
    }
  | { readonly type: "record"; readonly record: VoterRecord };

/** Proof that ended a set, or the newest. */
export interface StoredFinality {
  readonly block: BlockRef;
  readonly justification: Justification;
  readonly setId: bigint;
  readonly endsSet: boolean;
}

export class SimDisk {
  #journal: Write[] = [];
  #synced = 0;
  readonly #genesisSet: AuthoritySet;
  tree = new ForkTree<Header>(refOf(GENESIS));
  headers = new Map<string, Header>();
  /** By height. */
  finalized: BlockRef[] = [];
  finality: StoredFinality[] = [];
  set: AuthoritySet;
  record: VoterRecord | undefined;

  constructor(genesisSet: AuthoritySet) {
    this.#genesisSet = genesisSet;
    this.set = genesisSet;
    this.#reset();
  }

  /** @returns whether the block is new and its parent is there */
  putBlock(header: Header): boolean {
    const hash = hashOf(header);
    const { parentHash, number } = header;
    const inserted = this.tree.insert({
      hash,
      number,
      parentHash,
      primary: isPrimary(header),
      data: header,
    });
    if (!inserted.ok) return false;
    this.headers.set(bytesKey(hash), header);
    this.#journal.push({ type: "block", header });
    return true;
  }

  putFinality(block: BlockRef, justification: Justification, set: AuthoritySet): void {
    const done = this.tree.finalize(block.hash);
    assert(done.ok, "a voter finalizes blocks of the tree");
    for (const { hash, number } of done.value.finalized) this.finalized[number] = { hash, number };
    const endsSet = set.setId !== this.set.setId;
    if (this.finality.at(-1)?.endsSet === false) this.finality.pop();
    this.finality.push({ block, justification, setId: this.set.setId, endsSet });
    this.set = set;
    this.#journal.push({ type: "finality", block, justification, set });
  }

  /** @param durability a record is synced, and with it everything before; unless a bug is planted */
  putRecord(record: VoterRecord, durability: "synced" | "unsynced"): void {
    this.record = record;
    this.#journal.push({ type: "record", record });
    if (durability === "synced") this.#synced = this.#journal.length;
  }

  /** Writes that a crash may lose. */
  get unsynced(): number {
    return this.#journal.length - this.#synced;
  }

  /** @param lost how many of the unsynced writes are gone, the last ones */
  crash(lost: number): void {
    const kept = this.#journal.slice(0, this.#journal.length - lost);
    this.#journal = [];
    this.#reset();
    for (const write of kept) this.#replay(write);
    this.#synced = this.#journal.length;
  }

  #reset(): void {
    const root = refOf(GENESIS);
    this.tree = new ForkTree<Header>(root);
    this.headers = new Map([[bytesKey(root.hash), GENESIS]]);
    this.finalized = [root];
    this.finality = [];
    this.set = this.#genesisSet;
    this.record = undefined;
  }

  #replay(write: Write): void {
    switch (write.type) {
      case "block":
        this.putBlock(write.header);
        return;
      case "finality":
        this.putFinality(write.block, write.justification, write.set);
        return;
      case "record":
        this.putRecord(write.record, "unsynced");
        return;
    }
  }
}
