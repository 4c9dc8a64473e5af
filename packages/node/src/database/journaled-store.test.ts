import { encode, u32 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { DiskDied, FaultDisk } from "../testing/fault-disk.ts";
import { type JournaledStore, openJournaledStore } from "./journaled-store.ts";
import type { WriteBatch } from "./write-batch.ts";

const key = (n: number) => Uint8Array.of(107, n % 7);
/** Batch n sets one of seven keys to n and a counter to n; every third removes a key. */
const batch = (n: number): WriteBatch => [
  { key: key(n), value: n % 3 === 0 ? undefined : encode(u32, n) },
  { key: Uint8Array.of(99), value: encode(u32, n) },
];

function open(disk: FaultDisk): JournaledStore {
  return openJournaledStore({
    backing: disk.backing(),
    files: disk.journal(),
    onFailure: () => {},
    // Four batches or so: segments come and go.
    segmentBytes: 200,
  });
}

function contentAfter(count: number): (number | undefined)[] {
  const content: (number | undefined)[] = Array(7).fill(undefined);
  for (let n = 1; n <= count; n++) content[n % 7] = n % 3 === 0 ? undefined : n;
  return content;
}

const numberOf = (value: Uint8Array | undefined) =>
  value === undefined ? undefined : new DataView(value.buffer, value.byteOffset).getUint32(0, true);

function content(store: JournaledStore): { counter: number; values: (number | undefined)[] } {
  return {
    counter: numberOf(store.get(Uint8Array.of(99))) ?? 0,
    values: [0, 1, 2, 3, 4, 5, 6].map((n) => numberOf(store.get(key(n)))),
  };
}

/** Writes batches until done or dead; the number that were acknowledged. */
async function run(disk: FaultDisk, from: number, to: number): Promise<number> {
  let done = from - 1;
  try {
    const store = open(disk);
    for (let n = from; n <= to; n++) {
      store.batch(batch(n));
      done = n;
      // Lets the background writer have some of the turns.
      if (n % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await store.close();
  } catch {
    // The disk died: what counts is what the next start finds.
  }
  return done;
}

describe("a store that dies at any write", () => {
  test("has every acknowledged batch and no half of one, whatever was torn", async () => {
    const whole = new FaultDisk();
    await run(whole, 1, 20);
    expect(whole.points).toBeGreaterThan(50);
    expect(whole.journal().list().length).toBeLessThan(3);
    for (let dieAt = 1; dieAt <= whole.points; dieAt++) {
      for (const torn of [0, 1, 31, 33, 1_000]) {
        for (const died of ["process", "machine"] as const) {
          const disk = new FaultDisk({ dieAt });
          const acknowledged = await run(disk, 1, 20);
          const recovered = content(open(disk.survivor({ torn, died })));
          expect(recovered.counter).toBeGreaterThanOrEqual(acknowledged);
          expect(recovered.counter).toBeLessThanOrEqual(acknowledged + 1);
          expect(recovered.values).toEqual(contentAfter(recovered.counter));
        }
      }
    }
  });

  test("survives dying again while it recovers", async () => {
    for (let dieAt = 8; dieAt <= 60; dieAt += 13) {
      for (let again = 1; again <= 12; again++) {
        const disk = new FaultDisk({ dieAt });
        const acknowledged = await run(disk, 1, 20);
        const second = disk.survivor({ torn: 40, dieAt: again });
        await run(second, 21, 21);
        const recovered = content(open(second.survivor({ torn: 40 })));
        if (recovered.counter === 21) continue;
        expect(recovered.counter).toBeGreaterThanOrEqual(acknowledged);
        expect(recovered.values).toEqual(contentAfter(recovered.counter));
      }
    }
  });
});

describe("a damaged journal", () => {
  async function closedDisk(): Promise<FaultDisk> {
    const disk = new FaultDisk();
    const backing = { ...disk.backing(), write: () => new Promise<never>(() => {}) };
    const store = openJournaledStore({ backing, files: disk.journal(), onFailure: () => {} });
    for (let n = 1; n <= 5; n++) store.batch(batch(n));
    return disk;
  }

  test("stops the node when a record inside it does not verify", async () => {
    const disk = await closedDisk();
    const files = disk.journal();
    const [name = ""] = files.list();
    const bytes = files.read(name);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    const damaged = { ...files, read: () => bytes };
    expect(() =>
      openJournaledStore({ backing: disk.backing(), files: damaged, onFailure: () => {} }),
    ).toThrowError(expect.objectContaining({ code: "database/journal-corrupt" }));
  });

  test("stops the node when its first records are missing", async () => {
    const disk = await closedDisk();
    const files = disk.journal();
    const [name = ""] = files.list();
    const renamed = {
      ...files,
      list: () => ["0000000000000003.journal"],
      read: () => files.read(name),
    };
    expect(() =>
      openJournaledStore({ backing: disk.backing(), files: renamed, onFailure: () => {} }),
    ).toThrowError(expect.objectContaining({ code: "database/journal-gap" }));
  });
});

test("a store whose backing fails takes no more writes and says so once", async () => {
  const failures: unknown[] = [];
  const disk = new FaultDisk();
  const backing = { ...disk.backing(), write: async () => Promise.reject(new Error("disk full")) };
  const store = openJournaledStore({
    backing,
    files: disk.journal(),
    onFailure: (error) => failures.push(error),
  });
  store.batch(batch(1));
  await new Promise((resolve) => setImmediate(resolve));
  expect(failures).toEqual([new Error("disk full")]);
  expect(() => store.batch(batch(2))).toThrowError(
    expect.objectContaining({ code: "database/failed", cause: new Error("disk full") }),
  );
});

test("a store whose journal refuses a write says so, and takes no more", () => {
  const failures: unknown[] = [];
  const disk = new FaultDisk({ dieAt: 2 });
  const store = openJournaledStore({
    backing: disk.backing(),
    files: disk.journal(),
    onFailure: (error) => failures.push(error),
  });
  expect(() => store.batch(batch(1))).toThrowError(
    expect.objectContaining({ code: "database/write-failed", cause: new DiskDied() }),
  );
  expect(failures).toEqual([new DiskDied()]);
  expect(() => store.batch(batch(2))).toThrowError(
    expect.objectContaining({ code: "database/failed" }),
  );
});

test("lists pairs by prefix in order, pending ones over stored ones", async () => {
  const store = openJournaledStore({ backing: new FaultDisk().backing(), onFailure: () => {} });
  store.batch([
    { key: Uint8Array.of(1, 2), value: Uint8Array.of(1) },
    { key: Uint8Array.of(1, 1), value: Uint8Array.of(1) },
    { key: Uint8Array.of(2, 1), value: Uint8Array.of(1) },
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  store.batch([{ key: Uint8Array.of(1, 2), value: undefined }]);
  store.batch([{ key: Uint8Array.of(1, 0), value: Uint8Array.of(9) }]);
  expect(store.range(Uint8Array.of(1)).map(([found]) => [...found])).toEqual([
    [1, 0],
    [1, 1],
  ]);
});
