import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadNodeKey } from "./node-key.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-node-key-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a key is made once, for its owner alone, and stays the same", () => {
  const path = join(folder, "made", "key");
  const seed = loadNodeKey(path);
  expect(seed).toHaveLength(32);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(loadNodeKey(path)).toEqual(seed);
  expect(loadNodeKey(join(folder, "another"))).not.toEqual(seed);
});

test("a key that others may read, that is none, or that cannot be made is refused", () => {
  const exposed = join(folder, "exposed");
  loadNodeKey(exposed);
  chmodSync(exposed, 0o644);
  expect(() => loadNodeKey(exposed)).toThrow(expect.objectContaining({ code: "node-key/exposed" }));
  const short = join(folder, "short");
  writeFileSync(short, "00ff\n", { mode: 0o600 });
  expect(() => loadNodeKey(short)).toThrow(expect.objectContaining({ code: "node-key/malformed" }));
  expect(() => loadNodeKey(join(short, "below"))).toThrow(
    expect.objectContaining({ code: "node-key/unreadable" }),
  );
});
