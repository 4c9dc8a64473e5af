/**
 * A developer at a terminal: builds a contract, deploys it, calls and queries it; every command keeps its contract with
 * scripts; the pRuntimes work without any network of their own.
 */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CliRun,
  type DevnetProcess,
  devnetDist,
  isAlive,
  root,
  runPha,
  startDevnet,
} from "./start-devnet.ts";

const EXIT = {
  ok: 0,
  usage: 2,
  unreachable: 4,
  notVerified: 6,
  rejected: 7,
  timedOut: 8,
  precondition: 9,
};
const folder = mkdtempSync(join(tmpdir(), "pha-e2e-cli-"));
/** Whether processes can be started in a network namespace of their own here. */
const canUnshare = isUnshareAllowed();

let dist: string;
let devnet: DevnetProcess;
/** Accepts connections and never says a word. */
let silent: Server;
let silentUrl: string;

beforeAll(async () => {
  dist = canUnshare ? withoutNetwork(await devnetDist()) : await devnetDist();
  devnet = await startDevnet({ dist });
  silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  silentUrl = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await devnet?.cleanUp();
  silent?.close();
  rmSync(folder, { recursive: true, force: true });
  if (canUnshare && dist) rmSync(dist, { recursive: true, force: true });
});

/** A copy of the programs in which pRuntime starts in a network namespace that has no interface. */
function withoutNetwork(programs: string): string {
  const copy = mkdtempSync(join(programs, "e2e-isolated-"));
  for (const file of readdirSync(programs))
    if (/^[^.].*\.(js|mjs|cache)$/.test(file)) copyFileSync(join(programs, file), join(copy, file));
  cpSync(join(programs, "contracts"), join(copy, "contracts"), { recursive: true });
  // One file under two names: what is measured is what runs.
  const program = join(copy, "pruntime.js");
  writeFileSync(
    program,
    `import { spawn as spawnAlone } from "node:child_process";
if (!process.argv[1].endsWith("-itself.js")) {
  const itself = import.meta.filename.replace(/\\.js$/, "-itself.js");
  const child = spawnAlone("unshare", ["-n", "--", process.execPath, itself, ...process.argv.slice(2)], { stdio: "inherit" });
  child.once("exit", (code) => process.exit(code ?? 1));
  await new Promise(() => {});
}
${readFileSync(join(programs, "pruntime.js"), "utf8")}`,
  );
  symlinkSync(program, join(copy, "pruntime-itself.js"));
  return copy;
}

function isUnshareAllowed(): boolean {
  try {
    execFileSync("unshare", ["-n", "true"], { stdio: "ignore" });
    return true;
  } catch {
    // Not installed, or not allowed: the test that needs it says so.
    return false;
  }
}

