/** Every command × {usage error, endpoint down, silent endpoint, no devnet}; e2e runs those that work. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildContract } from "@pha/contract/build";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { keepPrinted } from "../testing/printed.ts";
import { networkOptions } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { COMMANDS, runProgram } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-endings-"));
const artefact = join(folder, "counter.pha.json");
const hostConfig = join(folder, "worker.json");
const auditKey = join(folder, "audit.secret");
let silent: Server;
let silentUrl: string;
const printed = keepPrinted();

beforeAll(async () => {
  const entry = join(import.meta.dirname, "../../../../contracts/counter/src/index.ts");
  const built = await buildContract({ entry, trusted: true });
  if (!built.ok) throw new Error(built.error[0].message);
  writeFileSync(artefact, built.value.bytes);
  const host = {
    nodeUrl: "ws://127.0.0.1:1",
    httpPort: 0,
    operatorUri: "//Operator",
    pruntimeProgram: "pruntime.js",
    pruntimes: [{ name: "one", role: "worker", dataDir: "one" }],
  };
  writeFileSync(hostConfig, JSON.stringify(host));
  writeFileSync(auditKey, `0x${"07".repeat(32)}\n`);
  silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  silentUrl = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`;
});
afterAll(() => {
  silent.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  // No devnet runs in that folder.
  vi.spyOn(process, "cwd").mockReturnValue(folder);
});

const LABELS = ["entity", "provider", "vendor", "line"].flatMap((name) => [`--${name}`, "one"]);

/** Of each command: arguments that would work, and some that nobody could mean. */
const ARGUMENTS: Readonly<
  Record<string, { readonly good: readonly string[]; readonly wrong: readonly string[] }>
> = {
  dev: { good: [], wrong: ["--port", "nothing"] },
  node: { good: [], wrong: ["--chain", "main"] },
  demo: { good: [], wrong: ["--log", "no-such-file"] },
  status: { good: [], wrong: ["--timeout", "soon"] },
  build: { good: ["contract.ts"], wrong: [] },
  deploy: { good: [artefact], wrong: ["no-such-file"] },
  call: { good: ["counter", "add", '{"n": 1}'], wrong: ["counter", "add", "{}", "--fuel", "much"] },
  query: { good: ["counter", "value"], wrong: ["counter", "value", "--agree", "none"] },
  logs: { good: ["counter", "--from", "alice"], wrong: ["counter", "--tail", "0"] },
  receipt: {
    good: ["add.receipt", "--genesis", `0x${"00".repeat(32)}`],
    wrong: ["add.receipt", "--genesis", "0x12"],
  },
  "analytics collect": { good: ["analytics"], wrong: ["analytics", "--port", "http"] },
  "analytics appoint": { good: ["analytics", "bob"], wrong: ["analytics", "nobody"] },
  "analytics snippet": { good: ["analytics"], wrong: ["analytics", "--timeout", "soon"] },
  "verify contract": { good: ["counter"], wrong: ["counter", "--genesis", "0x12"] },
  "verify worker": { good: [`0x${"00".repeat(32)}`], wrong: ["worker-1", "--measurement", "0x12"] },
  "verify answer": { good: ["counter", "value"], wrong: ["counter", "value", "--agree", "none"] },
  "verify evidence": {
    good: [artefact, "--report-data", `0x${"00".repeat(64)}`],
    wrong: [artefact, "--report-data", "0x12"],
  },
  "worker doctor": { good: [], wrong: ["--role", "king"] },
  "worker collateral": { good: [hostConfig], wrong: [hostConfig, "--timeout", "soon"] },
  "verify vectors": { good: [folder], wrong: ["no-such-folder"] },
  "chain-spec build": { good: [], wrong: ["--preset", "main"] },
  "chain-spec raw": { good: ["plain.json"], wrong: [] },
  "db check": { good: [], wrong: ["--nope"] },
  "db repair": { good: [], wrong: ["--nope"] },
  "chain-spec checkpoint": { good: [], wrong: ["--timeout", "soon"] },
  "key generate": { good: [], wrong: ["--account", "nobody"] },
  "key insert": { good: ["some.secret"], wrong: ["some.secret", "--type", "aura"] },
  "key inspect": { good: [], wrong: ["--nope"] },
  "key rotate": { good: [], wrong: ["--from", "nobody"] },
  "fault list": { good: [], wrong: ["--nope"] },
  "fault start": { good: ["crash", "worker-1"], wrong: ["fire", "worker-1"] },
  "fault end": { good: ["partition", "worker-host"], wrong: ["fire", "worker-host"] },
  "gatekeeper status": { good: [], wrong: ["--timeout", "soon"] },
  "gatekeeper renew": { good: [], wrong: ["--from", "nobody"] },
  "gatekeeper operators": { good: ["alice", "bob"], wrong: ["nobody"] },
  "gatekeeper give-up": { good: [`0x${"00".repeat(32)}`], wrong: ["0x12"] },
  "gatekeeper bond": { good: ["1"], wrong: ["0"] },
  "gatekeeper unbond": { good: ["1"], wrong: ["much"] },
  "gatekeeper withdraw": { good: [], wrong: ["--from", "nobody"] },
  "gatekeeper stand": { good: [], wrong: ["--commission", "101"] },
  "gatekeeper nominate": { good: ["alice", "bob"], wrong: ["nobody"] },
  "gatekeeper chill": { good: [], wrong: ["--from", "nobody"] },
  "gatekeeper payout": { good: ["alice", "1"], wrong: ["alice", "never"] },
  "gatekeeper candidates": { good: ["alice"], wrong: ["nobody"] },
  "gatekeeper approve": { good: ["alice", ...LABELS], wrong: ["nobody", ...LABELS] },
  "gatekeeper revoke": { good: ["alice"], wrong: ["nobody"] },
  "validator bond": { good: ["1"], wrong: ["0"] },
  "validator validate": { good: [], wrong: ["--commission", "101"] },
  "validator nominate": { good: ["alice", "bob"], wrong: ["nobody"] },
  "validator chill": { good: [], wrong: ["--from", "nobody"] },
  "validator unbond": { good: ["1"], wrong: ["much"] },
  "validator withdraw": { good: [], wrong: ["--from", "nobody"] },
  "validator status": { good: ["alice"], wrong: ["nobody"] },
  "audit key": { good: ["new.secret"], wrong: [join(folder, "no-such-folder", "key")] },
  "audit replay": {
    good: ["counter", "--key", auditKey],
    wrong: ["counter", "--key", "no-such-file"],
  },
  "audit steps": { good: ["counter"], wrong: ["counter", "--from", "x"] },
  "policy show": { good: [], wrong: ["--timeout", "soon"] },
  "policy measure": { good: ["pruntime.js"], wrong: ["pruntime.js", "--nope"] },
  "policy allow": { good: [`0x${"00".repeat(32)}`], wrong: ["0x12"] },
  "policy withdraw": { good: [`0x${"00".repeat(32)}`], wrong: ["0x12"] },
  "policy min-version": { good: ["0.1.0"], wrong: ["0.1"] },
  "policy freeze": { good: [], wrong: ["--from", "nobody"] },
  "policy resume": { good: [], wrong: ["--from", "nobody"] },
  "worker upgrade": {
    good: [hostConfig, "--program", "pruntime.js", "--image", `0x${"00".repeat(32)}`],
    wrong: [hostConfig, "--program", "pruntime.js", "--image", "0x12"],
  },
  "drill vendor-broken": { good: ["intel"], wrong: ["Intel Inc."] },
  "account list": { good: [], wrong: ["--nope"] },
  "account new": { good: [], wrong: ["--nope"] },
  "account balance": { good: ["bob"], wrong: ["nobody"] },
  "account send": { good: ["1", "bob"], wrong: ["0", "bob"] },
};

