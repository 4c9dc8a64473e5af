import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StateReceipt } from "@pha/protocol";
import { decode } from "@pha/scale";
import { makeStateReceipt, stateReceiptNetwork } from "@pha/sdk/testing/receipts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { receipt } from "../commands/receipt.ts";
import type { Output } from "./output.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-state-receipt-"));
const file = join(folder, "own.receipt");
let genesis: string;
let bytes: Uint8Array;
beforeAll(async () => {
  const { network, chain, input } = stateReceiptNetwork();
  ({ bytes } = await makeStateReceipt(chain(), input));
  genesis = `0x${Buffer.from(network.chain.genesisHash).toString("hex")}`;
  writeFileSync(file, bytes);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(options: Readonly<Record<string, unknown>> = {}, from = file) {
  let shown: { readonly document: unknown; readonly lines: readonly string[] } | undefined;
  const output: Output = {
    json: false,
    printed: false,
    result: (document, lines) => {
      shown = { document, lines };
    },
    progress: () => undefined,
  };
  await receipt.run({ args: [from], options: { genesis, ...options }, output });
  if (shown === undefined) throw new Error("a receipt is shown");
  return shown;
}

test("a receipt of fields is told from one of a command, and shows its fields", async () => {
  const { document, lines } = await run();
  expect(document).toMatchObject({ fields: [{ entry: null }, { entry: null }] });
  expect(lines.join("\n")).toContain("field 0    0x636f756e746572 = 0x0d00000000000000");
  expect(lines.join("\n")).toContain("is its word");
});

test("a changed one, one of another network, and what is none are refused", async () => {
  const changed = bytes.slice();
  changed[bytes.length - 1] = (changed[bytes.length - 1] ?? 0) ^ 1;
  const bad = join(folder, "bad.receipt");
  writeFileSync(bad, changed);
  await expect(run({}, bad)).rejects.toMatchObject({ code: "receipt/bad-signature" });
  await expect(run({ genesis: `0x${"00".repeat(32)}` })).rejects.toMatchObject({
    code: "receipt/other-network",
  });
  writeFileSync(bad, Uint8Array.of(0x81));
  await expect(run({}, bad)).rejects.toMatchObject({ code: "receipt/malformed" });
});

test("a smaller receipt keeps the fields that are asked for, and verifies", async () => {
  const out = join(folder, "less.receipt");
  expect(await run({ only: "1", out })).toMatchObject({ document: { kept: 1, file: out } });
  const less = decode(StateReceipt, readFileSync(out));
  const whole = decode(StateReceipt, bytes);
  if (!less.ok || !whole.ok) throw new Error("both decode");
  expect(less.value.fields).toEqual([whole.value.fields[1]]);
  expect((await run({}, out)).document).toMatchObject({ fields: [{ entry: null }] });
  await expect(run({ only: "1", out })).rejects.toMatchObject({ code: "usage/file-not-written" });
});

test.each([
  { only: "1" },
  { out: "any" },
  { only: "2", out: "any" },
  { only: "first", out: "any" },
  { only: "", out: "any" },
])("which fields to keep is not clear: %j", async (options) => {
  await expect(run(options)).rejects.toMatchObject({ code: "usage/bad-fields" });
});

test("keys and values are read by the artefact of the contract's code, and by no other", async () => {
  const artefact = join(folder, "counter.pha.json");
  writeFileSync(artefact, "{}");
  await expect(run({ artefact })).rejects.toMatchObject({ code: "receipt/other-code" });
  writeFileSync(artefact, Buffer.alloc(600 << 10));
  await expect(run({ artefact })).rejects.toMatchObject({ code: "receipt/other-code" });
  await expect(run({ artefact: join(folder, "none") })).rejects.toMatchObject({
    code: "usage/no-file",
  });
});
