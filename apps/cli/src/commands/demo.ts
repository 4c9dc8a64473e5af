/**
 * `pha demo`: the main job. Replays an access log as encrypted page views, reads the owner's aggregates back, and checks
 * them against a plain computation.
 */
import { readFile } from "node:fs/promises";
import { MAX_TOP, MAX_VIEWS, mostFrequent, PageView, type TopPage } from "@pha/contract-analytics";
import { type LogEntry, parseLogLine } from "@pha/contract-analytics/client";
import { encode, PhaError, toHex } from "@pha/scale";
import { createSession, devSigner } from "@pha/sdk";
import { instantiateContract } from "@pha/sdk/deploy";
import { Option } from "commander";
import {
  type Aggregates,
  aggregatesOf,
  TOP_PATHS,
  TOP_REFERER_HOSTS,
} from "../access-log/aggregates.ts";
import { type Check, compareAggregates, ensureEqual } from "../access-log/compare.ts";
import { syntheticLog } from "../access-log/synthetic.ts";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { contractOf, type NamedContract } from "../program/contract.ts";
import { type Network, openNetwork } from "../program/network.ts";
import type { Output } from "../program/output.ts";

const SYNTHETIC_LINES = 300;
/** Commands on their way at once. */
const AT_ONCE = 24;
/** Most bytes of page views in one command, well below the largest bucket of a sealed command. */
const MAX_COMMAND_BYTES = 32 << 10;
const INGEST_FUEL = 200_000_000n;
const REPORT_FUEL = 2_000_000_000n;

export const demo: CommandDeclaration = {
  usage: "demo",
  docs: "Counts a web-server log confidentially and checks the result against a plain count.",
  examples: ["pha demo", "pha demo --log /var/log/nginx/access.log", "pha demo --json"],
  options: [
    ...networkOptions,
    new Option("--log <file>", "access log in combined format (default: 300 synthetic lines)"),
    new Option("--seed <text>", "seed of the synthetic lines").default("pha"),
    new Option("--contract <name>", "analytics contract of which alice is owner").default(
      "analytics",
    ),
  ],
  async run({ options, output }) {
    const file = typeof options["log"] === "string" ? options["log"] : undefined;
    const lines =
      file === undefined
        ? syntheticLog(SYNTHETIC_LINES, String(options["seed"]))
        : await readLines(file);
    const entries = lines.flatMap((line) => parseLogLine(line) ?? []);
    const network = await openNetwork(options);
    try {
      const source =
        file === undefined ? `${lines.length} SYNTHETIC lines` : `${lines.length} lines of ${file}`;
      output.progress(`\n  pha demo   ${source}, ${lines.length - entries.length} unparsable\n`);
      const contract = await contractOf(network, String(options["contract"]));
      await runDemo(network, contract, entries, lines.length, output);
    } finally {
      network.client.close();
    }
  },
};

interface Report {
  readonly views: number;
  readonly uniqueIps: number;
  readonly uniqueUserAgents: number;
  readonly visitors: number;
  readonly bytes: bigint;
  readonly status: Names;
  readonly perDay: Names;
}

/** Names and how often each was seen. */
type Names = readonly (readonly [string, number])[];

async function runDemo(
  network: Network,
  named: NamedContract,
  entries: readonly LogEntry[],
  lines: number,
  output: Output,
): Promise<void> {
  const began = performance.now();
  const { contract, read, top } = await emptyContract(network, named, output);
  const ingestBegan = performance.now();
  const seen = await ingest(contract, entries, output);
  const ingestMs = performance.now() - ingestBegan;
  const found = await untilCounted(read, entries.length);
  const [topPaths, topRefererHosts, agents] = await Promise.all([
    top("topPaths", TOP_PATHS),
    top("topReferrers", TOP_REFERER_HOSTS),
    top("topAgents", SHOWN),
  ]);
  const totals = toTotals(found, lines, entries.length);
  const aggregates: Aggregates = { ...totals, topPaths, topRefererHosts };
  const checks = compareAggregates(aggregates, aggregatesOf(entries, lines));
  const timings = {
    ingestMs: Math.round(ingestMs),
    totalMs: Math.round(performance.now() - began),
    commands: seen.commands,
  };
  output.result({ aggregates, checks, timings }, report(aggregates, agents, seen, checks, timings));
  ensureEqual(checks);
}

interface Target {
  readonly contract: NamedContract;
  /** The owner's aggregates, from final state. */
  readonly read: () => Promise<Report>;
  /** The most frequent names of all pages. */
  readonly top: (query: string, most: number) => Promise<Names>;
}

/** The contract while it has counted nothing, else a new one of the same code: each run counts its own log alone. */
async function emptyContract(
  network: Network,
  named: NamedContract,
  output: Output,
): Promise<Target> {
  const target = await targetOf(network, named);
  if ((await target.read()).views === 0) return target;
  output.progress("  the contract has counted before: deploying another of the same code");
  const { codeHash, cluster } = named;
  const { address } = await instantiateContract(network.client, {
    signer: devSigner("Alice"),
    codeHash,
    cluster,
  });
  return targetOf(network, await contractOf(network, toHex(address)));
}

async function targetOf({ client }: Network, contract: NamedContract): Promise<Target> {
  const session = await createSession(client.chain, {
    signer: devSigner("Alice"),
    scopes: [{ contract: contract.address, methods: undefined }],
    purpose: "pha demo: read the aggregates",
  });
  const read = async (): Promise<Report> => {
    const { value } = await contract.handle.query(
      "report",
      {},
      { session, fuelLimit: REPORT_FUEL },
    );
    // The ABI on chain has this shape; the checks compare every figure.
    return value as Report;
  };
  const top = async (query: string, most: number): Promise<Names> => {
    const names: (readonly [string, number])[] = [];
    let after: Uint8Array | undefined;
    do {
      const asked = { after, most: MAX_TOP };
      const answer = await contract.handle.query(query, asked, {
        session,
        fuelLimit: REPORT_FUEL,
      });
      // As above.
      const page = answer.value as TopPage;
      names.push(...page.names);
      after = page.next;
    } while (after !== undefined);
    return mostFrequent(names, most);
  };
  return { contract, read, top };
}

