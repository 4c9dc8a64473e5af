/**
 * The node's key-value store: journal first, memory at once, the backing store when it gets to it.
 *
 * `batch` returns when the batch is durable and visible. A background loop writes pending batches to the backing
 * store, several in one transaction, and lets journal segments go once they are durable there.
 *
 * **Bounds**: what is pending stays in memory; `ready` resolves when it is below `maxPendingBytes`, and whoever
 * produces many batches awaits it between them.
 */
import { assert, decode, encode, PhaError } from "@pha/scale";
import type { KeyValueStore } from "@pha/state";
import type { BackingStore } from "./backing-store.ts";
import { type Journal, openJournal } from "./journal.ts";
import type { JournalFiles } from "./journal-files.ts";
import { keyText } from "./key-text.ts";
import { WriteBatch } from "./write-batch.ts";

const MAX_PENDING_BYTES = 96 << 20;
/** Batches merged into one transaction of the backing store, at most this many bytes. */
const MERGE_BYTES = 8 << 20;

export interface JournaledStore extends KeyValueStore {
  /** Pairs with the prefix, ascending, pending ones included. */
  range(prefix: Uint8Array): readonly (readonly [Uint8Array, Uint8Array])[];
  /** Keys with the prefix, ascending, pending ones included. */
  keys(prefix: Uint8Array): readonly Uint8Array[];
  /** Durable and visible when it returns; keeps keys and values, which must not change afterwards. */
  batch(writes: WriteBatch): void;
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
  /** Bytes not yet in the backing store. */
  pendingBytes(): number;
  close(): Promise<void>;
}

export interface JournaledStoreOptions {
  readonly backing: BackingStore;
  /** Absent: nothing is durable (tests, nodes without a data directory). */
  readonly files?: JournalFiles;
  /** Called once when the backing store fails; the node must stop. */
  readonly onFailure: (error: unknown) => void;
  readonly maxPendingBytes?: number;
  /** Time for which small batches are collected before the backing store gets them. @default 0 */
  readonly lagMs?: number;
  /** Size at which the journal goes on in a new file; absent: the journal's own choice. */
  readonly segmentBytes?: number;
}

interface Pending {
  readonly sequence: number;
  readonly batch: WriteBatch;
  /** Its keys as text, made once. */
  readonly texts: readonly string[];
  readonly bytes: number;
}

