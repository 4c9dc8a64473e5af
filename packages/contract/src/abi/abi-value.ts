/** Values of ABI types from and to JSON, for command lines and forms. */
import { fail, ok, parseHex, type Result, toHex } from "@pha/scale";
import type { AbiType } from "./abi-type.ts";

export interface AbiValueError {
  readonly code: "abi/wrong-value";
  /** Where in the value, such as `views[2].path`. */
  readonly path: string;
  readonly expected: string;
}

type Parsed = Result<unknown, AbiValueError>;

const BITS: Readonly<Record<string, readonly [bits: number, signed: boolean]>> = {
  u8: [8, false],
  u16: [16, false],
  u32: [32, false],
  u64: [64, false],
  u128: [128, false],
  u256: [256, false],
  i8: [8, true],
  i16: [16, true],
  i32: [32, true],
  i64: [64, true],
  i128: [128, true],
};

/** Integers as numbers or decimal text, bytes as hex, options as `null` or the value, enums as `"Name"` or `{"Name": …}`. */
export function parseAbiValue(type: AbiType, json: unknown, path = "value"): Parsed {
  const wrong = (expected: string): Parsed => fail({ code: "abi/wrong-value", path, expected });
  if (typeof type === "string") return parsePrimitive(type, json, wrong);
  if ("compact" in type) return parseInteger(type.compact, json, wrong);
  if ("fixed" in type) return parseBytes(json, wrong, type.fixed);
  if ("option" in type)
    return json === null || json === undefined
      ? ok(undefined)
      : parseAbiValue(type.option, json, path);
  if ("seq" in type || "array" in type) {
    if (!Array.isArray(json)) return wrong("a list");
    if ("array" in type && json.length !== type.array[1]) return wrong(`${type.array[1]} items`);
    const of = "seq" in type ? type.seq : type.array[0];
    return parseAll(json.map((item: unknown, i) => [of, item, `${path}[${i}]`] as const));
  }
  if ("tuple" in type) {
    if (!Array.isArray(json) || json.length !== type.tuple.length)
      return wrong(`a list of ${type.tuple.length}`);
    return parseAll(type.tuple.map((of, i) => [of, json[i], `${path}[${i}]`] as const));
  }
  if ("struct" in type) return parseStruct(type.struct, json, path);
  return parseEnum(type.enum, json, path);
}

function parsePrimitive(type: string, json: unknown, wrong: (expected: string) => Parsed): Parsed {
  switch (type) {
    case "unit":
      return json === null || json === undefined ? ok(undefined) : wrong("nothing");
    case "bool":
      return typeof json === "boolean" ? ok(json) : wrong("true or false");
    case "str":
      return typeof json === "string" ? ok(json) : wrong("text");
    case "bytes":
      return parseBytes(json, wrong);
    default:
      return parseInteger(type, json, wrong);
  }
}

function parseInteger(type: string, json: unknown, wrong: (expected: string) => Parsed): Parsed {
  const [bits, signed] = BITS[type] ?? [0, false];
  const isText = typeof json === "string" && /^-?\d{1,80}$/.test(json);
  if (
    !isText &&
    !(typeof json === "number" && Number.isSafeInteger(json)) &&
    typeof json !== "bigint"
  )
    return wrong(`a whole number (${type})`);
  const value = BigInt(json);
  const least = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const most = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  if (value < least || value > most) return wrong(`a number from ${least} to ${most}`);
  return ok(bits <= 32 ? Number(value) : value);
}

function parseBytes(json: unknown, wrong: (expected: string) => Parsed, length?: number): Parsed {
  const bytes = typeof json === "string" ? parseHex(json) : undefined;
  if (!bytes?.ok || (length !== undefined && bytes.value.length !== length))
    return wrong(length === undefined ? "bytes in hex" : `${length} bytes in hex`);
  return ok(bytes.value);
}

function parseAll(items: readonly (readonly [AbiType, unknown, string])[]): Parsed {
  const values: unknown[] = [];
  for (const [type, json, path] of items) {
    const parsed = parseAbiValue(type, json, path);
    if (!parsed.ok) return parsed;
    values.push(parsed.value);
  }
  return ok(values);
}

function parseStruct(
  fields: readonly (readonly [string, AbiType])[],
  json: unknown,
  path: string,
): Parsed {
  const wrong = (expected: string): Parsed => fail({ code: "abi/wrong-value", path, expected });
  if (typeof json !== "object" || json === null || Array.isArray(json))
    return wrong(`an object with ${fields.map(([name]) => name).join(", ") || "no fields"}`);
  const known = new Set(fields.map(([name]) => name));
  const extra = Object.keys(json).find((name) => !known.has(name));
  if (extra !== undefined) return wrong(`no field ${extra}`);
  const given: Readonly<Record<string, unknown>> = { ...json };
  const value: Record<string, unknown> = {};
  for (const [name, type] of fields) {
    const parsed = parseAbiValue(type, given[name], `${path}.${name}`);
    if (!parsed.ok) return parsed;
    value[name] = parsed.value;
  }
  return ok(value);
}

function parseEnum(
  cases: readonly (readonly [string, number, AbiType])[],
  json: unknown,
  path: string,
): Parsed {
  const names = cases.map(([name]) => name).join(", ");
  const entries =
    typeof json === "string"
      ? [[json, undefined] as const]
      : typeof json === "object" && json !== null
        ? Object.entries(json)
        : [];
  const [entry] = entries;
  const found = entry && cases.find(([name]) => name === entry[0]);
  if (entries.length !== 1 || entry === undefined || found === undefined)
    return fail({ code: "abi/wrong-value", path, expected: `one of ${names}` });
  const content = parseAbiValue(found[2], entry[1], `${path}.${found[0]}`);
  return content.ok ? ok({ type: found[0], value: content.value }) : content;
}

/** JSON of a decoded value: big integers as decimal text, bytes as hex. */
export function abiValueToJson(type: AbiType, value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof type === "string" || "compact" in type || "fixed" in type) return value ?? null;
  if ("option" in type) return value === undefined ? null : abiValueToJson(type.option, value);
  if ("seq" in type || "array" in type || "tuple" in type) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    return items.map((item, i) => {
      const of = "seq" in type ? type.seq : "array" in type ? type.array[0] : type.tuple[i];
      return of === undefined ? null : abiValueToJson(of, item);
    });
  }
  const record: Readonly<Record<string, unknown>> = typeof value === "object" ? { ...value } : {};
  if ("struct" in type)
    return Object.fromEntries(
      type.struct.map(([name, of]) => [name, abiValueToJson(of, record[name])]),
    );
  const name = String(record["type"]);
  const found = type.enum.find(([known]) => known === name);
  return found === undefined || found[2] === "unit"
    ? name
    : { [name]: abiValueToJson(found[2], record["value"]) };
}
