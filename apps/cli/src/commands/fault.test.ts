import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PhaError } from "@pha/scale";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type ConsoleServer, startConsoleServer } from "../devnet/console-server.ts";
import { createControl } from "../devnet/control.ts";
import { devnetFilePath, writeDevnetFile } from "../devnet/devnet-file.ts";
import type { ActiveFault, DevnetFaults } from "../devnet/faults.ts";
import { runProgram } from "../program/program.ts";
import { keepPrinted } from "../testing/printed.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-fault-command-"));
let server: ConsoleServer;
let active: readonly ActiveFault[] = [];
const printed = keepPrinted();

const faults: DevnetFaults = {
  targets: {
    crash: ["worker-1"],
    "stale-state": ["worker-1"],
    "tampered-runtime": ["worker-1"],
    partition: ["worker-host"],
  },
  get active() {
    return active;
  },
  async start(fault, target) {
    if (fault === "crash")
      throw new PhaError("devnet/not-running", `${target} does not run now`, {
        hint: "The host starts it again in some seconds; try then.",
      });
    active = [{ fault: "partition", target, since: Date.now() - 3_000 }];
  },
  async end() {
    active = [];
  },
};

beforeAll(async () => {
  writeFileSync(join(folder, "index.html"), "<!doctype html>");
  const started = await startConsoleServer({
    folder,
    port: 0,
    networks: () => [],
    chainSpec: async () => undefined,
    control: createControl(() => faults),
    analytics: () => undefined,
  });
  if (started === undefined) throw new Error("there is a bundle");
  server = started;
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  active = [];
  vi.spyOn(process, "cwd").mockReturnValue(folder);
  await devnetAt(server.url);
});

function devnetAt(url: string | null): Promise<void> {
  return writeDevnetFile(devnetFilePath(folder), {
    ready: true,
    pid: process.pid,
    rpc: { ws: "ws://127.0.0.1:1", http: "http://127.0.0.1:1" },
    workers: [],
    console: url,
    accounts: [],
    contracts: [],
    genesis: "0x00",
    peers: [],
    collector: null,
    site: null,
  });
}

const pha = (...args: readonly string[]): Promise<void> => runProgram(["node", "pha", ...args]);

test("a fault that lasts is begun, listed with its age and its end, and ended", async () => {
  await pha("fault", "start", "partition", "worker-host", "--json");
  expect(JSON.parse(printed.stdout)).toEqual({
    targets: faults.targets,
    active: [{ fault: "partition", target: "worker-host", since: expect.any(Number) }],
  });
  printed.stdout = "";
  await pha("fault", "list");
  expect(printed.stdout).toMatch(
    /partition +worker-host\nACTIVE {2}partition of worker-host, for [34] s; end it with `pha fault end partition worker-host`\n$/,
  );
  printed.stdout = "";
  await pha("fault", "end", "partition", "worker-host");
  expect(printed.stdout).not.toContain("ACTIVE");
  expect(process.exitCode).toBeUndefined();
});

test("what the devnet refuses is told by its own code", async () => {
  await pha("fault", "start", "crash", "worker-1");
  expect(printed.stderr).toContain("devnet/not-running");
  expect(printed.stderr).toContain("starts it again");
});

test.each([
  ["no fault of that name", ["start", "fire", "worker-1"], "usage/bad-fault", undefined],
  ["a build without the console", ["list"], "devnet/no-control", null],
  ["nobody listens", ["list"], "devnet/no-answer", "http://127.0.0.1:1"],
] as const)("%s", async (_what, args, code, url) => {
  if (url !== undefined) await devnetAt(url);
  await pha("fault", ...args, "--json");
  expect(JSON.parse(printed.stdout).error).toMatchObject({ code });
});
