import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DevnetFaults, HOST, prepareFaults } from "./faults.ts";
import type { Process } from "./processes.ts";

const HOST_PID = 10;
let folder: string;
let said: string[];
let processes: Process[];
let faults: DevnetFaults;

const path = (...parts: readonly string[]): string => join(folder, ...parts);
const runs = (pid: number, name: string): Process => ({
  pid,
  parent: HOST_PID,
  isGone: false,
  command: `node pruntime.js --data ${path(name)} --provider simulated`,
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pha-faults-"));
  said = [];
  const workers = ["worker-1", "worker-10"].map((name) => {
    mkdirSync(path(name));
    writeFileSync(path(name, "sealed.bin"), `${name}, first`);
    return { name, dataDir: path(name) };
  });
  writeFileSync(path("pruntime.js"), "program");
  writeFileSync(path("engine.js"), "engine");
  const pruntimes = [{ name: "gatekeeper-1" }, ...workers.map(({ name }) => ({ name }))];
  writeFileSync(path("worker.json"), JSON.stringify({ nodeUrl: "ws://x", pruntimes }));
  processes = [
    runs(101, "worker-1"),
    runs(110, "worker-10"),
    { ...runs(7, "worker-1"), parent: 1 },
  ];
  faults = await prepareFaults({
    hostPid: HOST_PID,
    configFile: path("worker.json"),
    workers,
    programs: { pruntime: path("pruntime.js"), engine: path("engine.js") },
    folder,
    link: { cut: () => said.push("cut"), mend: () => said.push("mend") },
    system: {
      processes: async () => processes,
      signal(pid, signal) {
        said.push(`${signal} ${pid}`);
        // A killed process is there until its parent, which is stopped, looks after it.
        if (signal === "SIGKILL")
          processes = processes.map((one) => (one.pid === pid ? { ...one, isGone: true } : one));
      },
      now: () => 1_000,
      pause: async () => undefined,
    },
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const programs = (): readonly unknown[] =>
  JSON.parse(readFileSync(path("worker.json"), "utf8")).pruntimes.map(
    (one: { program?: string }) => one.program,
  );

test("a crash kills the very process of the worker, and nothing else", async () => {
  await faults.start("crash", "worker-1");
  expect(said).toEqual(["SIGKILL 101"]);
  expect(faults.active).toEqual([]);
  await expect(faults.start("crash", "worker-1")).rejects.toMatchObject({
    code: "devnet/not-running",
    facts: { worker: "worker-1" },
  });
});

test("a stale store is the one of the start, put back while the host stands still", async () => {
  writeFileSync(path("worker-10", "sealed.bin"), "worker-10, later");
  await faults.start("stale-state", "worker-10");
  expect(said).toEqual(["SIGSTOP 10", "SIGKILL 110", "SIGCONT 10"]);
  expect(readFileSync(path("worker-10", "sealed.bin"), "utf8")).toBe("worker-10, first");
});

test("a tampered program is another one, named for the one worker, until it is taken back", async () => {
  await faults.start("tampered-runtime", "worker-1");
  const program = path("tampered", "pruntime.js");
  expect(programs()).toEqual([undefined, program, undefined]);
  expect(readFileSync(program, "utf8")).toMatch(/^program\n.+/);
  expect(readFileSync(path("tampered", "engine.js"), "utf8")).toBe("engine");
  expect(faults.active).toEqual([{ fault: "tampered-runtime", target: "worker-1", since: 1_000 }]);
  await faults.start("tampered-runtime", "worker-10");
  expect(programs()).toEqual([undefined, program, program]);
  await faults.end("tampered-runtime", "worker-1");
  expect(programs()).toEqual([undefined, undefined, program]);
});

test("a partition cuts the host's way to the node until it is mended", async () => {
  await faults.start("partition", HOST);
  await expect(faults.start("partition", HOST)).rejects.toMatchObject({
    code: "devnet/fault-active",
  });
  await faults.end("partition", HOST);
  expect(said).toEqual(["cut", "mend"]);
  await expect(faults.end("partition", HOST)).rejects.toMatchObject({
    code: "devnet/fault-not-active",
  });
});

test.each([
  ["melt", "worker-1"],
  ["crash", "gatekeeper-1"],
  ["crash", HOST],
  ["partition", "worker-1"],
])("there is no %s of %s", async (fault, target) => {
  await expect(faults.start(fault, target)).rejects.toMatchObject({ code: "devnet/unknown-fault" });
  expect(said).toEqual([]);
});
