/** Lists as files. */
import { toHex } from "@pha/scale";

/** Decoded values as JSON that can be read: bytes in hex, big numbers as text. */
export function plainJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, inner: unknown) => {
      if (inner instanceof Uint8Array) return toHex(inner);
      return typeof inner === "bigint" ? inner.toString() : inner;
    },
    2,
  );
}

export type CsvValue = string | number | bigint | boolean | Uint8Array | undefined;

/**
 * Comma-separated, with a line of names. Text is quoted, and what a spreadsheet would take for a formula begins with an
 * apostrophe: names and refusals are foreign.
 */
export function csvText(names: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return [names, ...rows]
    .map((row) => row.map(csvField).join(","))
    .join("\n")
    .concat("\n");
}

function csvField(value: CsvValue): string {
  if (value === undefined) return "";
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value !== "string") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
