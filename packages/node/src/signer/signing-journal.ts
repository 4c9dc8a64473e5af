/**
 * The signing record on disk: an append-only journal, synced before a signature leaves.
 *
 * Its records are those of the database's journal (`journal-record.ts`). Every `SNAPSHOT_EVERY` signatures the whole
 * record is written once more, and segments before it go. A record whose end is missing was under way when the machine
 * died: its signature never left. Anything else that does not verify is refused, since what it said was signed.
 *
 * **Bounds**: a few segments of `SEGMENT_BYTES`. **Trust**: the folder is the operator's; whoever puts an older copy back
 * takes the protection away.
 */
import { decode, encode, PhaError, variant, variants, vec } from "@pha/scale";
import { openJournal } from "../database/journal.ts";
import type { JournalFiles } from "../database/journal-files.ts";
import { MAX_HISTORIES, Signing, SigningHistory, SigningRecord } from "./signing-record.ts";

const SEGMENT_BYTES = 256 << 10;
const SNAPSHOT_EVERY = 2_048;

const JournalEntry = variants({
  Signed: variant(0, Signing),
  Snapshot: variant(1, vec(SigningHistory, MAX_HISTORIES)),
});

export interface SigningJournal {
  /**
   * Returns when what is to be signed is allowed and noted for good.
   *
   * @throws PhaError `signer/equivocation`, `signer/too-old`, `signer/too-many-keys`
   */
  note(signing: Signing): void;
}

export interface SigningJournalOptions {
  /** @default 256 KiB */
  readonly segmentBytes?: number;
  /** Signatures between two snapshots. @default 2,048 */
  readonly snapshotEvery?: number;
}

/** A record that ends with the process: of a node that has no folder. */
export function volatileJournal(): SigningJournal {
  const record = new SigningRecord();
  return {
    note: (signing) => {
      if (isNew(record, signing)) record.add(signing);
    },
  };
}

/** @throws PhaError `signer/journal-damaged` */
export function openSigningJournal(
  files: JournalFiles,
  { segmentBytes = SEGMENT_BYTES, snapshotEvery = SNAPSHOT_EVERY }: SigningJournalOptions = {},
): SigningJournal {
  const { journal, pending } = openSegments(files, segmentBytes);
  let record = new SigningRecord();
  let sinceSnapshot = 0;
  // Whatever was there before the first segment is in a snapshot.
  let isWhole = (pending[0]?.sequence ?? 1) === 1;
  for (const { payload, sequence } of pending) {
    const entry = decode(JournalEntry, payload);
    if (!entry.ok) throw damaged({ sequence, reason: entry.error.reason });
    if (entry.value.type === "Snapshot") {
      record = new SigningRecord(entry.value.value);
      isWhole = true;
      sinceSnapshot = 0;
      continue;
    }
    if (record.judge(entry.value.value) !== "new") throw damaged({ sequence, reason: "repeated" });
    record.add(entry.value.value);
    sinceSnapshot++;
  }
  if (!isWhole) throw damaged({ reason: "beginning-missing" });

  const writeSnapshot = (): void => {
    const value = record.histories();
    journal.release(journal.append(encode(JournalEntry, { type: "Snapshot", value })) - 1);
    sinceSnapshot = 0;
  };
  return {
    note: (signing) => {
      if (!isNew(record, signing)) return;
      journal.append(encode(JournalEntry, { type: "Signed", value: signing }));
      record.add(signing);
      if (++sinceSnapshot >= snapshotEvery) writeSnapshot();
    },
  };
}

function openSegments(files: JournalFiles, segmentBytes: number): ReturnType<typeof openJournal> {
  const first = Number.parseInt(files.list()[0] ?? "1", 10);
  try {
    return openJournal(files, first - 1, { segmentBytes });
  } catch (cause) {
    if (!(cause instanceof PhaError)) throw cause;
    throw damaged({ ...cause.facts, reason: cause.code }, cause);
  }
}

/** `false` for just the same once more: a node that restarts asks for its outstanding votes again. */
function isNew(record: SigningRecord, signing: Signing): boolean {
  const { kind, major: setId, minor } = signing;
  const facts = kind === "seal" ? { kind, slot: minor } : { kind, setId, round: minor };
  const verdict = record.judge(signing);
  switch (verdict) {
    case "new":
      return true;
    case "again":
      return false;
    case "conflict":
      throw new PhaError("signer/equivocation", "this key has signed something else there", {
        facts,
        hint: "the node's database is older than its keys' record: let it catch up with the network, it signs again from then on",
      });
    case "too-old":
      throw new PhaError("signer/too-old", "this key has signed what comes long after it", {
        facts,
        hint: "check the clock; a database that was restored catches up with the network first",
      });
    case "too-many-keys":
      throw tooManyKeys(MAX_HISTORIES);
  }
}

export function tooManyKeys(most: number): PhaError {
  return new PhaError("signer/too-many-keys", "there are more keys than a signer keeps apart", {
    facts: { most },
    hint: "start with a new keystore that has the keys in use alone",
  });
}

function damaged(facts: PhaError["facts"], cause?: unknown): PhaError {
  return new PhaError("signer/journal-damaged", "the record of what was signed is damaged", {
    facts,
    hint: "validate with new keys (`pha key generate` in another folder); with the old ones something could be signed twice",
    cause,
  });
}
