import { toHex } from "@pha/scale";

/** For `JSON.stringify` of what SCALE decodes to. */
export function plain(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  return typeof value === "bigint" ? `${value}` : value;
}
