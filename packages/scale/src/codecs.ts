/** Codecs of SCALE types: numbers, bytes, sequences, structs, enums. Each carries its shape. */

import { utf8, utf8ToText } from "./bytes.ts";
import { type Codec, type CodecType, DecodeFailure, type Reader, type Writer } from "./codec.ts";
import { assert } from "./error.ts";
import type { Field, Primitive, Shape, TypeParameter, Variant } from "./shape.ts";

function primitive<T>(
  name: Primitive,
  minBytes: number,
  write: (writer: Writer, value: T) => void,
  read: (reader: Reader) => T,
): Codec<T> {
  return { shape: { kind: "primitive", primitive: name }, minBytes, write, read };
}

/**
 * Ends with what the caller did wrong. Behind an `if`, so that a message is made only for those who read it: in a
 * contract's engine it costs more fuel than what it guards.
 */
function refuse(what: string): never {
  assert(false, what);
}

function checkedInt(bits: number, value: number): number {
  if (!(Number.isInteger(value) && value >= 0 && value < 2 ** bits))
    refuse(`a number fits u${bits}`);
  return value;
}

const MAX_U64 = 0xffff_ffff_ffff_ffffn;

export const u8: Codec<number> = primitive(
  "u8",
  1,
  (w, v) => w.u8(checkedInt(8, v)),
  (r) => r.u8(),
);
export const u16: Codec<number> = primitive(
  "u16",
  2,
  (w, v) => w.u16(checkedInt(16, v)),
  (r) => r.u16(),
);
export const u32: Codec<number> = primitive(
  "u32",
  4,
  (w, v) => w.u32(checkedInt(32, v)),
  (r) => r.u32(),
);
export const u64: Codec<bigint> = primitive(
  "u64",
  8,
  (w, v) => {
    if (!(v >= 0n && v <= MAX_U64)) refuse("a bigint fits u64");
    w.u64(v);
  },
  (r) => r.u64(),
);
export const u128: Codec<bigint> = primitive(
  "u128",
  16,
  (w, v) => writeUint(w, v, 2),
  (r) => readUint(r, 2),
);
export const u256: Codec<bigint> = primitive(
  "u256",
  32,
  (w, v) => writeUint(w, v, 4),
  (r) => readUint(r, 4),
);
export const i8: Codec<number> = signedNumber("i8", 8);
export const i16: Codec<number> = signedNumber("i16", 16);
export const i32: Codec<number> = signedNumber("i32", 32);
export const i64: Codec<bigint> = signedBig("i64", 1);
export const i128: Codec<bigint> = signedBig("i128", 2);

function writeUint(writer: Writer, value: bigint, words: number): void {
  if (!(value >= 0n && value >> BigInt(64 * words) === 0n)) refuse(`a bigint fits u${64 * words}`);
  for (let i = 0; i < words; i++) writer.u64(BigInt.asUintN(64, value >> BigInt(64 * i)));
}

function readUint(reader: Reader, words: number): bigint {
  let value = 0n;
  for (let i = 0; i < words; i++) value |= reader.u64() << BigInt(64 * i);
  return value;
}

function signedNumber(name: Primitive, bits: 8 | 16 | 32): Codec<number> {
  const unsigned = bits === 8 ? u8 : bits === 16 ? u16 : u32;
  const half = 2 ** (bits - 1);
  return primitive(
    name,
    bits / 8,
    (w, v) => unsigned.write(w, v < 0 ? checkedInt(bits, v + 2 * half) : checkedInt(bits - 1, v)),
    (r) => {
      const value = unsigned.read(r);
      return value >= half ? value - 2 * half : value;
    },
  );
}

function signedBig(name: Primitive, words: number): Codec<bigint> {
  const bits = 64 * words;
  return primitive(
    name,
    8 * words,
    (w, v) => {
      if (BigInt.asIntN(bits, v) !== v) refuse(`a bigint fits ${name}`);
      writeUint(w, BigInt.asUintN(bits, v), words);
    },
    (r) => BigInt.asIntN(bits, readUint(r, words)),
  );
}

export const bool: Codec<boolean> = primitive(
  "bool",
  1,
  (w, v) => w.u8(v ? 1 : 0),
  (r) => {
    const byte = r.u8();
    if (byte > 1) throw new DecodeFailure("bad-bool");
    return byte === 1;
  },
);

