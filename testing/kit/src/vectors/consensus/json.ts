/** Fields of a JSON vector, each read with its type or refused. */
import assert from "node:assert/strict";
import { fromHex } from "@pha/scale";

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object in a file; `undefined` when it is not one. */
export function parseObject(bytes: Uint8Array): Json | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isJson(value) ? value : undefined;
  } catch {
    // Not JSON: a file of another format.
    return undefined;
  }
}

export function valueAt(json: Json, key: string): unknown {
  return json[key];
}

export function objectAt(json: Json, key: string): Json {
  const value = json[key];
  assert(isJson(value), `${key} is an object`);
  return value;
}

export function listAt(json: Json, key: string): readonly unknown[] {
  const value = json[key];
  assert(Array.isArray(value), `${key} is a list`);
  return value;
}

export function objectsAt(json: Json, key: string): readonly Json[] {
  return listAt(json, key).map((item) => {
    assert(isJson(item), `${key} lists objects`);
    return item;
  });
}

export function textAt(json: Json, key: string): string {
  const value = json[key];
  assert(typeof value === "string", `${key} is text`);
  return value;
}

export function hexAt(json: Json, key: string): Uint8Array {
  return fromHex(textAt(json, key));
}

/** Numbers up to 2^53, larger ones as decimal text. */
export function bigAt(json: Json, key: string): bigint {
  return toBig(json[key], key);
}

export function toBig(value: unknown, what: string): bigint {
  assert(typeof value === "number" || typeof value === "string", `${what} is an integer`);
  return BigInt(value);
}

export function numberAt(json: Json, key: string): number {
  return Number(bigAt(json, key));
}
