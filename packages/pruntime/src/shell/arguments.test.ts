import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SimulatedEvidence } from "@pha/attestation";
import { decode, toHex } from "@pha/scale";
import { afterAll, expect, test } from "vitest";
import { openProvider } from "../providers/index.ts";
import { readArguments } from "./arguments.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-platform-"));
afterAll(() => rmSync(folder, { recursive: true }));

const hex = (byte: number) => toHex(new Uint8Array(32).fill(byte));
const whole = { rootSeed: hex(1), platformSeed: hex(2), measurement: hex(3) };
function platformFile(content: string): string {
  const file = join(folder, "platform.json");
  writeFileSync(file, content);
  return file;
}
const open = (platform: string, provider = "simulated") => openProvider({ platform, provider });

test.each([
  ["nothing", []],
  ["no platform of a simulated TEE", ["--data", "d", "--provider", "simulated"]],
  ["no folder", ["--platform", "p"]],
  ["an option it does not have", ["--data", "d", "--platform", "p", "--port", "1"]],
  ["a word", ["--data", "d", "--platform", "p", "now"]],
])("%s on the command line is a usage error", (_, args) => {
  expect(() => readArguments(args)).toThrow(expect.objectContaining({ code: "pruntime/usage" }));
});

test("the provider is the one that is there, unless one is named", () => {
  expect(readArguments(["--data", "d"])).toEqual({
    data: "d",
    platform: undefined,
    provider: "auto",
  });
  expect(readArguments(["--data", "d", "--platform", "p", "--provider", "gramine"])).toEqual({
    data: "d",
    platform: "p",
    provider: "gramine",
  });
});

test("a platform file that is missing or no JSON is refused with the cause", async () => {
  await expect(open(join(folder, "missing"))).rejects.toMatchObject({
    code: "provider/no-platform-file",
    cause: { code: "ENOENT" },
  });
  await expect(open(platformFile("{"))).rejects.toMatchObject({
    code: "provider/no-platform-file",
    cause: { name: "SyntaxError" },
  });
});

test.each([
  ["rootSeed", {}],
  ["rootSeed", []],
  ["rootSeed", null],
  ["platformSeed", { ...whole, platformSeed: "0x00" }],
  ["measurement", { ...whole, measurement: `${hex(3)}00` }],
  ["measurement", { ...whole, measurement: 7 }],
])("a platform file whose %s is not 32 bytes is refused by that name: %j", async (field, json) => {
  await expect(open(platformFile(JSON.stringify(json)))).rejects.toMatchObject({
    code: "provider/bad-platform-file",
    message: `${field} is not 32 bytes of hex`,
  });
});

test("evidence carries the platform's measurement, and the sealing key hangs on it", async () => {
  const provider = await open(platformFile(JSON.stringify(whole)));
  const evidence = await provider.evidence(new Uint8Array(64));
  const decoded = decode(SimulatedEvidence, evidence.subarray(1));
  expect(decoded.ok && toHex(decoded.value.measurement)).toBe(whole.measurement);
  const other = await open(platformFile(JSON.stringify({ ...whole, measurement: hex(9) })));
  expect(await other.sealingKey()).not.toEqual(await provider.sealingKey());
});
