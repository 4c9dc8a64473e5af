/** Opens the node's store in a folder, or in memory without one. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openJournalDirectory } from "./journal-files.ts";
import { type JournaledStore, openJournaledStore } from "./journaled-store.ts";
import { openLmdbStore, unreadable } from "./lmdb-store.ts";
import { createMemoryStore } from "./memory-store.ts";

/** A few blocks' records go to the database together. */
const LAG_MS = 250;

export interface OpenStoreOptions {
  /** Absent: in memory, gone with the process. */
  readonly directory: string | undefined;
  readonly onFailure: (error: unknown) => void;
}

export function openStore({ directory, onFailure }: OpenStoreOptions): JournaledStore {
  if (directory === undefined)
    return openJournaledStore({ backing: createMemoryStore(), onFailure });
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    throw unreadable(directory, cause);
  }
  return openJournaledStore({
    backing: openLmdbStore(join(directory, "chain")),
    files: openJournalDirectory(join(directory, "journal")),
    onFailure,
    lagMs: LAG_MS,
  });
}
