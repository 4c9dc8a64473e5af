import { expect, test } from "vitest";
import type { LogRow } from "../../chain/core/logs.ts";
import { csvText, plainJson } from "../../format/export.ts";
import { CSV_COLUMNS, csvRows, jsonRows, lostLines, shownRows } from "./log-model.ts";

const row = (number: bigint, text: string, lostBefore = 0n): LogRow => ({
  number,
  block: 345,
  at: Date.parse("2026-11-30T12:04:11Z"),
  text,
  lostBefore,
});
const ROWS = [row(34n, "Refused: late", 33n), row(35n, "took"), row(40n, "refused: poor", 4n)];

test("the newest come first, those that have the text alone", () => {
  const numbers = (filter: string) => shownRows(ROWS, filter).map(({ number }) => number);
  expect(numbers("")).toEqual([40n, 35n, 34n]);
  expect(numbers(" REFUSED ")).toEqual([40n, 34n]);
  expect(numbers("no such")).toEqual([]);
  expect(ROWS[0]?.number).toBe(34n);
});

test("what is gone is told, whatever is filtered", () => {
  expect([lostLines(ROWS), lostLines([])]).toEqual([37n, 0n]);
});

test("a file has number, block, time and text, and no formula", () => {
  const rows = [row(1n, '=1+1,"x"')];
  expect(csvText(CSV_COLUMNS, csvRows(rows))).toBe(
    'number,block,time,text\n1,345,2026-11-30T12:04:11.000Z,"\'=1+1,""x"""\n',
  );
  expect(JSON.parse(plainJson(jsonRows(rows)))).toEqual([
    { number: "1", block: 345, time: "2026-11-30T12:04:11.000Z", text: '=1+1,"x"' },
  ]);
  expect(csvRows([{ ...row(1n, ""), at: 2 ** 64 }])[0]?.[2]).toBe("+275760-09-13T00:00:00.000Z");
});
