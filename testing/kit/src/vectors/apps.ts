/** Real application input: the plain count of an access log agrees with an independent one. */
import assert from "node:assert/strict";
import { aggregatesOf, parseLogLine } from "@pha/cli/access-log";
import type { VectorCase } from "./vector-case.ts";

/** A log and what an independent program counted in it. */
export function accessLogCases(log: Uint8Array, expectation: Uint8Array): readonly VectorCase[] {
  const lines = new TextDecoder()
    .decode(log)
    .split("\n")
    .filter((line) => line !== "");
  const wanted: unknown = JSON.parse(new TextDecoder().decode(expectation));
  assert(typeof wanted === "object" && wanted !== null);
  const counted = () =>
    aggregatesOf(
      lines.flatMap((line) => parseLogLine(line) ?? []),
      lines.length,
    );
  return Object.entries(wanted)
    .filter(([name]) => name !== "note")
    .map(([name, value]) => ({
      name,
      run: () => {
        assert.deepEqual(new Map<string, unknown>(Object.entries(counted())).get(name), value);
        return undefined;
      },
    }));
}
