import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aDevChain, openStore } from "@pha/node/testing";
import { utf8 } from "@pha/scale";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EXIT } from "../program/exit-code.ts";
import { runProgram } from "../program/program.ts";
import { keepPrinted } from "../testing/printed.ts";

let folder = "";
const printed = keepPrinted();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pha-cli-db-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = () =>
  openStore({
    directory: folder,
    onFailure: (error) => {
      throw error;
    },
  });

async function pha(...args: readonly string[]) {
  printed.stdout = "";
  await runProgram(["node", "pha", "db", ...args, "--base-path", folder, "--json"]);
  return JSON.parse(printed.stdout);
}

test("pha db check and repair: whole, damaged, repaired, whole again", async () => {
  const store = open();
  const node = aDevChain({ store });
  for (let i = 0; i < 3; i++) await node.author();
  await store.close();
  expect(await pha("check")).toMatchObject({ finalized: 3, blocks: 4, faults: [] });
  expect(await pha("repair")).toMatchObject({ from: 3, to: 3, repaired: false });

  const again = open();
  again.batch([{ key: utf8("mfinalized"), value: undefined }]);
  await again.close();
  const { error } = await pha("check");
  expect(error.code).toBe("database/damaged");
  expect(error.facts.faults).toBe("database/damaged-entry: newest final block");
  expect(process.exitCode).toBe(EXIT.config);
  expect(printed.stderr).toContain("newest final block");
  process.exitCode = undefined;
  expect(await pha("repair")).toMatchObject({ to: 3, repaired: true });
  expect(await pha("check")).toMatchObject({ finalized: 3, faults: [] });
});

test("a folder without a database is refused", async () => {
  const { error } = await pha("check");
  expect(error.code).toBe("database/not-there");
  expect(process.exitCode).toBe(EXIT.config);
});
