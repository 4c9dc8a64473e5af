/**
 * Real evidence at every second at which a certificate, a list or a text in it begins or ends to be valid, and one before and
 * after: it is taken in one stretch of time, and that begins and ends at such a second.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { ROOT } from "../workspace/files.ts";
import { evidenceVerdicts } from "./attestation.ts";

const FOLDER = join(ROOT, "..", "shared", "vectors", "attestation");
const MANIFEST = join(FOLDER, "manifest.json");
const SECOND = 1_000;
const read = (path: string): Uint8Array => new Uint8Array(readFileSync(join(FOLDER, path)));

interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly files: Readonly<Record<string, string>>;
  readonly verifyAt: string | null;
  readonly expect: { readonly cryptographicallyValid?: boolean };
}
const listed: readonly Listed[] = existsSync(MANIFEST)
  ? JSON.parse(readFileSync(MANIFEST, "utf8")).cases
  : [];
const isGenuine = ({ verifyAt, expect: { cryptographicallyValid } }: Listed) =>
  cryptographicallyValid && verifyAt;
/** All with PHA_LONG, else the first of each kind. */
const genuine = listed
  .filter(isGenuine)
  .filter(
    (one, i, all) =>
      process.env["PHA_LONG"] === "1" || all.findIndex(({ kind }) => kind === one.kind) === i,
  );

/** Unix milliseconds of all times in a file: of DER, of texts, in whatever encoding they are. */
function timesIn(bytes: Uint8Array, depth = 0): readonly number[] {
  const text = Buffer.from(bytes).toString("latin1");
  // `UTCTime` and `GeneralizedTime`: a tag, a length, digits.
  const found = [...text.matchAll(/(.)(.)(\d{12}(?:\d\d)?)Z/gs)].flatMap(
    ([, tag = "", length = "", digits = ""]) => {
      const isTime =
        tag.charCodeAt(0) === (digits.length === 12 ? 0x17 : 0x18) &&
        length.charCodeAt(0) === digits.length + 1;
      if (!isTime) return [];
      const century = digits.length === 14 ? "" : Number(digits.slice(0, 2)) < 50 ? "20" : "19";
      const parts = /^(....)(..)(..)(..)(..)(..)$/.exec(century + digits) ?? [];
      const [, year, month, day, hour, minute, second] = parts;
      return [Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)];
    },
  );
  const texts = [...text.matchAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?/g)].map(([iso]) =>
    Date.parse(iso.endsWith("Z") ? iso : `${iso}Z`),
  );
  const inner =
    depth === 2
      ? []
      : [
          ...[...text.matchAll(/-----BEGIN [^-]+-----([^-]+)-----END/g)].map(([, body = ""]) =>
            Buffer.from(body.replace(/\\n/g, ""), "base64"),
          ),
          ...[...text.matchAll(/[0-9a-fA-F]{200,}/g)].flatMap(([hex]) => {
            const parsed = parseHex(`0x${hex.length % 2 === 0 ? hex : ""}`);
            return parsed.ok ? [parsed.value] : [];
          }),
          ...[...text.matchAll(/[A-Za-z0-9+/]{200,}={0,2}/g)].map(([base64]) =>
            Buffer.from(base64, "base64"),
          ),
        ];
  return [...found, ...texts, ...inner.flatMap((one) => timesIn(one, depth + 1))];
}

/** What became of the case at each time. */
function outcomesOf(one: Listed, times: readonly number[]): ReadonlyMap<number, string> {
  const cases = times.map((at) => ({
    ...one,
    id: String(at),
    verifyAt: new Date(at).toISOString(),
  }));
  const verdicts = evidenceVerdicts(JSON.stringify({ cases }), read);
  return new Map(
    [...verdicts].map(([id, told]) => {
      const [first] = JSON.parse(told);
      return [Number(id), first?.ok ? "taken" : (first?.error?.code ?? "none")];
    }),
  );
}

describe.skipIf(genuine.length === 0)("validity of real evidence", () => {
  test.each(genuine.map((one) => [one.id, one] as const))("%s", (_, one) => {
    const at = Date.parse(one.verifyAt ?? "");
    const edges = Object.values(one.files).flatMap((path) => timesIn(read(path)));
    const around = edges.flatMap((edge) => [edge - SECOND, edge, edge + SECOND]);
    const times = [...new Set([...around, at])]
      .filter((time) => time > 0 && time < Date.parse("2200-01-01"))
      .sort((a, b) => a - b);
    const outcomes = outcomesOf(one, times);
    const wanted = outcomes.get(at);
    const taken = times.filter((time) => outcomes.get(time) === wanted);
    const [first = 0, last = 0] = [times.indexOf(taken[0] ?? 0), times.indexOf(taken.at(-1) ?? 0)];
    // One stretch, in which the verdict is asked for.
    expect(taken).toEqual(times.slice(first, last + 1));
    const [before = 0, after = 0] = [times[first - 1], times[last + 1]];
    const ends = [(taken[0] ?? 0) - before, after - (taken.at(-1) ?? 0)];
    // A report of IAS has a time of its own, with fractions of a second, and ages by our bound.
    if (one.kind === "intel-sgx-ias") expect(ends[0]).toBeLessThan(SECOND);
    else expect(ends).toEqual([SECOND, SECOND]);
  });
});