/** Newest value of a key that is still pending. */
interface Recent {
  readonly sequence: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export function openJournaledStore({
  backing,
  files,
  onFailure,
  maxPendingBytes = MAX_PENDING_BYTES,
  lagMs = 0,
  segmentBytes,
}: JournaledStoreOptions): JournaledStore {
  const recent = new Map<string, Recent>();
  const queue: Pending[] = [];
  let queuedBytes = 0;
  let sequence = backing.applied();
  let writing: Promise<void> | undefined;
  let failure: unknown;
  let waiters: (() => void)[] = [];

  const enqueue = (batch: WriteBatch, at: number): void => {
    let bytes = 0;
    const texts: string[] = [];
    for (const { key, value } of batch) {
      bytes += key.length + (value?.length ?? 0);
      const text = keyText(key);
      texts.push(text);
      recent.set(text, { sequence: at, key, value });
    }
    queue.push({ sequence: at, batch, texts, bytes });
    queuedBytes += bytes;
    sequence = at;
  };

  const opened =
    files === undefined
      ? undefined
      : openJournal(files, sequence, segmentBytes === undefined ? {} : { segmentBytes });
  for (const record of opened?.pending ?? [])
    enqueue(decodeBatch(record.payload, record.sequence), record.sequence);

  const writeSome = async (): Promise<void> => {
    const merged: Pending[] = [];
    let bytes = 0;
    for (const pending of queue) {
      if (merged.length > 0 && bytes + pending.bytes > MERGE_BYTES) break;
      merged.push(pending);
      bytes += pending.bytes;
    }
    const last = merged.at(-1);
    assert(last, "there is something to write");
    await backing.write(mergeBatches(merged), last.sequence);
    queue.splice(0, merged.length);
    for (const { texts } of merged)
      for (const text of texts) {
        if ((recent.get(text)?.sequence ?? Number.POSITIVE_INFINITY) <= last.sequence)
          recent.delete(text);
      }
    queuedBytes -= bytes;
    if (queuedBytes < maxPendingBytes) for (const wake of waiters.splice(0)) wake();
    if (opened !== undefined) {
      await backing.flushed();
      opened.journal.release(last.sequence);
    }
  };

  let isClosing = false;
  let endLag: () => void = () => {};
  const lag = (): Promise<void> =>
    new Promise((resolve) => {
      endLag = resolve;
      setTimeout(resolve, lagMs);
    });

  const writeAll = async (): Promise<void> => {
    try {
      while (queue.length > 0) {
        // Fewer and larger transactions: each has to be synced beside the journal.
        if (lagMs > 0 && !isClosing && queuedBytes < MERGE_BYTES) await lag();
        await writeSome();
      }
    } catch (error) {
      failure = error;
      onFailure(error);
      for (const wake of waiters.splice(0)) wake();
    } finally {
      writing = undefined;
    }
  };

  const append = (journal: Journal, batch: WriteBatch): number => {
    try {
      return journal.append(encode(WriteBatch, batch));
    } catch (cause) {
      // Part of a record may stand in the file; only opening it anew cuts that off.
      failure = cause;
      onFailure(cause);
      throw new PhaError("database/write-failed", "the journal refused a write", {
        hint: "check that the disk has room and is healthy, then start the node again",
        cause,
      });
    }
  };

  const startWriting = (): void => {
    // A failed store never writes again: memory and disk would part.
    if (failure === undefined && queue.length > 0) writing ??= writeAll();
  };
  startWriting();

  /** What `take` makes of the pairs with the prefix, ascending. */
  const collect = <T>(
    prefix: Uint8Array,
    take: (key: Uint8Array, value: Uint8Array) => T,
  ): readonly T[] => {
    const found = new Map<string, T>();
    for (const [key, value] of backing.range(prefix)) found.set(keyText(key), take(key, value));
    const start = keyText(prefix);
    for (const [text, { key, value }] of recent) {
      if (!text.startsWith(start)) continue;
      if (value === undefined) found.delete(text);
      else found.set(text, take(key, value));
    }
    return [...found].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, taken]) => taken);
  };

  return {
    get: (key) => {
      const pending = recent.get(keyText(key));
      return pending === undefined ? backing.get(key) : pending.value;
    },
    range: (prefix) => collect(prefix, (key, value) => [key, value] as const),
    keys: (prefix) => collect(prefix, (key) => key),
    batch: (writes) => {
      if (failure !== undefined)
        throw new PhaError("database/failed", "the database failed before and takes no writes", {
          hint: "start the node again; it recovers from its journal",
          cause: failure,
        });
      if (opened === undefined && backing.writeNow && queue.length === 0) {
        sequence += 1;
        backing.writeNow(writes, sequence);
        return;
      }
      enqueue(writes, opened === undefined ? sequence + 1 : append(opened.journal, writes));
      startWriting();
    },
    ready: () =>
      failure !== undefined || queuedBytes < maxPendingBytes
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiters = [...waiters, resolve];
          }),
    pendingBytes: () => queuedBytes,
    close: async () => {
      isClosing = true;
      endLag();
      await writing;
      opened?.journal.close();
      await backing.close();
    },
  };
}

function mergeBatches(merged: readonly Pending[]): WriteBatch {
  const [only] = merged;
  if (merged.length === 1 && only !== undefined) return only.batch;
  const writes = new Map<string, WriteBatch[number]>();
  for (const { batch, texts } of merged)
    for (const [i, write] of batch.entries()) writes.set(texts[i] ?? "", write);
  return [...writes.values()];
}

function decodeBatch(payload: Uint8Array, sequence: number): WriteBatch {
  const batch = decode(WriteBatch, payload);
  if (batch.ok) return batch.value;
  throw new PhaError("database/journal-corrupt", `journal record ${sequence} does not decode`, {
    facts: { sequence, reason: batch.error.reason, offset: batch.error.offset },
    hint: "restore the data directory from a copy, or remove it and let the node start afresh",
  });
}
