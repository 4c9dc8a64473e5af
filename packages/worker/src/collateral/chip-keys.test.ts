/** AMD's key service as the test plays it; the vendor's own is asked by no test. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChipKeyName } from "@pha/pruntime/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SILENT } from "../log.ts";
import { chipKeyUrl, createChipKeys } from "./chip-keys.ts";
import { type FakeHandler, type FakeServices, startFakeServices } from "./testing/fake-services.ts";

const LIMITS = {
  maxBytes: 1 << 20,
  timeoutMs: 2_000,
  maxRedirects: 0,
  attempts: 1,
  firstPauseMs: 1,
};
/** A sequence of 300 bytes. */
const CERTIFICATE = Buffer.concat([Buffer.of(0x30, 0x82, 1, 44), Buffer.alloc(300, 7)]);

const name = (chip: number, more: Partial<ChipKeyName> = {}): ChipKeyName => ({
  line: { type: "Milan", value: undefined },
  chipId: new Uint8Array(64).fill(chip),
  ...{ bootloader: 4, tee: 0, snp: 22, microcode: 213, fmc: undefined },
  ...more,
});

let folder = "";
let services: FakeServices | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pha-chip-keys-"));
});
afterEach(async () => {
  await services?.close();
  services = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function service(handler: FakeHandler) {
  services = await startFakeServices(handler);
  const { url: amdUrl, asked } = services;
  let now = 0;
  const open = () =>
    createChipKeys({ amdUrl, folder, log: SILENT, limits: LIMITS, nowMs: () => now });
  return {
    ...{ open, asked },
    wait: (ms: number) => {
      now += ms;
    },
  };
}

test("AMD is asked by line, chip and versions, as its service has them", () => {
  expect(chipKeyUrl("https://kdsintf.example.org/", name(0xab))).toBe(
    `https://kdsintf.example.org/vcek/v1/Milan/${"ab".repeat(64)}?blSPL=04&teeSPL=00&snpSPL=22&ucodeSPL=213`,
  );
  const turin = name(1, {
    line: { type: "Turin", value: undefined },
    chipId: new Uint8Array(8).fill(0xcd),
    fmc: 1,
  });
  expect(chipKeyUrl("https://kdsintf.example.org", turin)).toBe(
    `https://kdsintf.example.org/vcek/v1/Turin/${"cd".repeat(8)}?fmcSPL=01&blSPL=04&teeSPL=00&snpSPL=22&ucodeSPL=213`,
  );
});

test("what was fetched is kept over starts, and asked for once", async () => {
  const { open, asked } = await service(() => ({ body: CERTIFICATE }));
  const keys = open();
  const both = await Promise.all([keys.get(name(1)), keys.get(name(1))]);
  for (const found of both) expect(Buffer.from(found ?? []).equals(CERTIFICATE)).toBe(true);
  expect(Buffer.from((await open().get(name(1))) ?? []).equals(CERTIFICATE)).toBe(true);
  expect(asked.length).toBe(1);
  // Another version is another certificate.
  await keys.get(name(1, { snp: 23 }));
  expect(asked.length).toBe(2);
  for (let chip = 2; chip < 30; chip++) await keys.get(name(chip));
  expect((await readdir(folder)).length).toBe(16);
});

test.each<[string, FakeHandler]>([
  ["nothing", () => ({ status: 404 })],
  ["what is no certificate", () => ({ body: "<html>" })],
  ["a cut certificate", () => ({ body: CERTIFICATE.subarray(0, 100) })],
  ["more than any certificate has", () => ({ body: Buffer.alloc(100_000) })],
  ["too many requests", () => ({ status: 429 })],
])("a service that answers with %s gives none, and is left alone for a while", async (_, handler) => {
  const { open, asked, wait } = await service(handler);
  const keys = open();
  expect(await keys.get(name(1))).toBeUndefined();
  expect(await keys.get(name(1))).toBeUndefined();
  expect(asked.length).toBe(1);
  wait(300_000);
  await keys.get(name(1));
  expect(asked.length).toBe(2);
  expect(await readdir(folder)).toEqual([]);
});

test("no service is asked where there is none, and when the host stops", async () => {
  const none = createChipKeys({ amdUrl: undefined, folder, log: SILENT });
  expect(await none.get(name(1))).toBeUndefined();
  const { open, asked } = await service(() => ({ body: CERTIFICATE }));
  const keys = open();
  keys.stop();
  expect(await keys.get(name(1))).toBeUndefined();
  expect(asked).toEqual([]);
});
