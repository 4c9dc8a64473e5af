/** `pha drill …`: break-glass, rehearsed and done by the same command. */
import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { PhaError, toHex } from "@pha/scale";
import type { Client } from "@pha/sdk";
import { Option } from "commander";
import {
  brokenLines,
  clustersOf,
  generationsOf,
  isOfTarget,
  membersOf,
  policyOf,
} from "../drill/drill-chain.ts";
import { type Exposure, exposureLines, exposureOf } from "../drill/exposure.ts";
import {
  type Before,
  brokenOperators,
  type DrillContext,
  STEPS,
  type Step,
} from "../drill/steps.ts";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { FROM, openNetwork, signerOf } from "../program/network.ts";
import { type Output, toJson } from "../program/output.ts";
import { sudo } from "./gatekeeper-chain.ts";
import { versionOf } from "./policy.ts";

type Chain = Client["chain"];

const FORMAT = "pha/drill/1";
const LOOK_MS = 1_000;
const MAX_WAIT_S = 86_400;

interface StepRecord {
  readonly name: string;
  readonly state: "done" | "pending";
  /** Block at which it was found done. */
  readonly block?: number;
  readonly missing?: string;
}

/** The report, which is also what an interrupted drill goes on by. */
export interface Report {
  readonly format: typeof FORMAT;
  readonly target: string;
  readonly genesis: string;
  readonly startedAt: number;
  readonly lines: readonly string[];
  readonly before: {
    readonly generation: string;
    readonly stateKeys: Readonly<Record<string, number>>;
  };
  readonly excluded: { readonly workers: number; readonly gatekeepers: number };
  readonly exposure: Exposure;
  readonly steps: readonly StepRecord[];
  readonly finishedAt?: number;
}

const vendorBroken: CommandDeclaration = {
  usage: "vendor-broken <maker>",
  docs: "Break-glass when a maker's TEEs are broken: freezes admissions, raises the floor, excludes the maker's lines, has the rest make a new root, re-wraps and rotates every state key, opens admissions again, and reports what could have been read. Needs no act of the excluded; goes on where it was interrupted.",
  examples: [
    "pha drill vendor-broken amd --dry-run",
    "pha drill vendor-broken intel-sgx --min-version 0.2.0 --report incident.json",
  ],
  options: [
    ...networkOptions,
    new Option("--from <account>", `${FROM}; it calls as root`).default("alice"),
    new Option(
      "--min-version <version>",
      "least version of pRuntime that is fixed, if there is one",
    ),
    new Option("--report <file>", "written after every step (default: drill-MAKER.json)"),
    new Option("--wait <seconds>", "longest wait for one step").default("900"),
    new Option(
      "--dry-run",
      "show what would be done and what could have been read; change nothing",
    ),
  ],
  async run({ args: [maker], options, output }) {
    const target = targetOf(maker ?? "");
    const path = resolve(String(options["report"] ?? `drill-${target}.json`));
    const waitMs = waitOf(String(options["wait"]));
    const version = options["minVersion"];
    const minVersion = version === undefined ? undefined : versionOf(String(version));
    const signer = signerOf(String(options["from"]));
    const { client } = await openNetwork(options);
    try {
      const { chain } = client;
      const known = await readReport(path, target, toHex(chain.genesisHash));
      const begun = known ?? (await assess(chain, target));
      const context: DrillContext = {
        chain,
        target,
        before: beforeOf(begun),
        minVersion,
        async root(pallet, name, values) {
          await sudo(chain, signer, { pallet, name, args: values });
        },
      };
      if (options["dryRun"] === true) {
        const steps = await planOf(context);
        tell(output, { ...begun, steps }, { dryRun: true, report: undefined });
        return;
      }
      const report =
        begun.finishedAt === undefined
          ? await carryOut(context, begun, { path, waitMs, output })
          : begun;
      tell(output, report, { dryRun: false, report: path });
    } finally {
      client.close();
    }
  },
};

/** @throws PhaError `drill/nothing-broken`, `drill/nobody-left` */
export async function assess(chain: Chain, target: string): Promise<Report> {
  const policy = await policyOf(chain);
  const lines = brokenLines(policy, target);
  const facts = { target, lines: policy.lines.map(({ line }) => line).join(" ") };
  if (lines.length === 0)
    throw new PhaError("drill/nothing-broken", `the policy has no line of ${target}`, {
      facts,
      hint: "Name a maker (such as intel, amd, aws) or one product line of the policy.",
    });
  const members = await membersOf(chain);
  const broken = members.filter(({ line }) => line !== undefined && isOfTarget(line, target));
  const { others } = await brokenOperators(chain, target);
  if (lines.length === policy.lines.length || others.length === 0)
    throw new PhaError("drill/nobody-left", `without ${target} no gatekeeper could be left`, {
      facts,
      hint: "Admit platforms of another maker and name their operators first: a network of one maker has nobody to go on with.",
    });
  const clusters = await clustersOf(chain);
  const { newest } = await generationsOf(chain);
  return {
    format: FORMAT,
    target,
    genesis: toHex(chain.genesisHash),
    startedAt: chain.finality.head.number,
    lines,
    before: {
      generation: newest.toString(),
      stateKeys: Object.fromEntries(
        clusters.map(({ cluster, stateKeys }) => [toHex(cluster), stateKeys.newest]),
      ),
    },
    excluded: {
      workers: broken.filter(({ role }) => role === "Worker").length,
      gatekeepers: broken.filter(({ role }) => role === "Gatekeeper").length,
    },
    exposure: await exposureOf(chain, members, target),
    steps: STEPS.map(({ name }) => ({ name, state: "pending" })),
  };
}

