/**
 * Append-only log of write batches: what makes a block durable before the database behind it has caught up.
 *
 * A batch counts once its record is complete and synced. Segments are files named by their first sequence; a segment
 * goes away when the database has synced past it.
 *
 * **Bounds**: a new segment starts at `segmentBytes`; the store waits for the database when too much is pending.
 */
import { PhaError } from "@pha/scale";
import { type AppendFile, type JournalFiles, journalFileName } from "./journal-files.ts";
import { encodeRecord, HEAD_BYTES, type JournalRecord, readRecord } from "./journal-record.ts";

const SEGMENT_BYTES = 32 << 20;

export interface Journal {
  /** Durable when it returns; gives the record's sequence. */
  append(payload: Uint8Array): number;
  /** Lets segments go that hold no record after `sequence`. */
  release(sequence: number): void;
  close(): void;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** Records after `applied`, in order. */
  readonly pending: readonly JournalRecord[];
}

interface Segment {
  readonly name: string;
  readonly first: number;
}

/**
 * Opens the log and reads back what the database may not have.
 *
 * @param applied newest sequence the database holds
 * @throws PhaError `database/journal-corrupt`, `database/journal-gap`
 */
export function openJournal(
  files: JournalFiles,
  applied: number,
  { segmentBytes = SEGMENT_BYTES }: { readonly segmentBytes?: number } = {},
): OpenedJournal {
  const segments: Segment[] = files.list().map((name) => ({ name, first: sequenceOf(name) }));
  const pending: JournalRecord[] = [];
  let sequence = segments[0]?.first ?? applied + 1;
  if (sequence > applied + 1) throw gap(applied, sequence);
  let file: AppendFile | undefined;
  let length = 0;
  segments.forEach((segment, index) => {
    if (segment.first !== sequence) throw gap(sequence - 1, segment.first);
    const isLast = index === segments.length - 1;
    const read = readSegment(files.read(segment.name), segment, isLast);
    for (const record of read.records) if (record.sequence > applied) pending.push(record);
    sequence += read.records.length;
    if (!isLast) return;
    file = files.open(segment.name);
    file.truncate(read.length);
    file.sync();
    length = read.length;
  });
  if (sequence <= applied) {
    // The database is ahead of a log that was lost behind it; sequences go on from the database's.
    file?.close();
    for (const { name } of segments.splice(0)) files.remove(name);
    file = undefined;
    sequence = applied + 1;
  }

  const startSegment = (): AppendFile => {
    file?.close();
    const segment = { name: journalFileName(sequence), first: sequence };
    segments.push(segment);
    length = 0;
    file = files.open(segment.name);
    return file;
  };

  const journal: Journal = {
    append: (payload) => {
      const target = file === undefined || length >= segmentBytes ? startSegment() : file;
      const record = encodeRecord({ sequence, payload });
      target.append(record);
      target.sync();
      length += HEAD_BYTES + payload.length;
      return sequence++;
    },
    release: (through) => {
      for (;;) {
        const [oldest, next] = segments;
        if (!oldest || !next || next.first > through + 1) return;
        files.remove(oldest.name);
        segments.shift();
      }
    },
    close: () => file?.close(),
  };
  return { journal, pending };
}

function readSegment(
  file: Uint8Array,
  { name, first }: Segment,
  isLast: boolean,
): { records: JournalRecord[]; length: number } {
  const records: JournalRecord[] = [];
  let offset = 0;
  while (offset < file.length) {
    const found = readRecord(file, offset, first + records.length);
    if (found.type === "record") {
      records.push(found.record);
      offset = found.next;
      continue;
    }
    if (found.type === "torn" && isLast) break;
    const reason = found.type === "torn" ? "torn-inside" : found.reason;
    throw new PhaError(
      "database/journal-corrupt",
      `the journal segment ${name} is damaged at byte ${offset} (${reason})`,
      {
        facts: { segment: name, offset, reason },
        hint: "restore the data directory from a copy, or remove it and let the node start afresh",
      },
    );
  }
  return { records, length: offset };
}

function sequenceOf(name: string): number {
  const sequence = Number.parseInt(name, 10);
  if (!Number.isSafeInteger(sequence))
    throw new PhaError("database/journal-corrupt", `${name} is not a journal segment`, {
      facts: { segment: name },
      hint: "remove foreign files from the journal's directory",
    });
  return sequence;
}

function gap(applied: number, first: number): PhaError {
  return new PhaError(
    "database/journal-gap",
    `the database ends at record ${applied} and the journal goes on at ${first}`,
    {
      facts: { applied, first },
      hint: "the database and its journal are from different moments: restore both from one copy",
    },
  );
}