/** UTF-8 text. */
export const str: Codec<string> = primitive(
  "str",
  1,
  (w, v) => {
    const encoded = utf8(v);
    w.compact(encoded.length);
    w.raw(encoded);
  },
  (r) => {
    const text = utf8ToText(r.raw(r.count(1)));
    if (text === undefined) throw new DecodeFailure("bad-utf8");
    return text;
  },
);

/** Text of at most `maxBytes` bytes. */
export function boundedStr(maxBytes: number): Codec<string> {
  return {
    ...str,
    write(w, v) {
      const encoded = utf8(v);
      if (!(encoded.length <= maxBytes)) refuse(`text has at most ${maxBytes} bytes`);
      w.compact(encoded.length);
      w.raw(encoded);
    },
    read(r) {
      const start = r.offset;
      const length = r.count(1);
      if (length > maxBytes) throw new DecodeFailure("too-long");
      r.offset = start;
      return str.read(r);
    },
  };
}

/** `Compact<u8|u16|u32>` as number, `Compact<u64|u128>` as bigint. */
export function compact<T extends number | bigint>(inner: Codec<T>): Codec<T> {
  const shape: Shape = { kind: "compact", inner: inner.shape };
  assert(inner.shape.kind === "primitive", "only unsigned integers are compact");
  const bits = Number(inner.shape.primitive.slice(1));
  const asNumber = bits <= 32;
  const codec: Codec<number> | Codec<bigint> = asNumber
    ? {
        shape,
        minBytes: 1,
        write: (w: Writer, v: number) => w.compact(checkedInt(bits, v)),
        read: (r: Reader) => {
          const value = r.compact();
          if (value >= 2 ** bits) throw new DecodeFailure("out-of-range");
          return value;
        },
      }
    : {
        shape,
        minBytes: 1,
        write: (w: Writer, v: bigint) => {
          assert(v >= 0n && v >> BigInt(bits) === 0n, `a bigint fits u${bits}`);
          w.compactBig(v);
        },
        read: (r: Reader) => r.compactBig(bits),
      };
  // The two halves differ only in number or bigint, which `inner` decides.
  return codec as unknown as Codec<T>;
}

const U8_SHAPE: Shape = u8.shape;

/** `[u8; length]`; decoded as a view of the input. */
export function fixedBytes(length: number): Codec<Uint8Array> {
  return {
    shape: { kind: "array", inner: U8_SHAPE, length },
    minBytes: length,
    write(w, v) {
      if (v.length !== length) refuse(`bytes are ${length} long, got ${v.length}`);
      w.raw(v);
    },
    read: (r) => r.raw(length),
  };
}

/** `Vec<u8>` of at most `maxBytes` bytes; decoded as a view of the input. */
export function boundedBytes(maxBytes: number): Codec<Uint8Array> {
  return {
    shape: { kind: "sequence", inner: U8_SHAPE, max: maxBytes },
    minBytes: 1,
    write(w, v) {
      if (!(v.length <= maxBytes)) refuse(`bytes are at most ${maxBytes} long, got ${v.length}`);
      w.compact(v.length);
      w.raw(v);
    },
    read(r) {
      const length = r.count(1);
      if (length > maxBytes) throw new DecodeFailure("too-long");
      return r.raw(length);
    },
  };
}

/** `Vec<u8>` bounded only by the input (and 16 MiB). */
export const bytes: Codec<Uint8Array> = boundedBytes(16 << 20);

export function array<T>(inner: Codec<T>, length: number): Codec<readonly T[]> {
  return {
    shape: { kind: "array", inner: inner.shape, length },
    minBytes: inner.minBytes * length,
    write(w, v) {
      if (v.length !== length) refuse(`an array has ${length} items`);
      for (const item of v) inner.write(w, item);
    },
    read: (r) => readItems(inner, length, r),
  };
}

/** `Vec<T>` of at most `maxItems` items. Items of zero bytes are refused when decoding more than `maxItems`. */
export function vec<T>(inner: Codec<T>, maxItems = 1 << 20): Codec<readonly T[]> {
  return {
    shape: { kind: "sequence", inner: inner.shape, max: maxItems },
    minBytes: 1,
    write(w, v) {
      if (!(v.length <= maxItems))
        refuse(`a sequence has at most ${maxItems} items, got ${v.length}`);
      w.compact(v.length);
      for (const item of v) inner.write(w, item);
    },
    read(r) {
      const count = r.count(inner.minBytes);
      if (count > maxItems) throw new DecodeFailure("too-long");
      return readItems(inner, count, r);
    },
  };
}

