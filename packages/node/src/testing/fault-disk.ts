/**
 * A disk in memory that can die at any write: for tests of what survives.
 *
 * Every operation that changes it is a numbered point. At the point that was chosen the disk throws `DiskDied`, before
 * or in the middle of the operation, and refuses everything afterwards. `survivor` gives what the next start finds:
 * synced bytes always, of the unsynced ones a part; what the database has committed, or, after a loss of power, what
 * it has flushed.
 *
 * It treats bytes as a real one does: it takes copies and gives copies, files as Node's `Buffer`s.
 */
import { compareBytes } from "@pha/scale";
import type { BackingStore } from "../database/backing-store.ts";
import type { AppendFile, JournalFiles } from "../database/journal-files.ts";
import { keyText } from "../database/key-text.ts";
import type { WriteBatch } from "../database/write-batch.ts";

export class DiskDied extends Error {}

interface FileState {
  bytes: Uint8Array;
  synced: number;
}

/** Content of the database at one moment. */
interface Committed {
  readonly pairs: ReadonlyMap<string, readonly [Uint8Array, Uint8Array]>;
  readonly applied: number;
}

export interface SurvivorOptions {
  /** So many bytes of each unsynced tail are there. */
  readonly torn: number;
  /** What ended it: a killed process leaves all commits, a machine without power the flushed ones. @default "process" */
  readonly died?: "process" | "machine";
  readonly dieAt?: number;
}

export class FaultDisk {
  readonly #files = new Map<string, FileState>();
  #committed: Committed = { pairs: new Map(), applied: 0 };
  #flushed: Committed = this.#committed;
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

  /** The disk as the next start finds it. */
  survivor({ torn, died = "process", dieAt }: SurvivorOptions): FaultDisk {
    const disk = new FaultDisk(dieAt === undefined ? {} : { dieAt });
    for (const [name, { bytes, synced }] of this.#files) {
      const kept = bytes.slice(0, Math.min(bytes.length, synced + torn));
      disk.#files.set(name, { bytes: kept, synced: kept.length });
    }
    disk.#committed = died === "process" ? this.#committed : this.#flushed;
    disk.#flushed = disk.#committed;
    return disk;
  }

  journal(): JournalFiles {
    return {
      list: () => [...this.#files.keys()].sort(),
      read: (name) => Buffer.from(this.#file(name).bytes),
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
    return {
      get: (key) => copyOf(this.#committed.pairs.get(keyText(key))?.[1]),
      range: (prefix) => {
        const start = keyText(prefix);
        const found = [...this.#committed.pairs].filter(([key]) => key.startsWith(start));
        return found.map(([, pair]) => pair).sort((a, b) => compareBytes(a[0], b[0]));
      },
      applied: () => this.#committed.applied,
      write: async (batch: WriteBatch, sequence) => {
        await Promise.resolve();
        this.#point();
        const pairs = new Map(this.#committed.pairs);
        for (const { key, value } of batch)
          if (value === undefined) pairs.delete(keyText(key));
          else pairs.set(keyText(key), [new Uint8Array(key), new Uint8Array(value)]);
        this.#committed = { pairs, applied: sequence };
        this.#point();
      },
      flushed: async () => {
        const committed = this.#committed;
        await Promise.resolve();
        this.#point();
        this.#flushed = committed;
      },
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

function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : new Uint8Array(bytes);
}
