/**
 * A disk in memory that can die at any write: for tests of what survives.
 *
 * Every operation that changes it is a numbered point. At the point that was chosen the disk throws `DiskDied`, before
 * or in the middle of the operation, and refuses everything afterwards. `survivor` gives what the next start finds:
 * synced bytes always, of the unsynced ones a part.
 */
import type { BackingStore } from "../database/backing-store.ts";
import type { AppendFile, JournalFiles } from "../database/journal-files.ts";
import { keyText } from "../database/key-text.ts";
import { createMemoryStore } from "../database/memory-store.ts";
import type { WriteBatch } from "../database/write-batch.ts";

export class DiskDied extends Error {}

interface FileState {
  bytes: Uint8Array;
  synced: number;
}

export class FaultDisk {
  readonly #files = new Map<string, FileState>();
  readonly #pairs = new Map<string, readonly [Uint8Array, Uint8Array]>();
  #applied = 0;
  #points = 0;
  #dieAt: number;
  #isDead = false;

  /** @param dieAt number of the point at which it dies; counted from 1 */
  constructor({ dieAt = Number.POSITIVE_INFINITY }: { readonly dieAt?: number } = {}) {
    this.#dieAt = dieAt;
  }

  get points(): number {
    return this.#points;
  }

  /** The disk as the next start finds it: `torn` bytes of each unsynced tail are there. */
  survivor({ torn, dieAt }: { readonly torn: number; readonly dieAt?: number }): FaultDisk {
    const disk = new FaultDisk(dieAt === undefined ? {} : { dieAt });
    for (const [name, { bytes, synced }] of this.#files) {
      const kept = bytes.slice(0, Math.min(bytes.length, synced + torn));
      disk.#files.set(name, { bytes: kept, synced: kept.length });
    }
    for (const [key, pair] of this.#pairs) disk.#pairs.set(key, pair);
    disk.#applied = this.#applied;
    return disk;
  }

  journal(): JournalFiles {
    return {
      list: () => [...this.#files.keys()].sort(),
      read: (name) => this.#file(name).bytes.slice(),
      open: (name) => {
        if (!this.#files.has(name)) {
          this.#point();
          this.#files.set(name, { bytes: new Uint8Array(0), synced: 0 });
        }
        return this.#appendFile(name);
      },
      remove: (name) => {
        this.#point();
        this.#files.delete(name);
      },
    };
  }

  /** A backing store that loses what it had not written when the disk died. */
  backing(): BackingStore {
    const view = createMemoryStore();
    for (const [, [key, value]] of this.#pairs) void view.write([{ key, value }], this.#applied);
    return {
      get: (key) => this.#pairs.get(keyText(key))?.[1],
      range: (prefix) => view.range(prefix),
      applied: () => this.#applied,
      write: async (batch: WriteBatch, sequence) => {
        await Promise.resolve();
        this.#point();
        for (const { key, value } of batch)
          if (value === undefined) this.#pairs.delete(keyText(key));
          else this.#pairs.set(keyText(key), [key, value]);
        this.#applied = sequence;
        await view.write(batch, sequence);
        this.#point();
      },
      flushed: async () => {},
      close: async () => {},
    };
  }

  #appendFile(name: string): AppendFile {
    return {
      append: (bytes) => {
        const file = this.#file(name);
        const grown = new Uint8Array(file.bytes.length + bytes.length);
        grown.set(file.bytes);
        grown.set(bytes, file.bytes.length);
        file.bytes = grown;
        this.#point();
      },
      sync: () => {
        const file = this.#file(name);
        this.#point();
        file.synced = file.bytes.length;
      },
      truncate: (length) => {
        this.#point();
        const file = this.#file(name);
        file.bytes = file.bytes.slice(0, length);
        file.synced = Math.min(file.synced, length);
      },
      close: () => {},
    };
  }

  #file(name: string): FileState {
    const file = this.#files.get(name);
    if (!file) throw new Error(`no file ${name}`);
    return file;
  }

  #point(): void {
    if (this.#isDead) throw new DiskDied();
    if (++this.#points < this.#dieAt) return;
    this.#isDead = true;
    throw new DiskDied();
  }
}
