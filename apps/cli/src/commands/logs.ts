/** `pha logs`: what a contract logged for its owner. */
import { setTimeout as sleep } from "node:timers/promises";
import { KEPT_LINES, type LogLine, logReasonOf } from "@pha/contract/log";
import { PhaError } from "@pha/scale";
import { createSession } from "@pha/sdk";
import { type LogLook, type LogReader, noLog, openLog } from "@pha/sdk/logs";
import { Option } from "commander";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { contractOf } from "../program/contract.ts";
import { FROM, openNetwork, signerOf } from "../program/network.ts";
import type { Output } from "../program/output.ts";
import { shownText } from "../program/shown-text.ts";

const FOLLOW_MS = 2_000;

export const logs: CommandDeclaration = {
  usage: "logs <contract>",
  docs: "Prints what a contract logged, for its owner: a private read, verified like every other.",
  examples: [
    "pha logs 0x… --from alice",
    "pha logs 0x… --from alice --tail 10 --filter refused",
    "pha logs 0x… --from @owner.key --follow",
    "pha logs 0x… --from alice --json",
  ],
  options: [
    ...networkOptions,
    new Option("--from <account>", `the contract's owner: ${FROM}`).default("alice"),
    new Option("--tail <n>", "the newest so many alone").default(String(KEPT_LINES)),
    new Option("--filter <text>", "lines alone that have this text, in capitals or not").default(
      "",
    ),
    new Option("--follow", "goes on with what comes, until Ctrl-C"),
  ],
  async run({ args, options, output }) {
    const tail = tailOf(options["tail"]);
    const filter = String(options["filter"]);
    const signer = signerOf(String(options["from"]));
    const network = await openNetwork(options);
    try {
      const { address, artefact } = await contractOf(network, args[0] ?? "");
      if (logReasonOf(artefact) === undefined) throw noLog(address);
      const session = await createSession(network.client.chain, {
        signer,
        scopes: [{ contract: address, methods: undefined }],
        purpose: `pha logs ${args[0] ?? ""}`,
      });
      const log = openLog(network.client, { address, session });
      await printLog(log, { tail, filter }, output, options["follow"] === true ? until() : NEVER);
    } finally {
      network.client.close();
    }
  },
};

export interface Shown {
  /** Of the first look. */
  readonly tail: number;
  readonly filter: string;
}

/** @param again waits for the next look; false when there is none */
export async function printLog(
  log: LogReader,
  { tail, filter }: Shown,
  output: Output,
  again: () => Promise<boolean>,
): Promise<void> {
  let isFirst = true;
  do {
    const look = await log.look();
    const found = look.lines.filter(({ text }) => hasText(text, filter));
    const lines = isFirst ? found.slice(-tail) : found;
    if (isFirst || look.lost > 0n || lines.length > 0) {
      const lost = lines.length < found.length ? 0n : look.lost;
      const text = linesOf({ ...look, lines, lost }, isFirst);
      if (text.length > 0 || output.json) output.result(documentOf({ ...look, lines }), text);
    }
    if (isFirst && look.newest === 0n) output.progress("The log is empty.");
    else if (isFirst && lines.length === 0)
      output.progress(`None of ${look.lines.length} lines has "${shownText(filter)}".`);
    isFirst = false;
  } while (await again());
}

function hasText(text: string, filter: string): boolean {
  return text.toLowerCase().includes(filter.toLowerCase());
}

const NEVER = (): Promise<boolean> => Promise.resolve(false);

/** Waits a while, or until Ctrl-C. */
function until(): () => Promise<boolean> {
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
  return () => sleep(FOLLOW_MS, true, { signal: ended.signal }).catch(() => false);
}

/** Lines that are gone are told where they are missing: of the first look, because the log keeps no more. */
function linesOf({ lines, lost }: LogLook, isFirst: boolean): readonly string[] {
  const gone = isFirst
    ? `… ${lost} older ${lost === 1n ? "line is" : "lines are"} no longer kept`
    : `… ${lost} ${lost === 1n ? "line" : "lines"} came and went between two looks`;
  return [...(lost > 0n ? [gone] : []), ...lines.map(lineText)];
}

/** The time is UTC. */
export function lineText({ number, block, timestampMs, text }: LogLine): string {
  return `#${number}  block ${block}  ${timeOf(timestampMs).slice(11, 19)}  ${shownText(text)}`;
}

function documentOf({ lines, lost, newest, stateBlock }: LogLook): object {
  return {
    lines: lines.map(({ number, block, timestampMs, text }) => ({
      number,
      block,
      time: timeOf(timestampMs),
      text,
    })),
    lost,
    newest,
    stateBlock,
  };
}

/** The last moment that a date has, for a chain whose clock is beyond it. */
const LAST_MS = 8.64e15;

function timeOf(timestampMs: bigint): string {
  return new Date(Math.min(Number(timestampMs), LAST_MS)).toISOString();
}

function tailOf(value: unknown): number {
  const tail = Number(value);
  if (Number.isInteger(tail) && tail >= 1 && tail <= KEPT_LINES) return tail;
  throw new PhaError("usage/bad-number", `--tail ${String(value)} is no number of lines`, {
    hint: `Give a whole number from 1 to ${KEPT_LINES}; a contract keeps no more.`,
  });
}
