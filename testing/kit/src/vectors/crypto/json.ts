/** Reading foreign JSON with errors that say where. */
import { fromHex } from "@pha/scale";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export type JsonObject = { readonly [key: string]: Json };

/** Member of a foreign object; absent is `undefined`. */
export function field(value: JsonObject, name: string): Json | undefined {
  return value[name];
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function object(value: Json | undefined): JsonObject {
  if (!isObject(value)) throw new TypeError(`expected an object, got ${show(value)}`);
  return value;
}

/** The objects of a list; a single object is a list of one; nothing is the empty list. */
export function objects(value: Json | undefined): readonly JsonObject[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map(object) : [object(value)];
}

export function text(value: Json | undefined): string {
  if (typeof value !== "string") throw new TypeError(`expected text, got ${show(value)}`);
  return value;
}

export function integer(value: Json | undefined): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw new TypeError(`expected an integer, got ${show(value)}`);
  return value;
}

export function hex(value: Json | undefined): Uint8Array {
  return fromHex(text(value));
}

function show(value: Json | undefined): string {
  return JSON.stringify(value)?.slice(0, 60) ?? "nothing";
}
