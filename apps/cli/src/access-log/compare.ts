/** Compares the confidential aggregates with the plain ones, figure by figure. */
import { PhaError } from "@pha/scale";
import type { Aggregates } from "./aggregates.ts";

export interface Check {
  readonly name: string;
  readonly ok: boolean;
}

const FIGURES = [
  "lines",
  "unparsed",
  "uniqueIps",
  "uniqueUserAgents",
  "uniqueIpUaDay",
  "bytes",
  "status",
  "perDay",
  "topPaths",
  "topRefererHosts",
] as const satisfies readonly (keyof Aggregates)[];

export function compareAggregates(found: Aggregates, expected: Aggregates): readonly Check[] {
  return FIGURES.map((name) => ({
    name: `${name} equals the plain count`,
    ok: canonical(found[name]) === canonical(expected[name]),
  }));
}

/** @throws PhaError `verify/demo-differs`, naming the first figure that does */
export function ensureEqual(checks: readonly Check[]): void {
  const wrong = checks.find(({ ok }) => !ok);
  if (wrong)
    throw new PhaError("verify/demo-differs", `the confidential count differs: ${wrong.name}`, {
      facts: { check: wrong.name },
      hint: "Report this as a defect, with the log if you may share it.",
    });
}

/** Text that is equal for equal values whatever the order of an object's keys. */
function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
