/** `pha worker …`: a worker host of this machine goes over to another pRuntime. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ATTESTATION_STORAGE } from "@pha/attestation";
import {
  type ProgramVersion,
  packVersion,
  parseVersion,
  STORAGE,
  versionText,
} from "@pha/protocol";
import { PhaError, parseHex, toHex } from "@pha/scale";
import type { Client } from "@pha/sdk";
import { loadConfig, type WorkerHostConfig } from "@pha/worker";
import { Option } from "commander";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { measureProgram, programFiles } from "../program/measure-program.ts";
import { openNetwork } from "../program/network.ts";
import type { Output } from "../program/output.ts";
import { readItem } from "./gatekeeper-chain.ts";
import { measurementOf } from "./policy.ts";

const LOOK_MS = 1_000;
const MAX_WAIT_S = 86_400;

type Chain = Client["chain"];

/** What `/v1/info` says of the host's pRuntimes; hints, the chain proves the rest. */
interface HostInfo {
  readonly upgrade: { readonly phase: string; readonly waiting: readonly string[] };
  readonly boots: readonly {
    readonly name: string;
    readonly role: string;
    readonly identity: string;
    readonly registered: boolean;
  }[];
}

interface Upgraded {
  readonly name: string;
  readonly identity: string;
  /** As the chain has it of the boot that serves. */
  readonly version: string | undefined;
  readonly measurement: Uint8Array | undefined;
  readonly done: boolean;
}

const upgrade: CommandDeclaration = {
  usage: "upgrade <config>",
  docs: "Writes another program into a host's configuration, which the running host takes up: one pRuntime after the other, each when the one before serves again. Refused, with nothing changed, while the program may not serve.",
  examples: [
    "pha worker upgrade worker.json --program /opt/pha/0.2.0/pruntime.js",
    "pha worker upgrade worker.json --program pruntime.js --dry-run --json",
  ],
  options: [
    ...networkOptions,
    new Option(
      "--program <file>",
      "pRuntime's script; engine.js lies beside it",
    ).makeOptionMandatory(),
    new Option(
      "--image <measurement>",
      "of the image that runs it, from the release (default: what SIMULATED platforms measure)",
    ),
    new Option("--wait <seconds>", "longest wait for the last pRuntime; 0: do not wait").default(
      "900",
    ),
    new Option("--dry-run", "check everything, change nothing"),
  ],
  async run({ args: [file], options, output }) {
    const path = resolve(file ?? "");
    const script = resolve(String(options["program"]));
    const waitMs = waitOf(String(options["wait"]));
    const named = options["image"];
    const measurement =
      named === undefined
        ? await measureProgram(programFiles(script))
        : measurementOf(String(named));
    const config = await loadConfig(path);
    const { client } = await openNetwork(options);
    try {
      await ensureAllowed(client.chain, measurement);
      // An image of a real platform does not run here.
      if (named === undefined) await ensureNewEnough(client.chain, script);
      const isDry = options["dryRun"] === true;
      const plan = { config: path, program: script, measurement, dryRun: isDry };
      if (isDry) {
        output.result({ ...plan, pruntimes: config.pruntimes.map(({ name }) => name) }, [
          `program     ${script}`,
          `measurement ${toHex(measurement)} may serve`,
          `pRuntimes   ${config.pruntimes.map(({ name }) => name).join(", ")} (nothing was changed)`,
        ]);
        return;
      }
      await writeProgram(path, script);
      output.progress("the host takes the next program up, one pRuntime after the other");
      const pruntimes =
        waitMs === 0 ? [] : await follow(client.chain, config, { measurement, waitMs, output });
      output.result({ ...plan, pruntimes }, [
        `program     ${script}`,
        `measurement ${toHex(measurement)}`,
        ...pruntimes.map(
          ({ name, version, done }) =>
            `${name.padEnd(11)} ${done ? `version ${version ?? "?"}, registered` : "on its way"}`,
        ),
      ]);
    } finally {
      client.close();
    }
  },
};

/** @throws PhaError `upgrade/not-listed`, `upgrade/too-early` */
export async function ensureAllowed(chain: Chain, measurement: Uint8Array): Promise<void> {
  const { key, value } = STORAGE.measurement;
  const since = await chain.read({ key: key(measurement), value });
  const block = chain.finality.head.number;
  const facts = { measurement: toHex(measurement), block };
  if (since === undefined)
    throw new PhaError("upgrade/not-listed", "the program is not on the chain's allow-list", {
      facts,
      hint: "Governance allows it first (`pha policy allow`); until then it would neither register nor get keys. Nothing was changed.",
    });
  if (since > block)
    throw new PhaError("upgrade/too-early", `the program counts from block ${since} on`, {
      facts: { ...facts, since },
      hint: "Wait for that block: gatekeepers count the delay by themselves. Nothing was changed.",
    });
}

