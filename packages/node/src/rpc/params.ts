/** Reads positional parameters of a request, strictly. */
import { parseHex } from "@pha/scale";
import { invalidParams } from "./rpc-errors.ts";

export type Params = readonly unknown[];

const MAX_HEX_BYTES = 4 << 20;

/** Bytes given as `0x`-hex. */
export function hexParam(params: Params, index: number, name: string): Uint8Array {
  return hexValue(params[index], name);
}

export function hexValue(value: unknown, name: string): Uint8Array {
  // Clients write "no bytes" as an empty string too.
  if (typeof value !== "string" || (value !== "" && !value.startsWith("0x")))
    throw invalidParams(`${name} is a hex string starting with 0x`);
  const parsed = parseHex(value, MAX_HEX_BYTES);
  if (!parsed.ok) throw invalidParams(`${name} is not valid hex (${parsed.error.reason})`);
  return parsed.value;
}

export function optionalHexParam(
  params: Params,
  index: number,
  name: string,
): Uint8Array | undefined {
  return isAbsent(params[index]) ? undefined : hexParam(params, index, name);
}

/** A 32-byte hash. */
export function hashParam(params: Params, index: number, name: string): Uint8Array {
  const bytes = hexParam(params, index, name);
  if (bytes.length !== 32) throw invalidParams(`${name} is a hash of 32 bytes`);
  return bytes;
}

export function optionalHashParam(
  params: Params,
  index: number,
  name: string,
): Uint8Array | undefined {
  return isAbsent(params[index]) ? undefined : hashParam(params, index, name);
}

/** A natural number of at most 32 bits. */
export function numberParam(params: Params, index: number, name: string): number {
  return numberValue(params[index], name);
}

export function numberValue(value: unknown, name: string): number {
  const number =
    typeof value === "string" && /^0x[0-9a-fA-F]{1,8}$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < 0 || number > 0xffff_ffff)
    throw invalidParams(`${name} is a whole number from 0 to 4294967295`);
  return number;
}

export function stringParam(params: Params, index: number, name: string): string {
  const value = params[index];
  if (typeof value !== "string") throw invalidParams(`${name} is a string`);
  return value;
}

export function booleanParam(params: Params, index: number, name: string): boolean {
  const value = params[index];
  if (typeof value !== "boolean") throw invalidParams(`${name} is true or false`);
  return value;
}

export function listParam(
  params: Params,
  index: number,
  name: string,
  { max }: { readonly max: number },
): readonly unknown[] {
  const value = params[index];
  if (!Array.isArray(value)) throw invalidParams(`${name} is a list`);
  if (value.length > max) throw invalidParams(`${name} has at most ${max} items`);
  return value;
}

/** Storage keys as hex. */
export function keysParam(params: Params, index: number, name: string, max = 1024): Uint8Array[] {
  return listParam(params, index, name, { max }).map((key) => hexValue(key, name));
}

export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) throw invalidParams("an object is expected");
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
