/** LMDB behind the journal: synchronous reads, asynchronous writes, one transaction per batch. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { decode, encode, PhaError, u64 } from "@pha/scale";
import { open } from "lmdb";
import type { BackingStore } from "./backing-store.ts";

/** Meta keys start with a byte no column uses. */
const APPLIED_KEY = Uint8Array.of(0);
const EMPTY = new Uint8Array(0);

/**
 * @param path folder of the environment
 * @throws PhaError `database/unreadable`
 */
export function openLmdbStore(path: string): BackingStore {
  const database = openDatabase(path);
  return {
    get: (key) => {
      const value = database.getBinary(bufferOf(key));
      return value === undefined ? undefined : copyOf(value);
    },
    *range(prefix) {
      for (const { key, value } of database.getRange({
        start: bufferOf(prefix),
        end: bufferOf(endOfPrefix(prefix)),
      }))
        yield [copyOf(key), copyOf(value)];
    },
    applied: () => {
      const stored = database.getBinary(bufferOf(APPLIED_KEY));
      if (stored === undefined) return 0;
      const sequence = decode(u64, stored);
      if (!sequence.ok) throw unreadable(path, undefined);
      return Number(sequence.value);
    },
    write: async (batch, sequence) => {
      try {
        await database.batch(() => {
          // The batch commits as one transaction; its promise reports for each of its parts.
          for (const { key, value } of batch)
            if (value === undefined) void database.remove(bufferOf(key));
            else void database.put(bufferOf(key), bufferOf(value));
          void database.put(bufferOf(APPLIED_KEY), bufferOf(encode(u64, BigInt(sequence))));
        });
      } catch (cause) {
        throw new PhaError("database/write-failed", "the database refused a write", {
          facts: { path, sequence },
          hint: "check that the disk has room and is healthy, then start the node again",
          cause,
        });
      }
    },
    flushed: async () => {
      await database.flushed;
    },
    close: async () => {
      await database.close();
    },
  };
}

function openDatabase(path: string) {
  if (!isDatabaseFile(join(path, "data.mdb"))) throw unreadable(path, undefined);
  try {
    return open<Buffer, Buffer>({
      path,
      keyEncoding: "binary",
      encoding: "binary",
      // Address space, not disk: the file grows as it fills.
      mapSize: 2 ** 38,
      maxReaders: 64,
    });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Two meta pages at least, the first with LMDB's mark. LMDB itself ends the process on other files. */
const META_BYTES = 2 * 4_096;
const MARK = { at: 24, value: 0xbeefc0de } as const;

/** Whether the file is a database, or nothing yet. */
function isDatabaseFile(file: string): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return true;
  const head = Buffer.alloc(MARK.at + 4);
  const opened = openSync(file, "r");
  try {
    readSync(opened, head, 0, head.length, 0);
  } finally {
    closeSync(opened);
  }
  return size >= META_BYTES && head.readUInt32LE(MARK.at) === MARK.value;
}

export function unreadable(path: string, cause: unknown): PhaError {
  return new PhaError("database/unreadable", "the database cannot be opened", {
    facts: { path },
    hint: "check the folder's permissions and that no other node uses it",
    cause,
  });
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A copy: what LMDB gives may lie in its map, where a later write changes it. */
function copyOf(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}

/** Least key above all keys with the prefix. */
function endOfPrefix(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  for (let i = end.length - 1; i >= 0; i--) {
    const byte = end[i] ?? 0;
    if (byte === 255) continue;
    end[i] = byte + 1;
    return end.subarray(0, i + 1);
  }
  return EMPTY;
}
