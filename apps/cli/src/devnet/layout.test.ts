import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { freePort } from "./free-port.ts";
import { openLayout } from "./layout.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-layout-"));
const dist = join(folder, "dist");
let state: string;
let count = 0;
const build = (content: string) => {
  for (const name of ["pruntime.js", "engine.js"]) writeFileSync(join(dist, name), content);
};
mkdirSync(dist);
beforeEach(() => {
  build("build one");
  state = join(folder, `state-${count++}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a state folder keeps its root and its measurement", async () => {
  const first = await openLayout(state, dist);
  const second = await openLayout(state, dist);
  expect(second.simulatedRoot).toEqual(first.simulatedRoot);
  expect(second.measurement).toEqual(first.measurement);
  expect(second.temporary).toBe(false);
});

test("a folder that cannot be made is named with the cause", async () => {
  writeFileSync(state, "a file");
  await expect(openLayout(join(state, "below"), dist)).rejects.toMatchObject({
    code: "config/state-not-writable",
    facts: { folder: join(state, "below") },
    cause: { code: "ENOTDIR" },
  });
});

test("state of another build of pRuntime is refused with both measurements", async () => {
  const first = await openLayout(state, dist);
  build("build two");
  await expect(openLayout(state, dist)).rejects.toMatchObject({
    code: "config/other-build",
    facts: { allowed: `0x${Buffer.from(first.measurement).toString("hex")}` },
  });
});

test("a damaged secret is not replaced by a new one", async () => {
  await openLayout(state, dist);
  const path = join(state, "simulated-root.hex");
  writeFileSync(path, "0x1234");
  await expect(openLayout(state, dist)).rejects.toMatchObject({
    code: "config/state-damaged",
    facts: { path },
  });
  rmSync(path);
  mkdirSync(path);
  await expect(openLayout(state, dist)).rejects.toMatchObject({
    code: "config/state-damaged",
    cause: { code: "EISDIR" },
  });
});

test("the last port has none behind it to try", async () => {
  const server = createServer();
  // Whoever holds it, it is taken.
  await new Promise((resolve) =>
    server.once("error", resolve).listen(65_535, "127.0.0.1", () => resolve(undefined)),
  );
  await expect(freePort(65_535)).rejects.toMatchObject({
    code: "devnet/no-free-port",
    facts: { first: 65_535 },
  });
  server.close();
});
