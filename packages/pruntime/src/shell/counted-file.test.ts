import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PhaError } from "@pha/scale";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RollbackCounters } from "../providers/index.ts";
import { openCountedFile } from "./counted-file.ts";
import { openSealedFile } from "./sealed-file.ts";

const key = new Uint8Array(32).fill(7);
let dir = "";
let stores = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "pha-counted-"));
});
afterAll(() => rm(dir, { recursive: true }));

/** A platform's counters, of which the test sees and breaks the work. */
function platform() {
  const counts = new Map<number, bigint>();
  let dies = false;
  const of = (index: number): bigint => {
    const count = counts.get(index);
    if (count === undefined)
      throw new PhaError("provider/tpm-refused", "no index", { hint: "none" });
    return count;
  };
  const counters: RollbackCounters = {
    create: async () => {
      counts.set(counts.size + 1, 40n);
      return counts.size;
    },
    read: async (index) => of(index),
    increment: async (index) => {
      if (dies) throw new Error("killed");
      counts.set(index, of(index) + 1n);
      return of(index);
    },
  };
  const path = join(dir, `${++stores}`);
  return {
    ...{ counts, path },
    /** A process that starts, as all before it are gone. */
    start: () => openCountedFile(path, key, counters),
    killBeforeCount: (isDead: boolean) => {
      dies = isDead;
    },
  };
}

const text = (value: string) => new Uint8Array(Buffer.from(value));

test("what was written last is read, at any number of starts, each of which counts", async () => {
  const { start, counts } = platform();
  expect(await start().read()).toBeUndefined();
  expect(counts.size).toBe(0);
  const first = start();
  await first.write(text("one"));
  await first.write(text("two"));
  expect(counts.get(1)).toBe(42n);
  for (let starts = 1; starts <= 3; starts++) {
    expect(await start().read()).toEqual(text("two"));
    expect(counts.get(1)).toBe(42n + BigInt(starts));
  }
});

test("a process that is killed between writing and counting loses nothing, and keeps what it wrote", async () => {
  const { start, killBeforeCount } = platform();
  const file = start();
  await file.write(text("one"));
  killBeforeCount(true);
  await expect(file.write(text("two"))).rejects.toThrow("killed");
  killBeforeCount(false);
  expect(await start().read()).toEqual(text("two"));
});

test("an older store is refused, whichever it is", async () => {
  const { path, start } = platform();
  const file = start();
  for (const name of ["a", "b", "c"]) {
    await file.write(text(name));
    await copyFile(path, `${path}.${name}`);
  }
  for (const name of ["a", "b"]) {
    await copyFile(`${path}.${name}`, path);
    await expect(start().read()).rejects.toMatchObject({ code: "sealed-store/rolled-back" });
  }
  await copyFile(`${path}.c`, path);
  expect(await start().read()).toEqual(text("c"));
  // The start counted: the very same bytes are an older store now.
  await copyFile(`${path}.c`, path);
  await expect(start().read()).rejects.toMatchObject({
    code: "sealed-store/rolled-back",
    facts: { store: "43", counter: "44" },
  });
});

test("what a killed process wrote and did not count is void as soon as another one acted", async () => {
  const { path, start, killBeforeCount } = platform();
  const file = start();
  await file.write(text("base"));
  await copyFile(path, `${path}.base`);
  killBeforeCount(true);
  await expect(file.write(text("never acted upon"))).rejects.toThrow("killed");
  killBeforeCount(false);
  await copyFile(path, `${path}.void`);
  // The attack: the next process starts from the base, acts, and then the other branch is put in its place.
  await copyFile(`${path}.base`, path);
  const next = start();
  expect(await next.read()).toEqual(text("base"));
  await next.write(text("acted upon"));
  await copyFile(`${path}.void`, path);
  await expect(start().read()).rejects.toMatchObject({ code: "sealed-store/rolled-back" });
});

test("two processes at once: who finds another count than its own ends before it acts", async () => {
  const { start } = platform();
  await start().write(text("one"));
  const [one, other] = [start(), start()];
  await one.read();
  await other.read();
  await expect(one.write(text("of the first"))).rejects.toMatchObject({
    code: "sealed-store/counted-elsewhere",
  });
});

test("a store whose counter is gone, and one without a number, are refused", async () => {
  const { counts, path, start } = platform();
  await start().write(text("one"));
  counts.clear();
  await expect(start().read()).rejects.toMatchObject({ code: "sealed-store/no-counter" });
  // The attack: a store from before the platform had counters, or of a program that asks for none.
  await openSealedFile(path, key).write(text("uncounted"));
  await expect(start().read()).rejects.toMatchObject({ code: "sealed-store/not-opened" });
  await openSealedFile(path, key, "pha/v1/sealed-store/counted").write(new Uint8Array(5));
  await expect(start().read()).rejects.toMatchObject({ code: "sealed-store/malformed" });
});