function readItems<T>(inner: Codec<T>, count: number, reader: Reader): T[] {
  const items: T[] = [];
  reader.enter();
  for (let i = 0; i < count; i++) items.push(inner.read(reader));
  reader.leave();
  return items;
}

export function tuple<const C extends readonly Codec<unknown>[]>(
  ...codecs: C
): Codec<{ -readonly [K in keyof C]: CodecType<C[K]> }>;
export function tuple(...codecs: readonly Codec<unknown>[]): Codec<unknown[]> {
  return {
    shape: { kind: "tuple", inner: codecs.map((codec) => codec.shape) },
    minBytes: codecs.reduce((sum, codec) => sum + codec.minBytes, 0),
    write(w, v) {
      for (let i = 0; i < codecs.length; i++) codecs[i]?.write(w, v[i]);
    },
    read(r) {
      r.enter();
      const items = codecs.map((codec) => codec.read(r));
      r.leave();
      return items;
    },
  };
}

/** Nothing: zero bytes, the empty tuple. */
export const unit: Codec<undefined> = {
  shape: { kind: "tuple", inner: [] },
  minBytes: 0,
  write: () => undefined,
  read: () => undefined,
};

export function option<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    shape: {
      kind: "variant",
      path: ["Option"],
      params: [{ name: "T", shape: inner.shape }],
      variants: [
        { name: "None", index: 0, fields: [] },
        { name: "Some", index: 1, fields: [{ shape: inner.shape }] },
      ],
    },
    minBytes: 1,
    write(w, v) {
      if (v === undefined) w.u8(0);
      else {
        w.u8(1);
        inner.write(w, v);
      }
    },
    read(r) {
      const tag = r.u8();
      if (tag > 1) throw new DecodeFailure("unknown-variant");
      return tag === 0 ? undefined : readNested(inner, r);
    },
  };
}

function readNested<T>(inner: Codec<T>, reader: Reader): T {
  reader.enter();
  const value = inner.read(reader);
  reader.leave();
  return value;
}

