import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadConfig, parseConfig } from "./config.ts";
import { readDevnet } from "./read-devnet.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const HASH = `0x${"11".repeat(32)}`;

test("a configuration that is missing or no JSON is named by its path", () => {
  const path = join(folder, "missing.json");
  expect(() => loadConfig(path)).toThrow(
    expect.objectContaining({ code: "config/unreadable", facts: { path } }),
  );
  const cut = join(folder, "cut.json");
  writeFileSync(cut, '{ "chain": ');
  expect(() => loadConfig(cut)).toThrow(
    expect.objectContaining({ code: "config/unreadable", facts: { path: cut } }),
  );
});

test.each([
  ["", []],
  ["", null],
  ["chain", {}],
  ["chain", { chain: "main" }],
  ["rpcPort", { chain: "dev", rpcPort: 65_536 }],
  ["pruning", { chain: "dev", pruning: 0 }],
  ["pruning", { chain: "dev", pruning: "archive-canonical" }],
  ["slotDurationMs", { chain: "dev", slotDurationMs: 1 }],
  ["dataDir", { chain: "dev", dataDir: "" }],
  ["authority", { chain: "dev", authority: `0x${"12".repeat(32)}` }],
  ["extra", { chain: "dev", extra: 1 }],
  ["devnet", { chain: "dev", devnet: { simulatedRoot: "0x", measurement: HASH, contracts: [] } }],
])("a wrong field is named: %s in %j", (field, json) => {
  expect(() => parseConfig(json)).toThrow(
    expect.objectContaining({ code: "config/bad-field", facts: { field } }),
  );
});

test("methods that handle keys are not opened to others", () => {
  const open = (rpcHost: string) => parseConfig({ chain: "dev", rpcUnsafe: true, rpcHost });
  expect(() => open("0.0.0.0")).toThrow(
    expect.objectContaining({ code: "config/unsafe-rpc-exposed" }),
  );
  expect(open("127.0.0.1").rpcUnsafe).toBe(true);
});

test("an artefact that the genesis should hold and nobody built is named", async () => {
  const file = join(folder, "counter.pha.json");
  const contracts = [{ name: "counter", file }];
  await expect(
    readDevnet({ simulatedRoot: HASH, measurement: HASH, contracts }),
  ).rejects.toMatchObject({
    code: "config/no-artefact",
    facts: { file },
    cause: { code: "ENOENT" },
  });
});
