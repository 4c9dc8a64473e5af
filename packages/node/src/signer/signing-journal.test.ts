import { describe, expect, test } from "vitest";
import { DiskDied, FaultDisk } from "../testing/fault-disk.ts";
import { openSigningJournal, type SigningJournal } from "./signing-journal.ts";
import type { Signing } from "./signing-record.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
/** So small that a few signatures make snapshots and segments. */
const SMALL = { segmentBytes: 400, snapshotEvery: 5 };
const SLOTS = 16;

function seal(slot: number, digest = 1): Signing {
  return { key: fill(9), kind: "seal", major: 0n, minor: BigInt(slot), digest: fill(digest) };
}

function prevote(round: number, digest = 1): Signing {
  return { ...seal(round, digest), kind: "prevote", major: 4n };
}

/** Notes slots until the disk dies; gives the number of those that were noted. */
function noteUntilDeath(journal: SigningJournal): number {
  let noted = 0;
  try {
    for (; noted < SLOTS; noted++) journal.note(seal(noted));
  } catch (error) {
    if (!(error instanceof DiskDied)) throw error;
  }
  return noted;
}

test("a second header for a slot, or vote of a round, is refused with what it was; the same is not", () => {
  const journal = openSigningJournal(new FaultDisk().journal());
  journal.note(seal(7));
  journal.note(seal(7));
  journal.note(prevote(7, 2));
  expect(() => journal.note(seal(7, 2))).toThrow(
    expect.objectContaining({ code: "signer/equivocation", facts: { kind: "seal", slot: 7n } }),
  );
  expect(() => journal.note(prevote(7))).toThrow(
    expect.objectContaining({
      code: "signer/equivocation",
      facts: { kind: "prevote", setId: 4n, round: 7n },
    }),
  );
});

test("what lies long before is refused", () => {
  const journal = openSigningJournal(new FaultDisk().journal());
  for (let slot = 100; slot < 200; slot++) journal.note(seal(slot));
  expect(() => journal.note(seal(1))).toThrow(expect.objectContaining({ code: "signer/too-old" }));
});

test("whatever the disk dies at, everything that was noted is there at the next start", () => {
  const whole = new FaultDisk();
  expect(noteUntilDeath(openSigningJournal(whole.journal(), SMALL))).toBe(SLOTS);
  expect(whole.points).toBeGreaterThan(2 * SLOTS);
  for (let dieAt = 1; dieAt <= whole.points; dieAt++)
    for (const torn of [0, 50]) {
      const disk = new FaultDisk({ dieAt });
      let noted = 0;
      try {
        noted = noteUntilDeath(openSigningJournal(disk.journal(), SMALL));
      } catch (error) {
        if (!(error instanceof DiskDied)) throw error;
      }
      const again = openSigningJournal(disk.survivor({ torn }).journal(), SMALL);
      for (let slot = 0; slot < noted; slot++)
        expect(() => again.note(seal(slot, 2))).toThrow(
          expect.objectContaining({ code: "signer/equivocation" }),
        );
      again.note(seal(SLOTS));
    }
});

test("the journal does not grow without end", () => {
  const disk = new FaultDisk();
  const files = disk.journal();
  const journal = openSigningJournal(files, { segmentBytes: 4_000, snapshotEvery: 50 });
  const bytes = () => files.list().reduce((sum, name) => sum + files.read(name).length, 0);
  for (let slot = 0; slot < 1_000; slot++) journal.note(seal(slot));
  expect(bytes()).toBeLessThan(40_000);
  const again = openSigningJournal(disk.survivor({ torn: 0 }).journal());
  expect(() => again.note(seal(990, 2))).toThrow(
    expect.objectContaining({ code: "signer/equivocation" }),
  );
});

describe("a damaged journal is refused, not begun anew:", () => {
  /** Files of a journal with something in it, and a change to them. */
  function damaged(
    change: (files: Map<string, Uint8Array>) => void,
    snapshotEvery?: number,
  ): () => unknown {
    const disk = new FaultDisk();
    const written = disk.journal();
    noteUntilDeath(
      openSigningJournal(written, { ...SMALL, ...(snapshotEvery ? { snapshotEvery } : {}) }),
    );
    const files = new Map(written.list().map((name) => [name, written.read(name)]));
    change(files);
    const journal = {
      ...written,
      list: () => [...files.keys()].sort(),
      read: (name: string) => files.get(name) ?? new Uint8Array(0),
    };
    return () => openSigningJournal(journal, SMALL);
  }
  function expectDamaged(open: () => unknown, reason: string): void {
    expect(open).toThrow(
      expect.objectContaining({
        code: "signer/journal-damaged",
        facts: expect.objectContaining({ reason }),
      }),
    );
  }

  test("a byte inside", () => {
    const open = damaged((files) => {
      const [first] = files.values();
      if (first) first[60] = (first[60] ?? 0) ^ 1;
    });
    expectDamaged(open, "database/journal-corrupt");
  });

  test("a segment that is missing in the middle", () => {
    const open = damaged((files) => {
      expect(files.size).toBeGreaterThan(2);
      files.delete([...files.keys()][1] ?? "");
    }, 1_000);
    expectDamaged(open, "database/journal-gap");
  });

  test("its beginning, where no snapshot stands for it", () => {
    const disk = new FaultDisk();
    const files = disk.journal();
    const journal = openSigningJournal(files, { ...SMALL, snapshotEvery: 1_000 });
    for (let slot = 0; slot < 20; slot++) journal.note(seal(slot));
    const [first = ""] = files.list();
    files.remove(first);
    expectDamaged(() => openSigningJournal(files, SMALL), "beginning-missing");
  });

  test("a record that is none, and one that is there twice", async () => {
    const { openJournal } = await import("../database/journal.ts");
    const files = new FaultDisk().journal();
    openJournal(files, 0).journal.append(Uint8Array.of(9, 9));
    expectDamaged(() => openSigningJournal(files), "unknown-variant");
    const twice = new FaultDisk().journal();
    openSigningJournal(twice).note(seal(1));
    const opened = openJournal(twice, 0);
    opened.journal.append(opened.pending[0]?.payload ?? new Uint8Array(0));
    expectDamaged(() => openSigningJournal(twice), "repeated");
  });
});
