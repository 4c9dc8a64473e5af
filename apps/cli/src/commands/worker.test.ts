import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ATTESTATION_STORAGE } from "@pha/attestation";
import { STORAGE } from "@pha/protocol";
import { toHex } from "@pha/scale";
import { afterAll, afterEach, expect, test } from "vitest";
import { measureProgram, programFiles } from "../program/measure-program.ts";
import { fakeChain } from "../testing/fake-chain.ts";
import { ensureAllowed, ensureNewEnough, follow } from "./worker.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-worker-command-"));
afterAll(() => rmSync(folder, { recursive: true }));
const MEASUREMENT = new Uint8Array(32).fill(2);
const IDENTITY = new Uint8Array(32).fill(7);

function program(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("a program may serve when the list has it since a block that has come", async () => {
  const { chain, values } = fakeChain();
  await expect(ensureAllowed(chain, MEASUREMENT)).rejects.toMatchObject({
    code: "upgrade/not-listed",
    facts: { measurement: toHex(MEASUREMENT), block: 100 },
  });
  values.set(STORAGE.measurement.value, 101);
  await expect(ensureAllowed(chain, MEASUREMENT)).rejects.toMatchObject({
    code: "upgrade/too-early",
    facts: { since: 101 },
  });
  values.set(STORAGE.measurement.value, 100);
  await ensureAllowed(chain, MEASUREMENT);
});

test("a program below the least version is refused, and so is one that does not tell its own", async () => {
  const { chain } = fakeChain({ "PhalaRegistry.MinimumPRuntimeVersion": [0, 2, 0] });
  const old = program("old.mjs", 'process.stdout.write("0.1.9\\n")');
  await expect(ensureNewEnough(chain, old)).rejects.toMatchObject({
    code: "upgrade/old-version",
    facts: { version: "0.1.9", least: "0.2.0" },
  });
  await ensureNewEnough(chain, program("new.mjs", 'process.stdout.write("0.2.0\\n")'));
  for (const text of ["", 'process.stdout.write("soon")', "process.exit(3)"])
    await expect(ensureNewEnough(chain, program("other.mjs", text))).rejects.toMatchObject({
      code: "upgrade/no-version",
    });
});

test("a program whose files are not there is not measured", async () => {
  const missing = join(folder, "missing.js");
  await expect(measureProgram(programFiles(missing))).rejects.toMatchObject({
    code: "usage/no-file",
  });
});

let server: Server | undefined;
afterEach(() => server?.close());

/** A host that says this of itself. */
async function hostOf(phase: string, registered = true) {
  const boots = [{ name: "one", role: "worker", identity: toHex(IDENTITY), registered }];
  server = createServer((_, response) => {
    response.end(JSON.stringify({ upgrade: { phase, waiting: ["one"] }, boots }));
  });
  await new Promise<void>((done) => server?.listen(0, "127.0.0.1", done));
  const httpPort = (server.address() as AddressInfo).port;
  return {
    nodeUrl: "ws://unused",
    httpPort,
    operatorUri: "//Operator",
    pruntimeProgram: "unused",
    pruntimes: [{ name: "one", role: "worker", dataDir: folder }],
  } as const;
}

const output = { json: true, printed: false, result: () => {}, progress: () => {} };
const goal = (waitMs: number) => ({ measurement: MEASUREMENT, waitMs, output });

test("the host is done when the chain has the next measurement of each of its boots", async () => {
  const { chain, values } = fakeChain();
  values.set(ATTESTATION_STORAGE.grade.value, { measurement: MEASUREMENT });
  expect(await follow(chain, await hostOf("idle"), goal(5_000))).toEqual([
    {
      name: "one",
      identity: toHex(IDENTITY),
      version: undefined,
      measurement: MEASUREMENT,
      done: true,
    },
  ]);
});

test("a host that stalled, that is not done in time, and that cannot be asked, are told apart", async () => {
  const { chain, values } = fakeChain();
  values.set(ATTESTATION_STORAGE.grade.value, { measurement: IDENTITY });
  await expect(follow(chain, await hostOf("stalled"), goal(5_000))).rejects.toMatchObject({
    code: "upgrade/stalled",
    facts: { waiting: "one" },
  });
  server?.close();
  await expect(follow(chain, await hostOf("idle"), goal(1))).rejects.toMatchObject({
    code: "upgrade/not-back",
  });
  const anyPort = { ...(await hostOf("idle")), httpPort: 0 };
  await expect(follow(chain, anyPort, goal(1))).rejects.toMatchObject({ code: "upgrade/no-port" });
});
