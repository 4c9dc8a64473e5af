/** The directory of the journal behind a port, so that tests can cut or break any single write. */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

export interface JournalFiles {
  /** Names in ascending order. */
  list(): readonly string[];
  read(name: string): Uint8Array;
  /** Opens for appending, creating it; durable in the directory when it returns. */
  open(name: string): AppendFile;
  remove(name: string): void;
}

export interface AppendFile {
  append(bytes: Uint8Array): void;
  /** Everything appended is durable when it returns. */
  sync(): void;
  truncate(length: number): void;
  close(): void;
}

const SUFFIX = ".journal";

export function openJournalDirectory(directory: string): JournalFiles {
  mkdirSync(directory, { recursive: true });
  return {
    list: () =>
      readdirSync(directory)
        .filter((name) => name.endsWith(SUFFIX))
        .sort(),
    read: (name) => readFileSync(join(directory, name)),
    open: (name) => {
      const file = openSync(join(directory, name), "a", 0o600);
      syncDirectory(directory);
      return appendFileOf(file);
    },
    remove: (name) => {
      unlinkSync(join(directory, name));
      syncDirectory(directory);
    },
  };
}

export function journalFileName(firstSequence: number): string {
  return firstSequence.toString().padStart(16, "0") + SUFFIX;
}

function appendFileOf(file: number): AppendFile {
  return {
    append: (bytes) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    },
    sync: () => fdatasyncSync(file),
    truncate: (length) => ftruncateSync(file, length),
    close: () => closeSync(file),
  };
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
