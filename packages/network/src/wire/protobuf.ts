/**
 * Protobuf messages from declarations: the few that Substrate's request protocols use.
 *
 * Stricter than the format asks for: numbers are minimal, a single field comes once, groups do not exist. Unknown
 * fields are skipped, so that newer peers may say more. **Bounds**: byte strings are views of the input; lists have a
 * maximum; nesting is that of the declaration. **Trust**: bytes come from peers.
 *
 * @see protobuf "Encoding"
 */
import { assert, concatBytes, type Result, utf8, utf8ToText } from "@pha/scale";
import { encodeVarint, readVarint, type Varint } from "./varint.ts";
import { type WireError, WireFailure, wireResult } from "./wire-error.ts";

/** What a field holds: a number or a byte string on the wire. */
export type Kind<T> = NumberKind<T> | BytesKind<T>;

export interface NumberKind<T> {
  readonly wireType: 0;
  read(value: number): T;
  write(value: T): number;
}

export interface BytesKind<T> {
  readonly wireType: 2;
  read(bytes: Uint8Array): T;
  write(value: T): Uint8Array;
}

/** `T` is what the message has under the field's name. */
export interface Field<T> {
  readonly number: number;
  readonly wireType: 0 | 2;
  /** Times that the field may come. */
  readonly maxItems: number;
  read(items: readonly WireValue[]): T;
  write(value: T): readonly Uint8Array[];
}

type WireValue = number | Uint8Array;

type Fields = Readonly<Record<string, Field<unknown>>>;
export type MessageOf<F> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

export const uint32: Kind<number> = {
  wireType: 0,
  read(value) {
    if (value > 0xffff_ffff) throw new WireFailure("out-of-range");
    return value;
  },
  write: (value) => value,
};

export const boolean: Kind<boolean> = {
  wireType: 0,
  read(value) {
    if (value > 1) throw new WireFailure("bad-bool");
    return value === 1;
  },
  write: (value) => (value ? 1 : 0),
};

/** Names in the order of their numbers. */
export function enumeration<const N extends string>(names: readonly N[]): Kind<N> {
  return {
    wireType: 0,
    read(value) {
      const name = names[value];
      if (name === undefined) throw new WireFailure("unknown-variant");
      return name;
    },
    write: (name) => names.indexOf(name),
  };
}

export const byteString: Kind<Uint8Array> = {
  wireType: 2,
  read: (bytes) => bytes,
  write: (bytes) => bytes,
};

export function fixedByteString(length: number): Kind<Uint8Array> {
  return {
    wireType: 2,
    read(bytes) {
      if (bytes.length !== length) throw new WireFailure("out-of-range");
      return bytes;
    },
    write(bytes) {
      assert(bytes.length === length, "a byte string of fixed length");
      return bytes;
    },
  };
}

export const text: Kind<string> = {
  wireType: 2,
  read(bytes) {
    const read = utf8ToText(bytes);
    if (read === undefined) throw new WireFailure("bad-utf8");
    return read;
  },
  write: utf8,
};

export function required<T>(number: number, kind: Kind<T>): Field<T> {
  return {
    number,
    wireType: kind.wireType,
    maxItems: 1,
    read([item]) {
      if (item === undefined) throw new WireFailure("missing-field");
      return readItem(kind, item);
    },
    write: (value) => [writeItem(number, kind, value)],
  };
}

export function optional<T>(number: number, kind: Kind<T>): Field<T | undefined> {
  return {
    number,
    wireType: kind.wireType,
    maxItems: 1,
    read: ([item]) => (item === undefined ? undefined : readItem(kind, item)),
    write: (value) => (value === undefined ? [] : [writeItem(number, kind, value)]),
  };
}

/** A field that is left out when it has its default, as proto3 does. */
export function defaulted<T extends string | number | boolean>(
  number: number,
  kind: Kind<T>,
  initial: T,
): Field<T> {
  return {
    number,
    wireType: kind.wireType,
    maxItems: 1,
    read: ([item]) => (item === undefined ? initial : readItem(kind, item)),
    write: (value) => (value === initial ? [] : [writeItem(number, kind, value)]),
  };
}

