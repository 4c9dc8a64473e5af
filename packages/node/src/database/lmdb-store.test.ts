import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openLmdbStore } from "./lmdb-store.ts";
import { openStore } from "./open-database.ts";

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "pha-node-"));
  folders.push(made);
  return made;
};
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

test("reads back after a restart what was written, in order", async () => {
  const directory = folder();
  const first = openStore({ directory, onFailure: () => {} });
  for (let n = 0; n < 300; n++)
    first.batch([{ key: Uint8Array.of(7, n >> 8, n & 255), value: Uint8Array.of(n & 255, 1) }]);
  first.batch([{ key: Uint8Array.of(7, 0, 5), value: undefined }]);
  await first.close();
  const second = openStore({ directory, onFailure: () => {} });
  expect(second.get(Uint8Array.of(7, 1, 3))).toEqual(Uint8Array.of(3, 1));
  expect(second.get(Uint8Array.of(7, 0, 5))).toBeUndefined();
  const keys = second.range(Uint8Array.of(7)).map(([key]) => (key[1] ?? 0) * 256 + (key[2] ?? 0));
  expect(keys).toEqual(Array.from({ length: 300 }, (_, n) => n).filter((n) => n !== 5));
  await second.close();
});

test("lets old journal segments go once the database has them", async () => {
  const directory = folder();
  const store = openStore({ directory, onFailure: () => {} });
  for (let round = 0; round < 6; round++) {
    store.batch([{ key: Uint8Array.of(1, round), value: new Uint8Array(12 << 20).fill(round) }]);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  await store.close();
  const again = openStore({ directory, onFailure: () => {} });
  expect(again.get(Uint8Array.of(1, 5))?.[0]).toBe(5);
  await again.close();
});

test("a folder that cannot be made or opened is named, with the cause", () => {
  const made = folder();
  const file = join(made, "file");
  writeFileSync(file, "not a folder");
  expect(() => openStore({ directory: join(file, "below"), onFailure: () => {} })).toThrowError(
    expect.objectContaining({
      code: "database/unreadable",
      facts: { path: join(file, "below") },
      cause: expect.objectContaining({ code: "ENOTDIR" }),
    }),
  );
});

test.each([
  ["a file of something else", () => Buffer.from("not a database".repeat(1_000))],
  ["a cut database", (whole: Buffer) => whole.subarray(0, 4_096)],
  ["a database whose mark is damaged", (whole: Buffer) => whole.fill(0, 24, 28)],
])("%s is refused before LMDB maps it", async (_, damaged) => {
  const directory = folder();
  const path = join(directory, "chain");
  const store = openLmdbStore(path);
  await store.write([{ key: Uint8Array.of(1), value: Uint8Array.of(1) }], 1);
  await store.close();
  const file = join(path, "data.mdb");
  writeFileSync(file, damaged(readFileSync(file)));
  expect(() => openStore({ directory, onFailure: () => {} })).toThrowError(
    expect.objectContaining({ code: "database/unreadable", facts: { path } }),
  );
});

test("a database that is closed refuses a write", async () => {
  const store = openLmdbStore(join(folder(), "chain"));
  await store.close();
  await expect(
    store.write([{ key: Uint8Array.of(1), value: Uint8Array.of(1) }], 1),
  ).rejects.toMatchObject({ code: "database/write-failed", facts: { sequence: 1 } });
});
