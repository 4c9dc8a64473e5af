/** Foreign JSON, read with types or refused. */
import assert from "node:assert/strict";
import { fromHex } from "@pha/scale";

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `undefined` when the bytes are not JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // A file of another format.
    return undefined;
  }
}

export function object(value: unknown, what: string): Json {
  assert(isJson(value), `${what} is an object`);
  return value;
}

/** A list; absent is empty. */
export function list(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  assert(Array.isArray(value), `${what} is a list`);
  return value;
}

export function text(value: unknown, what: string): string {
  assert(typeof value === "string", `${what} is text`);
  return value;
}

export function hex(value: unknown, what: string): Uint8Array {
  return fromHex(text(value, what));
}

export function integer(value: unknown, what: string): bigint {
  assert(typeof value === "number" || typeof value === "string", `${what} is an integer`);
  return BigInt(value);
}
