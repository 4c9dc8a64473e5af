/** Encodings of single values, both ways, and encodings that must be refused. */
import assert from "node:assert/strict";
import {
  type Codec,
  compact,
  decode,
  encode,
  type Shape,
  toHex,
  u128,
  u256,
  vec,
} from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { hex, integer, type Json, list, object, text } from "./json.ts";
import { codecOfText } from "./type-text.ts";

const wide = compact(u128);
const widest = compact(u256);

export function compactCases(file: Json): readonly VectorCase[] {
  return [
    ...list(file["encode"], "encode").map((entry, i): VectorCase => {
      const { value, hex: encoded } = object(entry, `encode ${i}`);
      return {
        name: `compact ${String(value)}`,
        run: () => {
          const number = integer(value, "value");
          const codec = number >> 128n === 0n ? wide : widest;
          bothWays(codec as Codec<unknown>, number, hex(encoded, "hex"));
          return undefined;
        },
      };
    }),
    ...list(file["encodedLength"], "encodedLength").map((entry, i): VectorCase => {
      const { value, bytes } = object(entry, `encodedLength ${i}`);
      return {
        name: `length of compact ${String(value)}`,
        run: () => {
          const encoded = encode(widest, integer(value, "value"));
          assert.equal(BigInt(encoded.length), integer(bytes, "bytes"));
          assert.deepEqual(decode(widest, encoded), { ok: true, value: integer(value, "value") });
          return undefined;
        },
      };
    }),
    ...refusals(file),
  ];
}

export function primitiveCases(file: Json): readonly VectorCase[] {
  return [
    ...list(file["cases"], "cases").map((entry, i): VectorCase => {
      const { type, value, hex: encoded } = object(entry, `case ${i}`);
      const notation = text(type, "type");
      return {
        name: `${notation} ${i}`,
        run: () => {
          const bytes = hex(encoded, "hex");
          if (notation === "sequence of values") {
            checkSequence(text(value, "value"), bytes);
            return undefined;
          }
          const codec = codecOfText(notation);
          if (codec === undefined) return { skip: `the type ${notation} is not a SCALE primitive` };
          bothWays(codec, plain(codec.shape, value), bytes);
          return undefined;
        },
      };
    }),
    ...refusals(file),
  ];
}

function refusals(file: Json): readonly VectorCase[] {
  return list(file["mustFail"], "mustFail").map((entry, i): VectorCase => {
    const { type, hex: encoded, why } = object(entry, `mustFail ${i}`);
    const notation = text(type, "type");
    return {
      name: `refuses ${notation} ${String(encoded)}${why === undefined ? "" : ` (${String(why)})`}`,
      run: () => {
        const codec = codecOfText(notation);
        if (codec === undefined) return { skip: `the type ${notation} is not a SCALE primitive` };
        assert.equal(decode(codec, hex(encoded, "hex")).ok, false);
        return undefined;
      },
    };
  });
}

/** Encodes, decodes, and refuses the same with a byte more or less. */
function bothWays(codec: Codec<unknown>, value: unknown, bytes: Uint8Array): void {
  assert.equal(toHex(encode(codec, value)), toHex(bytes));
  const decoded = decode(codec, bytes);
  assert(decoded.ok, "decodes");
  assert.equal(toHex(encode(codec, decoded.value)), toHex(bytes));
  assert.equal(decode(codec, Uint8Array.of(...bytes, 0)).ok, false, "a trailing byte");
  if (bytes.length > 0)
    assert.equal(decode(codec, bytes.subarray(0, -1)).ok, false, "a byte is missing");
}

/** JSON value → value of the codec with this shape. */
function plain(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "primitive":
      if (shape.primitive === "bool" || shape.primitive === "str") return value;
      return Number(shape.primitive.slice(1)) > 32
        ? integer(value, "value")
        : Number(integer(value, "value"));
    case "compact":
      return plain(shape.inner, value);
    case "sequence":
      if (isByte(shape.inner)) return bytesOf(value);
      if (typeof value === "number") return Array.from({ length: value }, () => undefined);
      return list(value, "items").map((item) => plain(shape.inner, item));
    case "array":
      if (isByte(shape.inner)) return bytesOf(value);
      return list(value, "items").map((item) => plain(shape.inner, item));
    case "tuple":
      if (shape.inner.length === 0) return undefined;
      return shape.inner.map((part, i) => plain(part, list(value, "parts")[i]));
    case "variant": {
      const inner = shape.variants.find(({ name }) => name === "Some")?.fields[0];
      if (value === null || value === undefined) return undefined;
      return inner === undefined ? value : plain(inner.shape, value);
    }
    default:
      return value ?? undefined;
  }
}

function isByte(shape: Shape): boolean {
  return shape.kind === "primitive" && shape.primitive === "u8";
}

function bytesOf(value: unknown): Uint8Array {
  if (typeof value === "string")
    return value.startsWith("0x") ? hex(value, "bytes") : new TextEncoder().encode(value);
  return Uint8Array.from(list(value, "bytes"), (byte) => Number(integer(byte, "byte")));
}

/** `u16 1, u8 2, [u8;2] 4 5, struct 6 7, Vec<struct> 8 9`: a struct has one u8 per number. */
function checkSequence(notation: string, bytes: Uint8Array): void {
  const parts = notation.split(",").map((part) => {
    const [, type = "", values = ""] = /^\s*(\S+)\s+(.*)$/.exec(part) ?? [];
    const numbers = values.trim().split(/\s+/).map(Number);
    if (type === "struct" || type === "Vec<struct>") {
      const body = codecOfText(`[u8; ${numbers.length}]`);
      assert(body !== undefined);
      const one = Uint8Array.from(numbers);
      return type === "struct" ? encode(body, one) : encode(vec(body), [one]);
    }
    const codec = codecOfText(type);
    assert(codec !== undefined, `the type ${type} is known`);
    return encode(codec, plain(codec.shape, numbers.length > 1 ? numbers : numbers[0]));
  });
  assert.equal(toHex(Uint8Array.from(parts.flatMap((part) => [...part]))), toHex(bytes));
}