function beforeOf({ before }: Report): Before {
  return { generation: BigInt(before.generation), stateKeys: before.stateKeys };
}

async function planOf(context: DrillContext): Promise<readonly StepRecord[]> {
  const { number } = context.chain.finality.head;
  const plan: StepRecord[] = [];
  for (const { name, missing, follows } of STEPS) {
    const isWaiting = follows && plan.some(({ state }) => state === "pending");
    const why = isWaiting ? "follows from the steps before" : await missing(context);
    plan.push(
      why === undefined
        ? { name, state: "done", block: number }
        : { name, state: "pending", missing: why },
    );
  }
  return plan;
}

/** @throws PhaError `drill/not-done` */
export async function carryOut(
  context: DrillContext,
  begun: Report,
  {
    path,
    waitMs,
    output,
  }: { readonly path: string; readonly waitMs: number; readonly output: Output },
): Promise<Report> {
  const { chain } = context;
  let report = begun;
  await writeReport(path, report);
  for (const [i, step] of STEPS.entries()) {
    if (report.steps[i]?.state === "done") continue;
    output.progress(`${step.name}: ${step.docs}`);
    const until = performance.now() + waitMs;
    for (;;) {
      const refused = await tryStep(step, context);
      const missing = await step.missing(context);
      if (missing === undefined) break;
      if (performance.now() > until)
        throw new PhaError("drill/not-done", `${step.name} is not done: ${missing}`, {
          facts: { step: step.name, report: path, ...(refused && { refused }) },
          hint: "Run the same command again: it goes on with this step. `pha gatekeeper status` and `pha status` say what it waits for.",
        });
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
    const done: StepRecord = { name: step.name, state: "done", block: chain.finality.head.number };
    report = { ...report, steps: report.steps.map((one, at) => (at === i ? done : one)) };
    await writeReport(path, report);
  }
  report = { ...report, finishedAt: chain.finality.head.number };
  await writeReport(path, report);
  return report;
}

/** What the chain refused, as while something is under way, is tried again until the step's time is over. */
async function tryStep(step: Step, context: DrillContext): Promise<string | undefined> {
  try {
    await step.act(context);
    return undefined;
  } catch (error) {
    if (error instanceof PhaError && error.code === "chain/dispatch-failed") return error.message;
    throw error;
  }
}

/** The whole file or the former one. */
async function writeReport(path: string, report: Report): Promise<void> {
  const next = `${path}.${randomBytes(6).toString("hex")}.next`;
  try {
    await writeFile(next, `${toJson(report)}\n`, { mode: 0o600, flag: "wx" });
    await rename(next, path);
  } catch (cause) {
    throw new PhaError("usage/file-not-written", `nothing can be written to ${path}`, {
      cause,
      hint: "Name a file in a folder that you may write to with --report.",
    });
  }
}

/** That of an interrupted drill. @throws PhaError `drill/other-report` */
export async function readReport(
  path: string,
  target: string,
  genesis: string,
): Promise<Report | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw otherReport(path, cause);
  }
  try {
    const report: unknown = JSON.parse(text);
    if (isReport(report) && report.target === target && report.genesis === genesis) return report;
  } catch (cause) {
    throw otherReport(path, cause);
  }
  throw otherReport(path);
}

/** As far as the drill goes by it: what it is of, and how the network was before. */
function isReport(json: unknown): json is Report {
  if (typeof json !== "object" || json === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...json };
  const { format, before, steps } = fields;
  if (format !== FORMAT || typeof before !== "object" || before === null) return false;
  const { generation, stateKeys }: Readonly<Record<string, unknown>> = { ...before };
  if (typeof generation !== "string" || !/^\d{1,20}$/.test(generation)) return false;
  if (typeof stateKeys !== "object" || stateKeys === null) return false;
  if (!Object.values(stateKeys).every((version) => Number.isInteger(version))) return false;
  return Array.isArray(steps) && steps.length === STEPS.length;
}

function otherReport(path: string, cause?: unknown): PhaError {
  return new PhaError("drill/other-report", "the report is of another drill, or no report", {
    cause,
    facts: { path },
    hint: "Name another file with --report, or the one that the interrupted drill wrote.",
  });
}

function tell(
  output: Output,
  report: Report,
  { dryRun, report: path }: { readonly dryRun: boolean; readonly report: string | undefined },
): void {
  const { target, lines, excluded, steps, exposure } = report;
  output.result({ ...report, dryRun, report: path }, [
    `broken      ${target}: ${lines.join(", ")}`,
    `excluded    ${excluded.workers} workers, ${excluded.gatekeepers} gatekeepers${dryRun ? " (nothing was changed)" : ""}`,
    ...steps.map(
      ({ name, state, block, missing }) =>
        `${name.padEnd(11)} ${state === "done" ? `done, block ${block}` : `to do: ${missing ?? ""}`}`,
    ),
    ...exposureLines(exposure),
    ...(path === undefined ? [] : [`report      ${path}`]),
  ]);
}

/** @throws PhaError `usage/bad-maker` */
function targetOf(text: string): string {
  if (/^[a-z][a-z0-9-]{1,31}$/.test(text)) return text;
  throw new PhaError("usage/bad-maker", `${text} is neither a maker nor a product line`, {
    hint: "Write it as `pha policy show` does: intel, amd, aws, or one line such as intel-sgx.",
  });
}

function waitOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds > 0 && seconds <= MAX_WAIT_S) return seconds * 1_000;
  throw new PhaError("usage/bad-number", `--wait ${text} is no number of seconds`, {
    hint: `Give a number above 0, at most ${MAX_WAIT_S}.`,
  });
}

export const drillCommands: readonly CommandDeclaration[] = [vendorBroken];
