import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Artefact, entryCodecsOf } from "@pha/contract";
import { buildContract } from "@pha/contract/build";
import { KEPT_LINES, type LogPage } from "@pha/contract/log";
import { padVisit, VISIT_DOMAIN, type Visit } from "@pha/contract-analytics";
import { hpkeSeal } from "@pha/crypto";
import { DOMAIN } from "@pha/protocol";
import { type Codec, concatBytes, decode, encode, parseHex, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import type { EngineOutcome } from "../core/index.ts";
import { type ClusterMachine, createClusterMachine } from "./cluster-machine.ts";
import { HOST_FUEL, MAX_CALL_WRITE_BYTES, writeBytes } from "./engine.ts";
import { createJavascriptEngine } from "./javascript/javascript-engine.ts";
import { NODE_CRYPTOGRAPHY } from "./node-cryptography.ts";
import { viewOf } from "./testing/log-line.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..", "..");
const LOGS = join(ROOT, "..", "shared", "vectors", "apps");
const CONTRACT = new Uint8Array(32).fill(1);
const OWNER = new Uint8Array(32).fill(2);
const ALICE = new Uint8Array(32).fill(3);
const BLOCK = { number: 7, timestampMs: 1_700_000_000_000n };
const FUEL = 500_000_000n;

function deployed(name: string): Promise<Deployed> {
  return deployedFrom(join(ROOT, "contracts", name, "src", "index.ts"));
}

async function deployedFrom(entry: string): Promise<Deployed> {
  const built = await buildContract({ entry, trusted: true });
  if (!built.ok) throw new Error(built.error[0]?.message);
  const machine = createClusterMachine(createJavascriptEngine(), NODE_CRYPTOGRAPHY);
  machine.handle({ type: "reset" });
  machine.handle({
    type: "load-contract",
    contract: CONTRACT,
    code: built.value.bytes,
    owner: OWNER,
    pseudonymKey: new Uint8Array(32).fill(9),
  });
  return new Deployed(machine, built.value.artefact);
}

/** Encodes and decodes by the artefact alone, as a client does. */
class Deployed {
  readonly machine: ClusterMachine;
  readonly artefact: Artefact;
  #job = 0;

  constructor(machine: ClusterMachine, artefact: Artefact) {
    this.machine = machine;
    this.artefact = artefact;
  }

  #call(name: string, args: unknown, caller: Uint8Array) {
    const entry = entryCodecsOf(this.artefact)[name];
    const selector = parseHex(entry?.abi.selector ?? "");
    if (entry === undefined || !selector.ok) throw new Error(`${name} is an entry`);
    const call = {
      contract: CONTRACT,
      kind: entry.kind,
      selector: selector.value,
      args: encode(entry.args, args),
      caller,
      fuelLimit: FUEL,
      seed: new Uint8Array(32),
    } as const;
    return { call, returns: entry.returns };
  }

  command(name: string, args: unknown, caller = OWNER) {
    const { call, returns } = this.#call(name, args, caller);
    const job = ++this.#job;
    const response = this.machine.handle({
      type: "run",
      job,
      block: BLOCK,
      calls: [call],
      softWriteBytes: 0,
    });
    this.machine.handle({ type: "finalize", job });
    const outcome = response?.type === "ran" ? response.outcomes[0] : undefined;
    if (outcome === undefined) throw new Error("a command has an outcome");
    return { outcome, value: resultOf(outcome, returns) };
  }

  query(name: string, args: unknown, caller = OWNER) {
    const { call, returns } = this.#call(name, args, caller);
    const response = this.machine.handle({ type: "query", query: 1, block: BLOCK, call });
    if (response?.type !== "queried") throw new Error("a query has an outcome");
    const { outcome, opened } = response;
    return { outcome, opened, value: resultOf(outcome, returns) };
  }
}

function resultOf(outcome: EngineOutcome, returns: Codec<unknown>): unknown {
  if (outcome.status !== "ok") return outcome.status === "failed" ? outcome.code : outcome.reason;
  const decoded = decode(returns, outcome.output);
  return decoded.ok ? decoded.value : decoded.error;
}

test("counter: own counts, the owner's sum, coded refusals", async () => {
  const counter = await deployed("counter");
  expect(counter.command("add", { n: 5n }, ALICE).value).toBe(5n);
  expect(counter.command("add", { n: 6n }).value).toBe(6n);
  expect(counter.query("value", {}, ALICE).value).toBe(5n);
  expect(counter.query("total", {}).value).toBe(11n);
  expect(counter.query("total", {}, ALICE).value).toBe("counter/not-the-owner");
  expect(counter.command("add", { n: (1n << 64n) - 1n }, ALICE).value).toBe("counter/overflow");
  expect(counter.query("total", {}).value).toBe(11n);
});

