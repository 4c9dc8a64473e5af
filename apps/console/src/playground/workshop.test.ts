/** @vitest-environment node */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildContract } from "@pha/contract/build";
import { toHex } from "@pha/scale";
import { build } from "esbuild-wasm";
import { expect, test } from "vitest";
import { createWorkshop } from "./workshop.ts";

const CONTRACTS = join(import.meta.dirname, "..", "..", "..", "..", "contracts");
const counterFile = join(CONTRACTS, "counter", "src", "counter.ts");
const counter = readFileSync(counterFile, "utf8");

const workshop = createWorkshop({
  loadEsbuild: async () => ({ build }),
  loadEngine: async () =>
    readFileSync(
      createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm"),
    ),
});

test("the page builds the bytes that `pha build` makes of the same source", async () => {
  const page = await workshop.build({ source: counter });
  const machine = await buildContract({ entry: counterFile });
  if (!page.ok || !machine.ok) throw new Error(JSON.stringify([page, machine]));
  expect(page.built.codeHash).toBe(toHex(machine.value.codeHash));
  expect(Buffer.from(page.built.bytes).equals(machine.value.bytes)).toBe(true);
});