interface Seen {
  readonly commands: number;
  readonly sealedBytes: number;
  readonly sample: Uint8Array;
}

/** Sends all entries as sealed commands, several at a time, and waits for every reply. */
async function ingest(
  contract: NamedContract,
  entries: readonly LogEntry[],
  output: Output,
): Promise<Seen> {
  const owner = devSigner("Alice");
  const batches = batchesOf(entries.map(toView));
  let sealedBytes = 0;
  let done = 0;
  let sample = new Uint8Array(0);
  let next = 0;
  const send = async (): Promise<void> => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      const receipt = await contract.handle.command(
        "ingest",
        { views: batch },
        { signer: owner, fuelLimit: INGEST_FUEL, timeoutMs: 120_000 },
      );
      sealedBytes += receipt.sealed.length;
      sample = Uint8Array.from(receipt.sealed);
      done += 1;
      if (done % 20 === 0 || done === batches.length)
        output.progress(`  ✓ ${done} of ${batches.length} encrypted commands executed`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, batches.length) }, send));
  return { commands: batches.length, sealedBytes, sample };
}

/** As many views to a command as its limits of number and bytes take. */
function batchesOf(views: readonly PageView[]): readonly (readonly PageView[])[] {
  const batches: PageView[][] = [];
  let room = 0;
  for (const view of views) {
    const size = encode(PageView, view).length;
    const last = batches.at(-1);
    if (last === undefined || last.length === MAX_VIEWS || size > room) {
      batches.push([view]);
      room = MAX_COMMAND_BYTES - size;
    } else {
      last.push(view);
      room -= size;
    }
  }
  return batches;
}

function toView(entry: LogEntry): PageView {
  const { ip, day, hour, path, status, bytes, refererHost, userAgent } = entry;
  return {
    ip,
    day,
    hour,
    path,
    status,
    bytes: BigInt(bytes),
    referrerHost: refererHost,
    userAgent,
    visitor: undefined,
  };
}

/** Answers come from final state: waits until the replicas' majority has voted the last root. */
async function untilCounted(read: () => Promise<Report>, wanted: number): Promise<Report> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const found = await read();
    if (found.views >= wanted) return found;
    if (performance.now() > deadline)
      throw new PhaError("command/no-reply", "the last page views are not final after a minute", {
        facts: { counted: found.views, sent: wanted },
        hint: "Look whether the cluster is live: `pha verify analytics`.",
      });
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function toTotals(
  report: Report,
  lines: number,
  parsed: number,
): Omit<Aggregates, "topPaths" | "topRefererHosts"> {
  return {
    lines,
    unparsed: lines - parsed,
    uniqueIps: report.uniqueIps,
    uniqueUserAgents: report.uniqueUserAgents,
    uniqueIpUaDay: report.visitors,
    bytes: Number(report.bytes),
    status: Object.fromEntries(report.status),
    perDay: Object.fromEntries(report.perDay),
  };
}

async function readLines(file: string): Promise<readonly string[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new PhaError("usage/no-file", `the log ${file} cannot be read`, {
      cause,
      hint: "Give the path of an access log in combined format with --log.",
    });
  }
  const lines = text.split(/\r?\n/);
  // What follows the last line's end is no line; an empty line between others is one that cannot be parsed.
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Names that a table for people has. */
const SHOWN = 8;

function report(
  aggregates: Aggregates,
  agents: Names,
  seen: Seen,
  checks: readonly Check[],
  timings: { readonly totalMs: number },
): readonly string[] {
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name}: ${count}`)
      .join("   ");
  const table = (rows: Names): string[] =>
    rows
      .slice(0, SHOWN)
      .map(([name, count]) => `    ${String(count).padStart(6)}  ${name.slice(0, 70)}`);
  return [
    "",
    "  What the owner reads (decrypted here, computed inside)",
    `    lines ${aggregates.lines}   unparsed ${aggregates.unparsed}   bytes ${aggregates.bytes}`,
    `    unique addresses ${aggregates.uniqueIps}   user agents ${aggregates.uniqueUserAgents}   visitors ${aggregates.uniqueIpUaDay}`,
    `    status   ${counts(aggregates.status)}`,
    `    days     ${counts(aggregates.perDay)}`,
    "    paths",
    ...table(aggregates.topPaths),
    "    referring hosts",
    ...table(aggregates.topRefererHosts),
    "    user agents",
    ...table(agents),
    "",
    "  What the network saw",
    ...(seen.commands === 0 ? ["    nothing: no line could be parsed"] : seenLines(seen)),
    "",
    ...checks.map(({ name, ok }) => `  ${ok ? "✓" : "✗"} ${name}`),
    "",
    `  ${(timings.totalMs / 1000).toFixed(1)} s. SIMULATED TEEs: on this devnet no hardware protects the data.`,
    "",
  ];
}

function seenLines({ commands, sealedBytes, sample }: Seen): readonly string[] {
  return [
    `    ${commands} sealed commands, ${sealedBytes} bytes; the last begins`,
    `    ${toHex(sample.subarray(0, 48))}…`,
    "    and with each: sender, contract, size bucket, fuel limit and time. No address, path or agent.",
  ];
}