test("counter: the caller's own entry is opened, as it is in final state; who has none opens none", async () => {
  const counter = await deployed("counter");
  counter.command("add", { n: 5n }, ALICE);
  counter.command("add", { n: 6n });
  expect(counter.query("openValue", {}, ALICE)).toMatchObject({
    value: 5n,
    opened: [Uint8Array.of(0, ...ALICE)],
  });
  const without = counter.query("value", {}, ALICE);
  expect(without).toMatchObject({ value: 5n, opened: [] });
  expect(counter.query("openValue", {}, new Uint8Array(32))).toMatchObject({
    value: "counter/nothing-counted",
    opened: [],
  });
  const opening = counter.query("openValue", {}, ALICE).outcome.fuelUsed;
  expect(opening).toBeGreaterThan(without.outcome.fuelUsed + HOST_FUEL.open);
});

test("counter: a warm call costs little fuel", async () => {
  const counter = await deployed("counter");
  counter.command("add", { n: 1n }, ALICE);
  expect(counter.command("add", { n: 1n }, ALICE).outcome.fuelUsed).toBeLessThan(600_000n);
});

test("analytics: views in, report out, a visitor's views deleted", async () => {
  const analytics = await deployed("analytics");
  const line = `203.0.113.9 - - [17/May/2015:10:05:03 +0000] "GET /a?x=1 HTTP/1.1" 200 12 "http://h.example/" "Agent/1"`;
  const view = viewOf(line);
  expect(analytics.command("ingest", { views: [view, { ...view, visitor: ALICE }] }).value).toBe(2);
  const report = {
    views: 2,
    bytes: 24n,
    uniqueIps: 1,
    visitors: 1,
  };
  const first = { after: undefined, most: 15 };
  expect(analytics.query("report", {}).value).toMatchObject(report);
  expect(analytics.query("topPaths", first).value).toMatchObject({ names: [["/a", 2]] });
  expect(analytics.query("topReferrers", first).value).toMatchObject({ names: [["h.example", 2]] });
  expect(analytics.query("topAgents", first).value).toMatchObject({ names: [["Agent/1", 2]] });
  expect(analytics.query("report", {}, ALICE).value).toBe("analytics/not-the-owner");
  expect(analytics.query("mine", { from: 0 }, ALICE).value).toMatchObject([{ id: 0, path: "/a" }]);
  expect(analytics.command("forget", { id: 0 }, ALICE).outcome.status).toBe("ok");
  expect(analytics.query("mine", { from: 0 }, ALICE).value).toEqual([]);
  expect(analytics.query("report", {}).value).toMatchObject({
    ...report,
    views: 1,
    bytes: 12n,
  });
  expect(analytics.query("topPaths", first).value).toMatchObject({ names: [["/a", 1]] });
});

/** As a page seals it, with the library that commands are sealed with. */
function sealedVisit(key: Uint8Array, visit: Partial<Visit>, seed: number): Uint8Array {
  const { enc, ciphertext } = hpkeSeal({
    recipient: key,
    ephemeralSecret: new Uint8Array(32).fill(seed + 1),
    info: concatBytes(DOMAIN.sealedBox, CONTRACT, utf8(VISIT_DOMAIN)),
    aad: new Uint8Array(0),
    plaintext: padVisit({
      event: "",
      path: "/pricing",
      referrerHost: "news.example",
      userAgent: `Mozilla/5.0 (Linux) Firefox/${seed}`,
      account: undefined,
      ...visit,
    }),
  });
  return concatBytes(Uint8Array.of(1), enc, ciphertext);
}

test("analytics: sealed visits are opened inside, a bad box fails alone, the fullest command has fuel enough", async () => {
  const analytics = await deployed("analytics");
  const key = analytics.query("visitKey", {}, ALICE).value;
  if (!(key instanceof Uint8Array)) throw new Error(`the key is ${String(key)}`);
  let most = 0n;
  for (let command = 0; command < 8; command++) {
    const views = Array.from({ length: 32 }, (_, i) => ({
      box: sealedVisit(
        key,
        { path: `/${command}/${"x".repeat(400)}/${i}`, ...(i === 0 && { account: ALICE }) },
        i,
      ),
      address: `203.0.${command}.${i}`,
    }));
    const broken = views[31]?.box;
    if (broken) broken[60] = (broken[60] ?? 0) ^ 1;
    const { outcome, value } = analytics.command("collect", { views });
    expect(value).toEqual({ counted: 31, refused: 1 });
    if (outcome.status !== "ok") throw new Error("the command ends well");
    const bytes = outcome.writes.reduce((sum, { key, value }) => sum + writeBytes(key, value), 0);
    expect(bytes).toBeLessThan(MAX_CALL_WRITE_BYTES / 2);
    if (outcome.fuelUsed > most) most = outcome.fuelUsed;
  }
  expect(most).toBeLessThan(200_000_000n);
  expect(analytics.query("site", {}).value).toMatchObject({ views: 248, refused: 8, live: 200 });
  expect(analytics.query("myVisits", { from: 0 }, ALICE).value).toHaveLength(8);
  expect(analytics.command("forgetVisits", { from: 0, most: 64 }, ALICE).value).toBe(8);
  expect(analytics.query("site", {}).value).toMatchObject({ views: 240 });
});

