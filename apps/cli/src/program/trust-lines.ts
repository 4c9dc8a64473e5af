/** The chain of trust on a terminal: a line per link, its facts below, and what it comes to. */
import { PhaError } from "@pha/scale";
import type { TrustNode, TrustReport, Verdict } from "@pha/sdk";
import type { Output } from "./output.ts";

/** Longest facts shown, in characters; `--json` has them whole. */
const FACT_LENGTH = 18;
const LINK_WIDTH = 24;

/** ✓ holds, ! holds and is simulated, ✗ does not hold. */
type Mark = "✓" | "!" | "✗";

const COLOURS: Readonly<Record<Mark, string>> = { "✓": "32", "!": "33", "✗": "31" };

export interface LineOptions {
  readonly colour: boolean;
}

/** Amber is for simulated TEEs alone: whatever holds of them protects nothing. */
export function trustLines(tree: TrustNode, options: LineOptions): readonly string[] {
  return tree.parts.flatMap((part) => nodeLines(part, 0, options));
}

function nodeLines(node: TrustNode, depth: number, options: LineOptions): readonly string[] {
  const indent = "  ".repeat(depth);
  const line = `${painted(markOf(node), options)} ${`${indent}${node.link}`.padEnd(LINK_WIDTH)} ${node.says}`;
  const shown = node.parts.length === 0 ? factsLine(node) : [];
  return [line, ...shown, ...node.parts.flatMap((part) => nodeLines(part, depth + 1, options))];
}

function factsLine({ facts }: TrustNode): readonly string[] {
  const shown = Object.entries(facts).flatMap(([name, value]) => {
    const text = String(value);
    if (text === "") return [];
    return [`${name} ${text.length > FACT_LENGTH ? `${text.slice(0, FACT_LENGTH)}…` : text}`];
  });
  return shown.length === 0 ? [] : [`  ${" ".repeat(LINK_WIDTH)} ${shown.join("   ")}`];
}

function markOf(node: TrustNode): Mark {
  if (!node.ok) return "✗";
  return isSimulated(node) ? "!" : "✓";
}

function isSimulated({ facts, parts }: TrustNode): boolean {
  return facts["teeClass"] === "simulated" || parts.some(isSimulated);
}

function painted(mark: Mark, { colour }: LineOptions): string {
  return colour ? `\x1b[${COLOURS[mark]}m${mark}\x1b[0m` : mark;
}

const onTerminal = (): LineOptions => ({
  colour: process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined,
});

export interface TrustEnding {
  readonly allowSimulated: boolean;
  /** What to do when a link does not hold. */
  readonly hint: string;
  /** A code of its own for a link that does not hold; `verify/not-trusted` for all others. */
  readonly errorOf?: (broken: Verdict) => PhaError | undefined;
  /** More of the document, and lines of it. */
  readonly more?: { readonly document: object; readonly lines: readonly string[] };
}

/** Prints the report. @throws PhaError `verify/not-trusted`, `verify/simulated` */
export function endWithTrust(output: Output, report: TrustReport, ending: TrustEnding): void {
  const { tree, broken, ok, simulated } = report;
  const { more } = ending;
  output.result({ ok, simulated, broken, tree, verdicts: report.verdicts, ...more?.document }, [
    ...trustLines(tree, onTerminal()),
    "",
    ...(more?.lines ?? []),
    summaryOf(report),
  ]);
  if (broken !== undefined)
    throw (
      ending.errorOf?.(broken) ??
      new PhaError("verify/not-trusted", `the chain of trust breaks at ${broken.link}`, {
        facts: { link: broken.link },
        hint: ending.hint,
      })
    );
  if (simulated && !ending.allowSimulated)
    throw new PhaError("verify/simulated", "the TEEs are SIMULATED", {
      hint: "No hardware protects the data; on a devnet say so with --allow-simulated.",
    });
}

function summaryOf({ broken, simulated }: TrustReport): string {
  if (broken !== undefined) return `✗ Trust ends at ${broken.link}: ${broken.says}`;
  if (simulated) return "! SIMULATED: every link was checked, and no hardware protects the data.";
  return "✓ Every link was checked by this program.";
}
