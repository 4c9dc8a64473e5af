import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSealedFile } from "./sealed-file.ts";

const key = new Uint8Array(32).fill(7);
let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "pha-sealed-"));
});
afterAll(() => rm(dir, { recursive: true }));

test("a store that does not exist is absent, and what was written is read", async () => {
  const file = openSealedFile(join(dir, "one"), key);
  expect(await file.read()).toBeUndefined();
  await file.write(Uint8Array.of(1, 2, 3));
  expect(await file.read()).toEqual(Uint8Array.of(1, 2, 3));
  await file.write(Uint8Array.of(4));
  expect(await file.read()).toEqual(Uint8Array.of(4));
});

test("a store of another platform, changed, cut or empty is refused, never taken for absent", async () => {
  const path = join(dir, "two");
  const file = openSealedFile(path, key);
  await file.write(new Uint8Array(40).fill(9));
  await expect(openSealedFile(path, new Uint8Array(32)).read()).rejects.toMatchObject({
    code: "sealed-store/not-opened",
  });
  const good = await readFile(path);
  for (const bytes of [
    good.subarray(0, -1),
    good.subarray(0, 20),
    new Uint8Array(0),
    good.map((b, i) => (i === 30 ? b ^ 1 : b)),
  ]) {
    await writeFile(path, bytes);
    await expect(file.read()).rejects.toMatchObject({ code: "sealed-store/not-opened" });
  }
});

test("two writes of the same content differ on disk", async () => {
  const path = join(dir, "three");
  const file = openSealedFile(path, key);
  await file.write(new Uint8Array(40));
  const first = await readFile(path);
  await file.write(new Uint8Array(40));
  expect(first.equals(await readFile(path))).toBe(false);
});

test("a store that cannot be read is not taken for an absent one", async () => {
  const path = join(dir, "folder");
  await mkdir(path);
  await expect(openSealedFile(path, key).read()).rejects.toMatchObject({
    code: "sealed-store/unreadable",
    facts: { path },
    cause: { code: "EISDIR" },
  });
});

test("two processes that write at once leave the whole content of one, and nothing unfinished stays", async () => {
  const path = join(dir, "four");
  const [one, other] = [openSealedFile(path, key), openSealedFile(path, key)];
  await Promise.all(
    [1, 2, 3, 4].map((n) => (n % 2 ? one : other).write(new Uint8Array(9_000 * n).fill(n))),
  );
  const content = await one.read();
  expect(content).toEqual(
    new Uint8Array(content?.length ?? 0).fill((content?.length ?? 0) / 9_000),
  );
  await writeFile(`${path}.0x00.next`, new Uint8Array(7));
  await other.read();
  expect((await readdir(dir)).filter((name) => name.startsWith("four"))).toEqual(["four"]);
});