/** Metadata name of a type. */
export interface TypeName {
  readonly path?: readonly string[];
  readonly params?: readonly TypeParameter[];
  readonly docs?: string;
  /** Rust type name per field, for tools. */
  readonly typeNames?: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, Codec<unknown>>>;
export type StructOf<F> = { readonly [K in keyof F]: CodecType<F[K]> };

/** Struct with the fields in the order written. */
export function struct<F extends Fields>(fields: F, name?: TypeName): Codec<StructOf<F>>;
export function struct(
  fields: Readonly<Record<string, Codec<unknown>>>,
  name: TypeName = {},
): Codec<Readonly<Record<string, unknown>>> {
  const entries = Object.entries(fields);
  const names = entries.map(([key]) => key);
  const codecs = entries.map(([, codec]) => codec);
  const count = entries.length;
  return {
    shape: { ...metadataName(name), kind: "composite", fields: fieldsOf(entries, name) },
    minBytes: entries.reduce((sum, [, codec]) => sum + codec.minBytes, 0),
    // Indexes, not pairs: in a contract's engine to take a pair apart costs more fuel than most fields.
    write(w, v) {
      for (let i = 0; i < count; i++) codecs[i]?.write(w, v[names[i] ?? ""]);
    },
    read(r) {
      const value: Record<string, unknown> = {};
      r.enter();
      for (let i = 0; i < count; i++) value[names[i] ?? ""] = codecs[i]?.read(r);
      r.leave();
      return value;
    },
  };
}

function metadataName(name: TypeName): Pick<Shape, "path" | "params" | "docs"> {
  return {
    ...(name.path && { path: name.path }),
    ...(name.params && { params: name.params }),
    ...(name.docs && { docs: name.docs }),
  };
}

function fieldsOf(
  entries: readonly (readonly [string, Codec<unknown>])[],
  name: TypeName,
): Field[] {
  return entries.map(([key, codec]) => ({
    name: key,
    shape: codec.shape,
    ...(name.typeNames?.[key] !== undefined && { typeName: name.typeNames[key] }),
  }));
}

/** One variant of an enum: its index and the codec of its content (`unit` when empty). */
export interface VariantOf<T> {
  readonly index: number;
  readonly codec: Codec<T>;
  readonly docs?: string;
}

export function variant<T>(index: number, codec: Codec<T>, docs?: string): VariantOf<T> {
  return docs === undefined ? { index, codec } : { index, codec, docs };
}

type Variants = Readonly<Record<string, VariantOf<unknown>>>;
/** `{ type: "Name", value }`; `value` is `undefined` for an empty variant. */
export type EnumOf<V> = {
  [K in keyof V]: { readonly type: K; readonly value: V[K] extends VariantOf<infer T> ? T : never };
}[keyof V];

/** Enum with explicit indexes. A struct codec inside a variant becomes named fields in metadata. */
export function variants<V extends Variants>(cases: V, name?: TypeName): Codec<EnumOf<V>>;
export function variants(
  cases: Readonly<Record<string, VariantOf<unknown>>>,
  name: TypeName = {},
): Codec<{ readonly type: string; readonly value: unknown }> {
  const byIndex: { readonly type: string; readonly codec: Codec<unknown> }[] = [];
  const shapes: Variant[] = [];
  for (const [type, { index, codec, docs }] of Object.entries(cases)) {
    assert(index >= 0 && index < 256 && byIndex[index] === undefined, `index of ${type} is free`);
    byIndex[index] = { type, codec };
    const { shape } = codec;
    const fields: readonly Field[] =
      shape.kind === "composite" && shape.path === undefined
        ? shape.fields
        : shape.kind === "tuple" && shape.path === undefined
          ? shape.inner.map((inner) => ({ shape: inner }))
          : [{ shape }];
    shapes.push({ name: type, index, fields, ...(docs !== undefined && { docs }) });
  }
  return {
    shape: { ...metadataName(name), kind: "variant", variants: shapes },
    minBytes: 1,
    write(w, v) {
      const found = cases[v.type];
      if (found === undefined) refuse(`the enum has the variant ${v.type}`);
      w.u8(found.index);
      found.codec.write(w, v.value);
    },
    read(r) {
      const found = byIndex[r.u8()];
      if (found === undefined) throw new DecodeFailure("unknown-variant");
      return { type: found.type, value: readNested(found.codec, r) };
    },
  };
}

/** A codec that may contain itself. */
export function lazy<T>(resolve: () => Codec<T>): Codec<T> {
  return {
    shape: { kind: "lazy", resolve: () => resolve().shape },
    minBytes: 1,
    write: (w, v) => resolve().write(w, v),
    read: (r) => readNested(resolve(), r),
  };
}

/** The same encoding, another value type: branding, enums as unions, checked ranges. */
export function mapCodec<A, B>(
  inner: Codec<A>,
  to: (value: A) => B,
  from: (value: B) => A,
  name?: TypeName,
): Codec<B> {
  return {
    shape: name ? { ...inner.shape, ...metadataName(name) } : inner.shape,
    minBytes: inner.minBytes,
    write: (w, v) => inner.write(w, from(v)),
    read: (r) => to(inner.read(r)),
  };
}

/** Refuses decoded values that `check` does not accept. */
export function checked<T>(inner: Codec<T>, check: (value: T) => boolean): Codec<T> {
  return {
    ...inner,
    read(r) {
      const value = inner.read(r);
      if (!check(value)) throw new DecodeFailure("not-canonical");
      return value;
    },
  };
}

/** `inner` as an opaque byte string: compact length in front (as in `Vec<Opaque>`). */
export function lengthPrefixed<T>(
  inner: Codec<T>,
  encodeInner: (value: T) => Uint8Array,
): Codec<T> {
  return {
    shape: { kind: "sequence", inner: U8_SHAPE },
    minBytes: 1,
    write(w, v) {
      const encoded = encodeInner(v);
      w.compact(encoded.length);
      w.raw(encoded);
    },
    read(r) {
      const length = r.count(1);
      const end = r.offset + length;
      const value = inner.read(r);
      if (r.offset !== end) throw new DecodeFailure("trailing-bytes");
      return value;
    },
  };
}
