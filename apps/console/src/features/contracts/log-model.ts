/** Which lines of a log are shown, and as what they are saved. */
import type { LogRow } from "../../chain/core/logs.ts";
import type { CsvValue } from "../../format/export.ts";

/** The newest first. A gap is told with the line behind it, whether the filter shows that or not. */
export function shownRows(rows: readonly LogRow[], filter: string): readonly LogRow[] {
  const wanted = filter.trim().toLowerCase();
  return rows.filter(({ text }) => text.toLowerCase().includes(wanted)).reverse();
}

/** Of all rows: what the log no longer has. */
export function lostLines(rows: readonly LogRow[]): bigint {
  return rows.reduce((sum, { lostBefore }) => sum + lostBefore, 0n);
}

export const CSV_COLUMNS = ["number", "block", "time", "text"] as const;

export function csvRows(rows: readonly LogRow[]): readonly (readonly CsvValue[])[] {
  return rows.map(({ number, block, at, text }) => [number, block, isoTime(at), text]);
}

export function jsonRows(rows: readonly LogRow[]): readonly object[] {
  return rows.map(({ number, block, at, text }) => ({ number, block, time: isoTime(at), text }));
}

/** The last moment that a date has, for a chain whose clock is beyond it. */
const LAST_MS = 8.64e15;

function isoTime(at: number): string {
  return new Date(Math.min(at, LAST_MS)).toISOString();
}