/** Ends the command and gives the one document that it printed. */
async function errorOf(name: string, args: readonly string[]) {
  await runProgram(["node", "pha", ...name.split(" "), ...args, "--json"]);
  const { error, ...rest } = JSON.parse(printed.stdout);
  expect(rest).toEqual({});
  expect(error.code).toMatch(/^[a-z-]+\/[a-z-]+$/);
  expect(error.message).not.toBe("");
  expect(error.hint).toMatch(/\S+ \S+/);
  expect(error.hint).not.toBe(error.message);
  expect(printed.stderr).toContain(error.code);
  return { code: error.code as string, exit: process.exitCode };
}

const names = [...COMMANDS.keys()];
const networked = names.filter((name) =>
  networkOptions.every((option) => COMMANDS.get(name)?.options?.includes(option)),
);

test("every command of the program is in the table", () => {
  expect(Object.keys(ARGUMENTS).sort()).toEqual(names.sort());
  expect(networked.length).toBe(49);
});

test.each(names)("pha %s: a usage error ends with 2", async (name) => {
  const { code, exit } = await errorOf(name, ARGUMENTS[name]?.wrong ?? []);
  expect(code).toMatch(/^(usage|account)\//);
  expect(exit).toBe(EXIT.usage);
});

test.each(networked)("pha %s: an endpoint that is down ends with 4", async (name) => {
  const args = [...(ARGUMENTS[name]?.good ?? []), "--url", "ws://127.0.0.1:1"];
  expect(await errorOf(name, args)).toEqual({ code: "rpc/unreachable", exit: EXIT.unreachable });
});

test.each(networked)("pha %s: an endpoint that is silent ends with 8", async (name) => {
  const args = [...(ARGUMENTS[name]?.good ?? []), "--url", silentUrl, "--timeout", "0.05"];
  expect(await errorOf(name, args)).toEqual({ code: "rpc/timed-out", exit: EXIT.timedOut });
});

test.each(networked)("pha %s: no devnet in the folder ends with 9", async (name) => {
  expect(await errorOf(name, ARGUMENTS[name]?.good ?? [])).toEqual({
    code: "devnet/none-running",
    exit: EXIT.precondition,
  });
});
