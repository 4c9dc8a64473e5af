/**
 * The main job: a real web-server log is counted confidentially. The owner reads the right totals; the log's words are
 * nowhere outside the TEEs.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "@pha/scale";
import { connectWebSocket, devSigner, openChain } from "@pha/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  type NodeProxy,
  startNodeProxy,
  startWorkerProxy,
  type WorkerProxy,
} from "./hostile-proxy.ts";
import { createLeakSearch, filesBelow, memoryOf, tokensOf } from "./leak-search.ts";
import { type DevnetProcess, isLong, sharedFolder, startDevnet } from "./start-devnet.ts";

const vectors = join(sharedFolder, "vectors", "apps");
const log = join(vectors, "access.log");
/** Lines in the short form; the long form takes all 6,500. */
const SHORT_LINES = 600;
/** Words that memories are searched for. */
const MEMORY_WORDS = 100;
/** A word that is sent in the clear on purpose: the search must find it. */
const MARKER = "plaintext-marker-for-the-leak-search";

interface Demo {
  readonly aggregates: Readonly<Record<string, unknown>>;
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
  readonly timings: Readonly<Record<string, number>>;
}

// Skipped without the third-party log beside the checkout.
describe.skipIf(!existsSync(log))("an access log of a real web server", () => {
  const folder = mkdtempSync(join(tmpdir(), "pha-e2e-log-"));
  const input = join(folder, "access.log");
  let devnet: DevnetProcess;
  let worker: WorkerProxy;
  let node: NodeProxy;
  let lines: readonly string[];
  let tokens: ReadonlySet<string>;
  let before: ReadonlySet<string>;
  let demo: Demo;

  beforeAll(
    async () => {
      const all = readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line !== "");
      lines = isLong ? all : all.slice(0, SHORT_LINES);
      writeFileSync(input, `${lines.join("\n")}\n`);
      tokens = tokensOf(lines.flatMap(fieldsOf));
      devnet = await startDevnet();
      worker = await startWorkerProxy(devnet.file.workers[0]?.url ?? "");
      node = await startNodeProxy(devnet.file.rpc.ws);
      const first = await devnet.pha(
        "call",
        address("counter"),
        "add",
        '{"n": 1}',
        "--json",
        ...network(),
      );
      expect(first.code, first.stderr).toBe(0);
      await sendMarker();
      before = new Set([...search([...tokens])].map(({ token }) => token));
      const run = await devnet.pha(
        "demo",
        "--log",
        input,
        "--contract",
        address("analytics"),
        "--json",
        ...network(),
      );
      expect(run.code, run.stderr).toBe(0);
      demo = run.json() as unknown as Demo;
    },
    isLong ? 600_000 : 150_000,
  );

  afterAll(async () => {
    await worker?.stop();
    await node?.stop();
    await devnet?.cleanUp();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Flags that lead through the recording proxies. */
  function network(): readonly string[] {
    const { genesis } = devnet.file;
    return ["--url", node.url, "--worker", worker.url, "--genesis", genesis, "--allow-simulated"];
  }

  function address(name: string): string {
    return devnet.file.contracts.find((contract) => contract.name === name)?.address ?? "";
  }

  async function sendMarker(): Promise<void> {
    const rpc = await connectWebSocket({ url: node.url, webSocket: WebSocket });
    const chain = await openChain(rpc);
    const call = chain.call("System", "remark", { remark: utf8(MARKER) });
    await chain.submit(devSigner("Bob"), call);
    chain.close();
  }

  /** Where words are, outside of TEEs: files of node and host, logs, sealed stores, traffic. */
  function search(
    words: readonly string[],
  ): readonly { readonly token: string; readonly where: string }[] {
    const { find } = createLeakSearch(words);
    const found: { token: string; where: string }[] = [];
    const look = (where: string, bytes: Uint8Array): void => {
      for (const [token, form] of find(bytes)) found.push({ token, where: `${where} (${form})` });
    };
    for (const { path, bytes } of filesBelow(devnet.state)) look(path, bytes);
    look("supervisor's output", utf8(devnet.log()));
    look("traffic of the node", Buffer.concat(node.recorded));
    look("traffic of the host", Buffer.concat(worker.recorded));
    return found;
  }

  test("gives the owner the totals of a plain count", () => {
    expect(demo.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(demo.checks.length).toBeGreaterThan(5);
    const { aggregates } = demo;
    expect(aggregates["lines"]).toBe(lines.length);
    expect(aggregates["uniqueIps"]).toBe(new Set(lines.map((line) => line.split(" ")[0])).size);
    expect(aggregates["status"]).toEqual(
      countsOf(lines.map((line) => /" (\d{3}) /.exec(line)?.[1])),
    );
    expect(aggregates["perDay"]).toEqual(
      countsOf(lines.map((line) => /\[([^:]+):/.exec(line)?.[1])),
    );
  });

  test.runIf(isLong)("gives the totals that others computed for the whole file", () => {
    const expected = JSON.parse(readFileSync(join(vectors, "access-log-expected.json"), "utf8"));
    const { note: _note, ...totals } = expected;
    expect(demo.aggregates).toEqual(totals);
  });

  test("counts the next log by itself: odd lines are counted, none is fatal", async () => {
    const odd = join(folder, "odd.log");
    const time = "[01/Feb/2026:10:00:00 +0000]";
    const texts = [
      `::1 - - ${time} "GET /${"😀".repeat(2000)} HTTP/1.1" 200 1 "-" "${"é".repeat(3000)}"`,
      `${"h".repeat(400)} - - ${time} "\\x16\\x03" 400 9007199254740991 "-" "-"`,
      "",
      "no line of a log",
      ...Array.from(
        { length: 40 },
        (_, i) => `10.0.0.${i} - - ${time} "GET /${i}${"p".repeat(4000)} HTTP/1.1" 200 1 "-" "a"`,
      ),
    ];
    writeFileSync(odd, `${texts.join("\n")}\n`);
    const run = await devnet.pha(
      "demo",
      "--log",
      odd,
      "--contract",
      address("analytics"),
      "--json",
      ...network(),
    );
    expect(run.code, run.stderr).toBe(0);
    const { aggregates, checks } = run.json() as unknown as Demo;
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(aggregates).toMatchObject({
      lines: 44,
      unparsed: 2,
      uniqueIps: 42,
      bytes: 2 ** 53 + 40,
    });
  });

  test("leaves none of the log's words in files, logs or traffic", () => {
    expect(tokens.size).toBeGreaterThan(100);
    const secret = [...tokens].filter((token) => !before.has(token));
    expect(secret.length).toBeGreaterThan(tokens.size * 0.9);
    expect(search(secret)).toEqual([]);
  });

  test("would have been seen: a word sent in the clear is in the node's files and in the traffic", () => {
    const places = search([MARKER]).map(({ where }) => where);
    expect(places.some((where) => where.startsWith(join(devnet.state, "node")))).toBe(true);
    expect(places.some((where) => where.startsWith("traffic of the node"))).toBe(true);
    const sample = "GET /a-long-path?of=a&page=view";
    for (const form of ["hex", "base64", "utf16le"] as const) {
      const text = form === "utf16le" ? sample : Buffer.from(`..${sample}..`).toString(form);
      const bytes = Buffer.from(text, form === "utf16le" ? "utf16le" : "latin1");
      expect(createLeakSearch([sample]).find(bytes).size, form).toBe(1);
    }
  });

  test("is in the clear in the memory of an engine, and never in that of node and host", (context) => {
    const secret = [...tokens].filter((token) => !before.has(token));
    // A sample of the words: a whole memory is much to search.
    const every = Math.ceil(secret.length / MEMORY_WORDS);
    const { find } = createLeakSearch(secret.filter((_word, i) => i % every === 0));
    const heard = (program: string): readonly string[] =>
      devnet
        .processes()
        .filter(({ command }) => command.includes(program))
        .flatMap(({ pid }) => [...memoryOf(pid)].flatMap((piece) => [...find(piece).keys()]));
    const inEngines = heard("engine.js");
    if (inEngines.length === 0 && process.platform !== "linux")
      context.skip("memory is not readable");
    expect(inEngines.length).toBeGreaterThan(0);
    expect(heard("worker.js")).toEqual([]);
    expect(heard("node.js")).toEqual([]);
  });
});

function fieldsOf(line: string): readonly string[] {
  const [, ip = "", request = "", referrer = "", agent = ""] =
    /^(\S+) .*?\] "(.*?)" \d+ \S+ "(.*?)" "(.*?)"/.exec(line) ?? [];
  return [ip, request.split(" ")[1] ?? "", referrer, agent];
}

function countsOf(values: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) if (value) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
