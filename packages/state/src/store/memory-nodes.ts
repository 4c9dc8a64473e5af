/**
 * Trie nodes in memory, counted: a node leaves when no root that was applied refers to it any more.
 *
 * Nodes are packed into chunks behind an index of plain numbers, because a million small arrays would keep the garbage
 * collector busier than the trie. A record is its count (u32), its length (u32), its hash and its bytes, in units of
 * eight bytes. A chunk that is half empty is emptied into the current one.
 *
 * **Bounds**: the nodes of the roots that were applied and as much again. **Trust**: the owner applies each change set
 * once.
 */
import { assert } from "@pha/scale";
import type { NodeStore, TrieChanges } from "../trie/trie.ts";

const CHUNK_BYTES = 1 << 20;
const UNIT_BYTES = 8;
const UNITS_PER_CHUNK = CHUNK_BYTES / UNIT_BYTES;
const HASH_FROM = 8;
const BYTES_FROM = 40;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Units written, and of those the ones still referred to. */
  used: number;
  live: number;
}

export class MemoryNodes implements NodeStore {
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #free: number[] = [];
  #current = -1;
  /** 1 + place of a record (chunk · units + unit), or 0; open addressing by the first bytes of the hash. */
  #slots = new Uint32Array(1024);
  #size = 0;

  /** Number of distinct nodes. */
  get size(): number {
    return this.#size;
  }

  /** A copy. */
  getNode(hash: Uint8Array): Uint8Array | undefined {
    const place = (this.#slots[this.#find(hash)] ?? 0) - 1;
    if (place < 0) return undefined;
    const { bytes, view } = this.#chunkOf(place);
    const at = (place % UNITS_PER_CHUNK) * UNIT_BYTES;
    return bytes.slice(at + BYTES_FROM, at + BYTES_FROM + view.getUint32(at + 4));
  }

  /** Moves the store from one root to the next: adds what came, drops what nothing refers to any more. */
  apply(changes: Pick<TrieChanges, "inserted" | "removed">): void {
    this.insert(changes.inserted);
    for (const hash of changes.removed) this.#release(hash);
  }

  /** Adds nodes and keeps those of older roots. */
  insert(inserted: TrieChanges["inserted"]): void {
    for (const { hash, bytes } of inserted) {
      const slot = this.#find(hash);
      const place = (this.#slots[slot] ?? 0) - 1;
      if (place >= 0) {
        const { view } = this.#chunkOf(place);
        const at = (place % UNITS_PER_CHUNK) * UNIT_BYTES;
        view.setUint32(at, view.getUint32(at) + 1);
        continue;
      }
      this.#slots[slot] = 1 + this.#append(hash, bytes, 1);
      if (++this.#size * 2 > this.#slots.length) this.#grow();
    }
  }

  #release(hash: Uint8Array): void {
    const slot = this.#find(hash);
    const place = (this.#slots[slot] ?? 0) - 1;
    assert(place >= 0, "a removed node was inserted before");
    const chunk = this.#chunkOf(place);
    const at = (place % UNITS_PER_CHUNK) * UNIT_BYTES;
    const count = chunk.view.getUint32(at) - 1;
    chunk.view.setUint32(at, count);
    if (count > 0) return;
    this.#vacate(slot);
    this.#size--;
    chunk.live -= unitsOf(chunk.view.getUint32(at + 4));
    const index = Math.floor(place / UNITS_PER_CHUNK);
    if (index !== this.#current && chunk.live * 2 <= chunk.used) this.#empty(index, chunk);
  }

  /** Moves what is left of a chunk into the current one. */
  #empty(index: number, chunk: Chunk): void {
    for (let unit = 0; unit < chunk.used; ) {
      const at = unit * UNIT_BYTES;
      const length = chunk.view.getUint32(at + 4);
      const count = chunk.view.getUint32(at);
      if (count > 0) {
        const hash = chunk.bytes.subarray(at + HASH_FROM, at + BYTES_FROM);
        const bytes = chunk.bytes.subarray(at + BYTES_FROM, at + BYTES_FROM + length);
        this.#slots[this.#find(hash)] = 1 + this.#append(hash, bytes, count);
      }
      unit += unitsOf(length);
    }
    this.#chunks[index] = undefined;
    this.#free.push(index);
  }

  /** Place of a new record; a node larger than a chunk has one of its own. */
  #append(hash: Uint8Array, bytes: Uint8Array, count: number): number {
    const units = unitsOf(bytes.length);
    let chunk = this.#chunks[this.#current];
    let index = this.#current;
    if (chunk === undefined || chunk.used + units > UNITS_PER_CHUNK) {
      const size = Math.max(CHUNK_BYTES, units * UNIT_BYTES);
      const buffer = new ArrayBuffer(size);
      chunk = { bytes: new Uint8Array(buffer), view: new DataView(buffer), used: 0, live: 0 };
      index = this.#free.pop() ?? this.#chunks.length;
      this.#chunks[index] = chunk;
      if (size === CHUNK_BYTES) this.#current = index;
    }
    const unit = chunk.used;
    const at = unit * UNIT_BYTES;
    chunk.view.setUint32(at, count);
    chunk.view.setUint32(at + 4, bytes.length);
    chunk.bytes.set(hash, at + HASH_FROM);
    chunk.bytes.set(bytes, at + BYTES_FROM);
    chunk.used += units;
    chunk.live += units;
    return index * UNITS_PER_CHUNK + unit;
  }

  /** Slot of a hash, or the empty slot where it would stand. */
  #find(hash: Uint8Array): number {
    const mask = this.#slots.length - 1;
    let slot = headOf(hash, 0) & mask;
    for (;;) {
      const place = (this.#slots[slot] ?? 0) - 1;
      if (place < 0) return slot;
      const { bytes } = this.#chunkOf(place);
      const at = (place % UNITS_PER_CHUNK) * UNIT_BYTES + HASH_FROM;
      let same = 0;
      while (same < 32 && bytes[at + same] === hash[same]) same++;
      if (same === 32) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** Empties a slot and closes the gap in the run of slots behind it. */
  #vacate(slot: number): void {
    const mask = this.#slots.length - 1;
    let gap = slot;
    for (let next = (gap + 1) & mask; ; next = (next + 1) & mask) {
      const entry = this.#slots[next] ?? 0;
      if (entry === 0) break;
      const home = this.#homeOf(entry - 1) & mask;
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      this.#slots[gap] = entry;
      gap = next;
    }
    this.#slots[gap] = 0;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Uint32Array(old.length * 2);
    const mask = slots.length - 1;
    for (const entry of old) {
      if (entry === 0) continue;
      let slot = this.#homeOf(entry - 1) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry;
    }
    this.#slots = slots;
  }

  #homeOf(place: number): number {
    return headOf(this.#chunkOf(place).bytes, (place % UNITS_PER_CHUNK) * UNIT_BYTES + HASH_FROM);
  }

  #chunkOf(place: number): Chunk {
    const chunk = this.#chunks[Math.floor(place / UNITS_PER_CHUNK)];
    assert(chunk !== undefined, "a slot refers to a chunk in use");
    return chunk;
  }
}

function unitsOf(length: number): number {
  return Math.ceil((BYTES_FROM + length) / UNIT_BYTES);
}

function headOf(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}
