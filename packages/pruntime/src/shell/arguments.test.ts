import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SimulatedEvidence, simulatedMeasurement } from "@pha/attestation";
import { decode, toHex, utf8 } from "@pha/scale";
import { afterAll, expect, test } from "vitest";
import { openProvider } from "../providers/index.ts";
import { asksVersion, readArguments } from "./arguments.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-platform-"));
afterAll(() => rmSync(folder, { recursive: true }));

const hex = (byte: number) => toHex(new Uint8Array(32).fill(byte));
const whole = { rootSeed: hex(1), platformSeed: hex(2) };
function platformFile(content: string): string {
  const file = join(folder, "platform.json");
  writeFileSync(file, content);
  return file;
}
function programFile(content: string): string {
  const file = join(folder, "program.js");
  writeFileSync(file, content);
  return file;
}
const open = (platform: string, program = [programFile("version 1")]) =>
  openProvider({ platform, provider: "simulated", program });

test.each([
  ["nothing", []],
  ["no platform of a simulated TEE", ["--data", "d", "--provider", "simulated"]],
  ["no folder", ["--platform", "p"]],
  ["an option it does not have", ["--data", "d", "--platform", "p", "--port", "1"]],
  ["a word", ["--data", "d", "--platform", "p", "now"]],
])("%s on the command line is a usage error", (_, args) => {
  expect(() => readArguments(args)).toThrow(expect.objectContaining({ code: "pruntime/usage" }));
});

test("the version is asked for alone", () => {
  expect(asksVersion(["--version"])).toBe(true);
  expect(asksVersion([])).toBe(false);
  expect(asksVersion(["--version", "--data"])).toBe(false);
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
  ["rootSeed", { ...whole, rootSeed: `${hex(3)}00` }],
  ["rootSeed", { ...whole, rootSeed: 7 }],
])("a platform file whose %s is not 32 bytes is refused by that name: %j", async (field, json) => {
  await expect(open(platformFile(JSON.stringify(json)))).rejects.toMatchObject({
    code: "provider/bad-platform-file",
    message: `${field} is not 32 bytes of hex`,
  });
});

test("a line that no simulated platform has is refused", async () => {
  for (const line of ["intel-sgx", "simulated-z", 1, null])
    await expect(
      open(platformFile(JSON.stringify({ ...whole, line: line ?? "" }))),
    ).rejects.toMatchObject({ code: "provider/bad-platform-file" });
});

test("evidence carries the measurement of the program that runs, whatever the file says, and the line", async () => {
  const factsOf = async (content: object, program?: readonly string[]) => {
    const provider = await open(platformFile(JSON.stringify(content)), program && [...program]);
    const evidence = await provider.evidence(new Uint8Array(64));
    const decoded = decode(SimulatedEvidence, evidence.subarray(1));
    if (!decoded.ok) throw new Error("malformed");
    return decoded.value;
  };
  const first = await factsOf(whole);
  expect(first.line).toBe("simulated");
  expect(first.measurement).toEqual(simulatedMeasurement([utf8("version 1")]));
  expect(await factsOf({ ...whole, measurement: hex(9) })).toMatchObject({
    measurement: first.measurement,
  });
  const next = await factsOf({ ...whole, line: "simulated-b" }, [programFile("version 2")]);
  expect(next.line).toBe("simulated-b");
  expect(next.measurement).not.toEqual(first.measurement);
  expect(next.platformId).toEqual(first.platformId);
});

test("the next version opens what this one sealed; another platform, and one of another chain, does not", async () => {
  const keyOf = async (content: object, program?: string) =>
    (
      await open(platformFile(JSON.stringify(content)), program ? [program] : undefined)
    ).sealingKey();
  const key = await keyOf(whole);
  expect(await keyOf(whole, programFile("version 2"))).toEqual(key);
  expect(await keyOf({ ...whole, platformSeed: hex(9) })).not.toEqual(key);
  expect(await keyOf({ ...whole, rootSeed: hex(9) })).not.toEqual(key);
});

test("a program that cannot be measured makes no evidence", async () => {
  const missing = join(folder, "missing.js");
  await expect(open(platformFile(JSON.stringify(whole)), [missing])).rejects.toMatchObject({
    code: "provider/no-program",
    facts: { path: missing },
  });
});