const log = join(LOGS, "access.log");

/** With PHA_LONG: a network counts the same log in `main-job.test.ts`. */
test.skipIf(!existsSync(log) || process.env["PHA_LONG"] !== "1")(
  "analytics: a real log of 6,500 lines is counted exactly, within bounds",
  async () => {
    const analytics = await deployed("analytics");
    const lines = readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line !== "");
    const expected = JSON.parse(readFileSync(join(LOGS, "access-log-expected.json"), "utf8"));
    for (let at = 0; at < lines.length; at += 32) {
      const { outcome } = analytics.command("ingest", {
        views: lines.slice(at, at + 32).map(viewOf),
      });
      if (outcome.status !== "ok") throw new Error(`the command ends with ${outcome.status}`);
      const bytes = outcome.writes.reduce((sum, { key, value }) => sum + writeBytes(key, value), 0);
      expect(bytes).toBeLessThan(MAX_CALL_WRITE_BYTES / 2);
    }
    expect(analytics.query("report", {}).value).toMatchObject({
      views: expected.lines,
      bytes: BigInt(expected.bytes),
      uniqueIps: expected.uniqueIps,
      uniqueUserAgents: expected.uniqueUserAgents,
      visitors: expected.uniqueIpUaDay,
      status: Object.entries(expected.status),
      perDay: Object.entries(expected.perDay),
    });
    const top = (query: string, most: number): unknown => {
      const names: [string, number][] = [];
      let after: Uint8Array | undefined;
      do {
        const page = analytics.query(query, { after, most }).value as {
          names: [string, number][];
          next: Uint8Array | undefined;
        };
        names.push(...page.names);
        after = page.next;
      } while (after !== undefined);
      return names.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, most);
    };
    expect(top("topPaths", 15)).toEqual(expected.topPaths);
    expect(top("topReferrers", 10)).toEqual(expected.topRefererHosts);
  },
);

const LOGGING = `import { defineContract, ensure } from "@pha/contract";
import { u32 } from "@pha/scale";

export const Talker = defineContract("talker", {
  docs: "Says what it is told.",
  logs: "Everything that it said.",
  state: {},
}).implement(({ command }) => ({
  say: command({ docs: "Logs lines.", args: { lines: u32 } }, (ctx, { lines }) => {
    for (let i = 0; i < lines; i++) ctx.log(\`\${i} \${"語".repeat(100)}\`);
    ensure(lines !== 3, "talker/three");
  }),
}));
`;

async function talker(): Promise<Deployed> {
  const folder = mkdtempSync(join(tmpdir(), "pha-talker-"));
  try {
    writeFileSync(join(folder, "talker.ts"), LOGGING);
    return await deployedFrom(join(folder, "talker.ts"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a contract that logs: lines of a full ring come in one reply, those of a failed command do not", async () => {
  const contract = await talker();
  expect(contract.command("say", { lines: 3 }, ALICE).value).toBe("talker/three");
  expect(contract.query("logs", { after: 0n }).value).toEqual({
    oldest: 0n,
    newest: 0n,
    lines: [],
  });
  for (let i = 0; i < 9; i++) contract.command("say", { lines: 16 }, ALICE);
  const { outcome, value } = contract.query("logs", { after: 0n });
  expect(value).toMatchObject({ oldest: 17n, newest: 144n });
  const { lines } = value as LogPage;
  expect(lines).toHaveLength(KEPT_LINES);
  expect(lines.at(-1)).toEqual({
    number: 144n,
    block: BLOCK.number,
    timestampMs: BLOCK.timestampMs,
    text: `15 ${"語".repeat(83)}…`,
  });
  // A seventh of what the SDK gives a query.
  expect(outcome.fuelUsed).toBeLessThan(285_000_000n);
  expect(contract.query("logs", { after: 0n }, ALICE).value).toBe("contract/not-the-owner");
});

test("a contract that logs takes the same fuel and writes the same bytes wherever it runs", async () => {
  const [first, second] = [await talker(), await talker()];
  for (const lines of [0, 1, 16, 20]) {
    const { outcome } = first.command("say", { lines }, ALICE);
    expect(second.command("say", { lines }, ALICE).outcome).toEqual(outcome);
    expect(outcome.status).toBe("ok");
  }
  expect(second.query("logs", { after: 5n })).toEqual(first.query("logs", { after: 5n }));
});