export function repeated<T>(
  number: number,
  kind: Kind<T>,
  { maxItems }: { readonly maxItems: number },
): Field<readonly T[]> {
  return {
    number,
    wireType: kind.wireType,
    maxItems,
    read: (items) => items.map((item) => readItem(kind, item)),
    write: (items) => items.map((item) => writeItem(number, kind, item)),
  };
}

/** A message; as a kind of field it nests. */
export function message<const F extends Fields>(fields: F): BytesKind<MessageOf<F>> {
  const named = Object.entries(fields);
  const byNumber = new Map(named.map(([, field]) => [field.number, field]));
  return {
    wireType: 2,
    read(bytes) {
      const items = readFields(bytes, byNumber);
      const values = named.map(([name, field]) => [
        name,
        field.read(items.get(field.number) ?? []),
      ]);
      // One value per field, each of its field's type.
      return Object.fromEntries(values) as MessageOf<F>;
    },
    write(value) {
      const values: Readonly<Record<string, unknown>> = value;
      return concatBytes(...named.flatMap(([name, field]) => field.write(values[name])));
    },
  };
}

export function decodeMessage<T>(kind: BytesKind<T>, bytes: Uint8Array): Result<T, WireError> {
  return wireResult(() => kind.read(bytes));
}

export function encodeMessage<T>(kind: BytesKind<T>, value: T): Uint8Array {
  return kind.write(value);
}

function readFields(
  bytes: Uint8Array,
  known: ReadonlyMap<number, Field<unknown>>,
): ReadonlyMap<number, readonly WireValue[]> {
  const items = new Map<number, WireValue[]>();
  for (let at = 0; at < bytes.length; ) {
    const tag = numberAt(bytes, at);
    const wireType = tag.value & 7;
    const number = Math.floor(tag.value / 8);
    if (number < 1 || number > 0x1fff_ffff) throw new WireFailure("bad-field");
    const { value, end } = valueAt(bytes, tag.end, wireType);
    at = end;
    const field = known.get(number);
    if (field === undefined) continue;
    if (value === undefined || field.wireType !== wireType) throw new WireFailure("wrong-type");
    const before = items.get(number) ?? [];
    if (before.length >= field.maxItems)
      throw new WireFailure(field.maxItems === 1 ? "repeated-field" : "too-many-items");
    before.push(value);
    items.set(number, before);
  }
  return items;
}

function valueAt(
  bytes: Uint8Array,
  at: number,
  wireType: number,
): { readonly value: WireValue | undefined; readonly end: number } {
  switch (wireType) {
    case 0:
      return numberAt(bytes, at);
    case 1:
      return { value: undefined, end: endOf(bytes, at, 8) };
    case 2: {
      const length = numberAt(bytes, at);
      const end = endOf(bytes, length.end, length.value);
      return { value: bytes.subarray(length.end, end), end };
    }
    case 5:
      return { value: undefined, end: endOf(bytes, at, 4) };
    default:
      throw new WireFailure("bad-field");
  }
}

function numberAt(bytes: Uint8Array, at: number): Varint {
  const read = readVarint(bytes, at);
  if (read === undefined) throw new WireFailure("truncated");
  return read;
}

function endOf(bytes: Uint8Array, at: number, length: number): number {
  if (length > bytes.length - at) throw new WireFailure("truncated");
  return at + length;
}

function readItem<T>(kind: Kind<T>, item: WireValue): T {
  if (kind.wireType === 0 && typeof item === "number") return kind.read(item);
  if (kind.wireType === 2 && typeof item !== "number") return kind.read(item);
  throw new WireFailure("wrong-type");
}

function writeItem<T>(number: number, kind: Kind<T>, value: T): Uint8Array {
  const tag = encodeVarint(number * 8 + kind.wireType);
  if (kind.wireType === 0) return concatBytes(tag, encodeVarint(kind.write(value)));
  const bytes = kind.write(value);
  return concatBytes(tag, encodeVarint(bytes.length), bytes);
}