/** @throws PhaError `upgrade/old-version`, `upgrade/no-version` */
export async function ensureNewEnough(chain: Chain, script: string): Promise<void> {
  const least = await readItem<ProgramVersion>(chain, "PhalaRegistry", "MinimumPRuntimeVersion");
  const floor = packVersion(least ?? [0, 0, 0]);
  const version = await versionOfProgram(script);
  const own = packVersion(version);
  if (!floor.ok || !own.ok || own.value >= floor.value) return;
  throw new PhaError("upgrade/old-version", "the program is older than the least version", {
    facts: { version: version.join("."), least: versionText(floor.value) },
    hint: "Take a newer release: the chain registers this one no more. Nothing was changed.",
  });
}

async function versionOfProgram(script: string): Promise<ProgramVersion> {
  const text = await new Promise<string>((done) => {
    const options = { timeout: 30_000, env: { PATH: process.env["PATH"] } };
    execFile(process.execPath, [script, "--version"], options, (_, stdout) => done(stdout.trim()));
  });
  const version = parseVersion(text);
  if (version.ok) return version.value;
  throw new PhaError("upgrade/no-version", "the program does not tell its version", {
    facts: { program: script },
    hint: "Name pRuntime's script of a release; engine.js lies beside it. Nothing was changed.",
  });
}

/** The whole file or the former one, whatever happens. */
async function writeProgram(path: string, script: string): Promise<void> {
  const json: unknown = JSON.parse(await readFile(path, "utf8"));
  if (typeof json !== "object" || json === null) return;
  const before: { readonly pruntimes?: unknown } = json;
  const pruntimes = Array.isArray(before.pruntimes)
    ? before.pruntimes.map(({ program: _, ...rest }: { readonly program?: unknown }) => rest)
    : before.pruntimes;
  const { mode } = await stat(path);
  const next = `${path}.${randomBytes(6).toString("hex")}.next`;
  const text = JSON.stringify({ ...before, pruntimeProgram: script, pruntimes });
  await writeFile(next, text, { mode: mode & 0o777, flag: "wx" });
  await rename(next, path);
}

/** @throws PhaError `upgrade/stalled`, `upgrade/not-back` */
export async function follow(
  chain: Chain,
  { httpHost = "127.0.0.1", httpPort, pruntimes }: WorkerHostConfig,
  {
    measurement,
    waitMs,
    output,
  }: { readonly measurement: Uint8Array; readonly waitMs: number; readonly output: Output },
): Promise<readonly Upgraded[]> {
  if (httpPort === 0)
    throw new PhaError("upgrade/no-port", "the host's port is any free one: it cannot be asked", {
      hint: "The host goes over by itself, see its log; use --wait 0 with such a configuration.",
    });
  const until = performance.now() + waitMs;
  let said = "";
  for (;;) {
    const info = await infoOf(`http://${httpHost}:${httpPort}`);
    const states = info
      ? await Promise.all(info.boots.map((boot) => look(chain, boot, measurement)))
      : [];
    const done = states.filter((one) => one.done).map(({ name }) => name);
    const line = `${done.length} of ${pruntimes.length} have the next program`;
    if (line !== said) output.progress(line);
    said = line;
    if (info?.upgrade.phase === "idle" && done.length === pruntimes.length) return states;
    const facts = { done: done.join(" "), waiting: info?.upgrade.waiting.join(" ") ?? "" };
    if (info?.upgrade.phase === "stalled")
      throw new PhaError("upgrade/stalled", "a pRuntime did not come back with the next program", {
        facts,
        hint: "Its lines in the host's log say why. The others keep the former program; name that one again to take the first back.",
      });
    if (performance.now() > until)
      throw new PhaError("upgrade/not-back", "not all pRuntimes have the next program yet", {
        facts,
        hint: "The host goes on by itself; see its log and `/v1/info`.",
      });
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

/** Absent while the host does not answer. */
async function infoOf(url: string): Promise<HostInfo | undefined> {
  try {
    const response = await fetch(`${url}/v1/info`, { signal: AbortSignal.timeout(10_000) });
    // What our own host says; what matters of it is proven by the chain.
    return (await response.json()) as HostInfo;
  } catch {
    return undefined;
  }
}

async function look(
  chain: Chain,
  { name, identity: text, registered }: HostInfo["boots"][number],
  measurement: Uint8Array,
): Promise<Upgraded> {
  const identity = parseHex(text, 32);
  if (!identity.ok)
    return { name, identity: text, version: undefined, measurement: undefined, done: false };
  const { grade: item } = ATTESTATION_STORAGE;
  const grade = await chain.read({ key: item.key(identity.value), value: item.value });
  const { key, value } = STORAGE.boot;
  const record = await chain.read({ key: key(identity.value), value });
  const own = grade?.measurement;
  return {
    name,
    identity: text,
    version: record && versionText(record.registration.version),
    measurement: own,
    done: registered && own !== undefined && toHex(own) === toHex(measurement),
  };
}

function waitOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds >= 0 && seconds <= MAX_WAIT_S) return seconds * 1_000;
  throw new PhaError("usage/bad-number", `--wait ${text} is no number of seconds`, {
    hint: `Give a number from 0 to ${MAX_WAIT_S}.`,
  });
}

export const workerCommands: readonly CommandDeclaration[] = [upgrade];