describe("a contract of one's own", () => {
  test("is built, deployed, called and queried; each account sees its own figure", async () => {
    const entry = join(root, "contracts", "counter", "src", "counter.ts");
    const built = await devnet.pha("build", entry, "--out", folder, "--json");
    expect(built.code, built.stderr).toBe(EXIT.ok);
    const { file } = built.json() as { file: string };
    const deployed = await devnet.pha("deploy", file, "--from", "bob", "--json");
    expect(deployed.code, deployed.stderr).toBe(EXIT.ok);
    const { address } = deployed.json() as { address: string };
    const charlie = await devnet.pha(
      "call",
      address,
      "add",
      '{"n": 7}',
      "--from",
      "charlie",
      "--json",
    );
    expect(charlie.json()["result"], charlie.stderr).toBe("7");
    const bob = await devnet.pha("call", address, "add", '{"n": 5}', "--from", "bob", "--json");
    expect(bob.json()["result"], bob.stderr).toBe("5");
    const own = await devnet.pha("query", address, "value", "--from", "charlie", "--json");
    expect(own.json()["result"], own.stderr).toBe("7");
    const sum = await devnet.pha(
      "query",
      address,
      "total",
      "--from",
      "bob",
      "--agree",
      "2",
      "--json",
    );
    expect(sum.json()["result"], sum.stderr).toBe("12");
    const foreign = await devnet.pha("query", address, "total", "--from", "charlie", "--json");
    expect(codeOf(foreign)).toBe("contract/failed");
    expect(foreign.code).toBe(EXIT.rejected);
    const anonymous = await devnet.pha("query", address, "total", "--anonymous", "--json");
    expect(codeOf(anonymous)).toBe("contract/failed");
  });

  test("gives a receipt that is verified without the network, also by Python", async () => {
    const file = join(folder, "add.receipt");
    const call = ["call", "counter", "add", '{"n": 6}', "--from", "dave", "--receipt", file];
    const called = await devnet.pha(...call, "--json");
    expect(called.code, called.stderr).toBe(EXIT.ok);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await devnet.pha(...call, "--json");
    expect(codeOf(again)).toBe("usage/file-not-written");
    expect(again.code).toBe(EXIT.usage);
    const elsewhere = { folder: mkdtempSync(join(folder, "offline-")), dist };
    const verify = ["receipt", file, "--genesis", devnet.file.genesis, "--json"];
    const verified = await runPha(verify, elsewhere);
    expect(verified.code, verified.stderr).toBe(EXIT.ok);
    const { commandId } = called.json() as { commandId: string };
    expect(verified.json()).toMatchObject({
      commandId,
      outcome: "ok",
      args: `0x06${"00".repeat(7)}`,
    });
    const python = join(root, "packages", "sdk", "python", "open_receipt.py");
    const other = execFileSync("python3", ["-B", python, devnet.file.genesis, file], {
      encoding: "utf8",
    });
    expect(JSON.parse(other)).toMatchObject({
      command: commandId,
      value: verified.json()["value"],
    });
    const changed = join(folder, "changed.receipt");
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(changed, bytes);
    const refused = await runPha(["receipt", changed, ...verify.slice(2)], elsewhere);
    expect(codeOf(refused)).toMatch(/^receipt\//);
    expect(refused.code).toBe(EXIT.notVerified);
  });

  test("opens an account's own entry to it: a receipt that anybody verifies without the network", async () => {
    const file = join(folder, "own.receipt");
    const ask = ["query", "counter", "openValue", "--from", "dave", "--json"];
    const asked = await devnet.pha(...ask, "--receipt", file);
    expect(asked.code, asked.stderr).toBe(EXIT.ok);
    const { opened } = asked.json() as { opened: readonly { entry: unknown }[] };
    expect(opened).toMatchObject([{ entry: { cell: "counts", value: "6" } }]);
    const genesis = ["--genesis", devnet.file.genesis, "--json"];
    const artefact = join(dist, "contracts", "counter.pha.json");
    const elsewhere = { folder: mkdtempSync(join(folder, "offline-")), dist };
    const shown = await runPha(["receipt", file, "--artefact", artefact, ...genesis], elsewhere);
    expect(shown.code, shown.stderr).toBe(EXIT.ok);
    expect(shown.json()).toMatchObject({ fields: opened, root: asked.json()["root"] });
    const python = join(root, "packages", "sdk", "python", "verify_fields.py");
    const other = execFileSync("python3", ["-B", python, devnet.file.genesis, file], {
      encoding: "utf8",
    });
    expect(JSON.parse(other)).toMatchObject({
      contract: shown.json()["contract"],
      fields: [{ value: `0x06${"00".repeat(7)}` }],
    });
    const without = await devnet.pha(
      "query",
      "counter",
      "value",
      "--receipt",
      `${file}.2`,
      "--json",
    );
    expect(codeOf(without)).toBe("receipt/nothing-opened");
  });

  test("that is no contract is refused before anything is sent", async () => {
    const bad = join(folder, "bad.ts");
    writeFileSync(bad, "export const nothing = Math.random();\n");
    const built = await devnet.pha("build", bad, "--out", folder, "--json");
    expect(built.code).toBe(EXIT.rejected);
    const edited = join(folder, "edited.pha.json");
    const artefact = readFileSync(join(dist, "contracts", "counter.pha.json"), "utf8");
    writeFileSync(edited, artefact.replace('"counter"', '"countee"'));
    const deployed = await devnet.pha("deploy", edited, "--json");
    expect(codeOf(deployed)).toMatch(/^artefact\//);
    expect(deployed.code).toBe(EXIT.rejected);
  });
});

test("a history that nobody may audit is not run again, by whatever key", async () => {
  const file = join(folder, "auditor.secret");
  expect((await devnet.pha("audit", "key", file)).code).toBe(EXIT.ok);
  const refused = await devnet.pha("audit", "replay", "counter", "--key", file, "--json");
  expect(refused.json()["error"]).toMatchObject({ code: "audit/not-declared" });
  expect(refused.code).toBe(EXIT.precondition);
});

test("without a light client an answer says that it rests on a lease and a clock", async () => {
  const asked = await devnet.pha("query", "counter", "value", "--lease-alone", "--json");
  expect(asked.code, asked.stderr).toBe(EXIT.ok);
  expect(asked.json()["freshness"]).toMatchObject({ by: "lease-alone", clockErrorMs: 10_000 });
  const shown = await devnet.pha("query", "counter", "value", "--lease-alone");
  expect(shown.stdout).toContain("NOT VERIFIED");
  const verified = await devnet.pha("query", "counter", "value", "--json");
  expect(verified.json()["freshness"]).toEqual({ by: "light-client" });
});

/** Every command with arguments that would work. */
const COMMANDS: readonly (readonly string[])[] = [
  ["status"],
  ["verify", "counter", "--allow-simulated"],
  ["verify", "answer", "counter", "value", "--allow-simulated"],
  ["query", "counter", "value"],
  ["audit", "steps", "counter"],
  ["call", "counter", "add", '{"n": 1}'],
  ["account", "balance", "bob"],
];
const LOCAL: readonly (readonly string[])[] = [
  ["account", "list"],
  ["account", "new"],
];

describe("the contract with scripts", () => {
  test("a command that works ends with 0 and one JSON document", async () => {
    const all = [...COMMANDS, ...LOCAL];
    for (const run of await inTurns(all.map((args) => () => devnet.pha(...args, "--json")))) {
      expect(run.code, run.stderr).toBe(EXIT.ok);
      expect(run.json()).not.toHaveProperty("error");
    }
  });

  // Of every command in one process: `endings.test.ts` of the program.
  test("a usage error ends with 2 and says so in JSON", async () => {
    const elsewhere = mkdtempSync(join(folder, "usage-"));
    const runs = await inTurns([
      () => runPha(["dev", "--port", "nothing", "--json"], { folder: elsewhere, dist }),
      () => devnet.pha("call", "counter", "no-such-method", "{}", "--json"),
      () => devnet.pha("call", "counter", "add", '{"n": 1}', "--fuel", "much", "--json"),
      () => devnet.pha("query", "no-such-contract", "value", "--json"),
      () => devnet.pha("account", "send", "1", "bob", "--from", "@no-such-file", "--json"),
    ]);
    for (const [i, run] of runs.entries()) {
      const what = `${i}: ${run.stderr}`;
      expect(run.code, what).toBe(EXIT.usage);
      expect(codeOf(run), what).toMatch(/^(usage|abi|account)\//);
      expect(hintOf(run), what).not.toBe("");
    }
  });

  test("without an endpoint a command ends with 4, with a silent one with 8, without a devnet with 9", async () => {
    const elsewhere = mkdtempSync(join(folder, "elsewhere-"));
    const cases = [["status"], ["call", "counter", "add", '{"n": 1}']].flatMap((args) => [
      { args: [...args, "--url", "ws://127.0.0.1:1"], code: EXIT.unreachable },
      { args: [...args, "--url", silentUrl, "--timeout", "0.5"], code: EXIT.timedOut },
      { args, code: EXIT.precondition },
    ]);
    const runs = await inTurns(
      cases.map(
        ({ args }) =>
          () =>
            runPha([...args, "--json"], { folder: elsewhere, dist }),
      ),
    );
    for (const [i, run] of runs.entries()) {
      const what = `${cases[i]?.args.join(" ")}: ${run.stderr}`;
      expect(run.code, what).toBe(cases[i]?.code);
      expect(codeOf(run), what).toMatch(/^[a-z]+\/[a-z-]+$/);
    }
  });

  test("verify ends with 6 on SIMULATED TEEs unless they are allowed, and prints the links either way", async () => {
    const run = await devnet.pha("verify", "counter", "--json");
    expect(run.code, run.stderr).toBe(EXIT.notVerified);
    expect(run.stderr).toContain("verify/simulated");
    expect(run.json()).toMatchObject({ ok: true, simulated: true });
    const people = await devnet.pha("verify", "counter", "--allow-simulated");
    expect(people.stdout).toMatch(/^! +replica\/evidence .*SIMULATED/m);
    expect(people.stdout).not.toMatch(/^✓.*SIMULATED/m);
    const info = await fetch(`${devnet.file.workers[0]?.url}/v1/info`);
    const { boots } = (await info.json()) as { boots: { name: string; identity: string }[] };
    for (const id of [boots[0]?.name ?? "", boots[0]?.identity ?? ""]) {
      const worker = await devnet.pha("verify", "worker", id, "--allow-simulated", "--json");
      expect(worker.json(), worker.stderr).toMatchObject({ ok: true, simulated: true });
      expect(worker.json()["tree"]).toMatchObject({ parts: [{}, { link: "worker" }] });
    }
    const args = ["verify", "worker", boots[0]?.name ?? "", "--challenge", "--allow-simulated"];
    const challenged = await devnet.pha(...args, "--json");
    expect(challenged.code, challenged.stderr).toBe(EXIT.ok);
    expect(challenged.json()["tree"]).toMatchObject({
      parts: [{}, { link: "worker" }, { link: "challenge", ok: true }],
    });
    const source = ["verify", "worker", boots[0]?.name ?? "", "--source", root];
    const rebuilt = await devnet.pha(...source, "--allow-simulated", "--json");
    // Where the devnet's pRuntime is wrapped to run without a network it is another program, and found to be one.
    const code = canUnshare ? EXIT.notVerified : EXIT.ok;
    expect(rebuilt.code, `${rebuilt.stderr}${rebuilt.stdout.slice(-700)}`).toBe(code);
    expect(rebuilt.json()["tree"]).toMatchObject({
      parts: [{ ok: true }, { ok: true }, { link: "source", ok: !canUnshare }],
    });
    const other = `0x${"77".repeat(32)}`;
    const pinned = await devnet.pha("verify", "counter", "--measurement", other, "--json");
    expect(pinned.code).toBe(EXIT.notVerified);
    expect(pinned.json()).toMatchObject({ ok: false, broken: { link: "replica/measurement" } });
    const data = `0x${"00".repeat(64)}`;
    const file = join(folder, "forged.evidence");
    writeFileSync(file, "0x0102");
    const evidence = await devnet.pha("verify", "evidence", file, "--report-data", data, "--json");
    expect(evidence.code).toBe(EXIT.notVerified);
    expect(evidence.json()).toMatchObject({ broken: { link: "evidence/genuine" } });
    // Which of the two a chain has, the disk or memory alone, is said where trust is shown.
    expect(people.stdout).toMatch(/^✓ root-key .*on disk, sealed/m);
    expect((await devnet.pha("status", "--json")).json()).toMatchObject({ shares: "sealed" });
  });

  test("the doctor makes evidence, verifies it, and tells what an operator has to do", async () => {
    const none = await devnet.pha("worker", "doctor", "--json");
    expect(codeOf(none)).toBe("provider/none");
    expect(none.code).toBe(EXIT.precondition);
    const platform = join(folder, "platform.json");
    const [rootSeed, platformSeed, measurement] = [1, 2, 3].map((n) => `0x0${n}`.padEnd(66, "0"));
    writeFileSync(platform, JSON.stringify({ rootSeed, platformSeed, measurement }));
    const args = ["worker", "doctor", "--provider", "simulated", "--platform", platform];
    const foreign = await devnet.pha(...args, "--allow-simulated", "--json");
    expect(foreign.code).toBe(EXIT.notVerified);
    expect(foreign.json()).toMatchObject({
      provider: "simulated",
      kind: "Simulated",
      broken: { link: "evidence/genuine" },
    });
  });

  test("a round of the collateral keeper asks nobody where the policy has no vendor's line", async () => {
    const config = join(folder, "keeper.json");
    const pruntimes = [{ name: "w", role: "worker", dataDir: "w" }];
    const host = { nodeUrl: devnet.file.rpc.ws, httpPort: 0, operatorUri: "//Bob", pruntimes };
    writeFileSync(config, JSON.stringify({ ...host, pruntimeProgram: "pruntime.js" }));
    const looked = await devnet.pha("worker", "collateral", config, "--json");
    expect(looked.code, looked.stderr).toBe(EXIT.ok);
    expect(looked.json()).toMatchObject({ newer: [], answered: 0, failed: [], unlistedPhones: [] });
  });

  test("an account of one's own signs from its file once it was sent something", async () => {
    const file = join(folder, "own.key");
    const made = await devnet.pha("account", "new", "--out", file, "--json");
    expect(made.code, made.stderr).toBe(EXIT.ok);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { address } = made.json() as { address: string };
    const sent = await devnet.pha("account", "send", "12.5", address, "--from", "bob", "--json");
    expect(sent.code, sent.stderr).toBe(EXIT.ok);
    const balance = await devnet.pha("account", "balance", address, "--json");
    expect(balance.json()["free"]).toBe(12_500_000_000_000);
    const from = ["--from", `@${file}`, "--json"];
    const called = await devnet.pha("call", "counter", "add", '{"n": 3}', ...from);
    expect(called.json()["result"], called.stderr).toBe("3");
    const again = await devnet.pha("account", "new", "--out", file, "--json");
    expect(codeOf(again)).toBe("usage/file-not-written");
    expect(again.code).toBe(EXIT.usage);
  });

  test("without a worker host in reach a query ends with 4", async () => {
    const run = await devnet.pha(
      "query",
      "counter",
      "value",
      "--worker",
      "http://127.0.0.1:1",
      "--json",
    );
    expect(codeOf(run)).toBe("worker/none-reachable");
    expect(run.code).toBe(EXIT.unreachable);
  });

  test("help opens with examples; a mistyped command gets the right one", async () => {
    const names = [
      "dev",
      "demo",
      "status",
      "build",
      "deploy",
      "call",
      "query",
      "verify",
      "receipt",
    ];
    const runs = await inTurns(names.map((name) => () => devnet.pha(name, "--help")));
    for (const [i, run] of runs.entries()) {
      expect(run.code).toBe(EXIT.ok);
      expect(run.stdout).toMatch(new RegExp(`^Examples:\\n  pha ${names[i]}`));
    }
    const typo = await devnet.pha("qurey", "counter", "value");
    expect(typo.code).toBe(EXIT.usage);
    expect(typo.stderr).toContain("query");
  });
});

describe("the running devnet", () => {
  test("keeps its promises in .pha/devnet.json", () => {
    const { file } = devnet;
    expect(file.ready).toBe(true);
    expect(file.pid).toBe(devnet.pid);
    expect(file.rpc.ws).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    expect(file.rpc.http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(file.workers.map(({ name }) => name)).toEqual(["worker-1", "worker-2", "worker-3"]);
    for (const { url } of file.workers) expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(file.console).toBeNull();
    expect(file.accounts[0]).toMatchObject({ name: "alice", secretUri: "//Alice" });
    expect(file.contracts.map(({ name }) => name).sort()).toEqual(["analytics", "counter"]);
    for (const { address } of file.contracts) expect(address).toMatch(/^0x[0-9a-f]{64}$/);
  });

  test.runIf(process.platform === "linux")(
    "gives pRuntimes and engines their pipe and nothing else",
    (context) => {
      const name = canUnshare ? "pruntime-itself.js" : "pruntime.js";
      const inside = devnet
        .processes()
        .filter(
          ({ command }) =>
            !command.startsWith("unshare") &&
            (command.includes(name) || command.includes("engine.js")),
        );
      expect(inside.length).toBeGreaterThanOrEqual(4 + 3);
      for (const { pid, command } of inside) {
        const targets = readdirSync(`/proc/${pid}/fd`).flatMap((fd) =>
          linkOf(`/proc/${pid}/fd/${fd}`),
        );
        const files = targets.filter(
          (target) => !/^(pipe:|anon_inode:|socket:|\/dev\/null$)/.test(target),
        );
        expect(files, command).toEqual([]);
        expect(networkSocketsOf(pid, targets), command).toEqual([]);
        if (command.includes("engine.js")) expect(environmentOf(pid)).toEqual("");
      }
      if (!canUnshare) context.skip("unshare is not allowed here: pRuntimes ran with a network");
      const own = readlinkSync("/proc/self/ns/net");
      for (const { pid } of inside) expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(own);
    },
  );

  test("is refused a second time in one folder", async () => {
    const second = await runPha(["dev", "--json"], { folder: devnet.folder, dist });
    expect(codeOf(second)).toBe("devnet/already-running");
    expect(second.code).toBe(EXIT.precondition);
  });

  test("ends at Ctrl-C in ten seconds with code 0 and leaves nothing", async () => {
    const before = devnet.processes();
    expect(before.length).toBeGreaterThan(5);
    const { code, ms } = await devnet.end("SIGINT");
    expect(code, devnet.log()).toBe(EXIT.ok);
    expect(ms).toBeLessThan(10_000);
    expect(existsSync(join(devnet.folder, ".pha", "devnet.json"))).toBe(false);
    expect(before.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });
});

function errorOf(run: CliRun): Record<string, unknown> {
  const { error } = run.json();
  return (error ?? {}) as Record<string, unknown>;
}

function codeOf(run: CliRun): string {
  return String(errorOf(run)["code"] ?? "");
}

function hintOf(run: CliRun): string {
  return String(errorOf(run)["hint"] ?? "");
}

/** Two at a time; all of them at once would only wait for each other. */
async function inTurns(runs: readonly (() => Promise<CliRun>)[]): Promise<readonly CliRun[]> {
  const results: CliRun[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < runs.length; i = next++) {
      const run = await runs[i]?.();
      if (run) results[i] = run;
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  return results;
}

function linkOf(path: string): readonly string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    // Closed in the meantime.
    return [];
  }
}

/** Sockets of the process that TCP or UDP knows; a pair of pipes to the parent is in neither table. */
function networkSocketsOf(pid: number, targets: readonly string[]): readonly string[] {
  const own = targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
  const tables = ["tcp", "tcp6", "udp", "udp6"].map((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, "utf8"),
  );
  return own.filter((inode) => tables.some((table) => table.split(/\s+/).includes(inode)));
}

function environmentOf(pid: number): string {
  return readFileSync(`/proc/${pid}/environ`, "utf8").replaceAll("\0", "");
}
