/**
 * Reader of the part of CBOR that attestation tokens use.
 *
 * Taken: integers of 64 bits, byte and text strings, arrays, maps, tags, `false`, `true`, `null`; shortest heads only,
 * UTF-8 checked, keys unique, nothing behind the item. The order of keys is free: tokens are signed as the bytes they
 * are, and makers do not agree on one. Refused: floats, `undefined`, and indefinite lengths except of the maps and arrays
 * of a maker that is known to write them (`streamed`).
 *
 * **Bounds**: every item costs a byte of input, lengths are checked before use, nesting ends at `MAX_CBOR_DEPTH`.
 * **Trust**: input is hostile. Strings of bytes are views of the input.
 *
 * @see RFC 8949 §4.2.1
 */
import { fail, ok, type Result, utf8ToText } from "@pha/scale";

export const MAX_CBOR_DEPTH = 16;

export type CborKey = bigint | string;
export type CborMap = ReadonlyMap<CborKey, CborValue>;

export type CborValue =
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | CborMap
  | CborTag;

export interface CborTag {
  readonly tag: bigint;
  readonly content: CborValue;
}

export interface CborError {
  readonly code: "cbor/malformed";
  readonly reason: CborReason;
  /** Byte offset where reading stopped. */
  readonly offset: number;
}

export type CborReason =
  | "truncated"
  | "trailing-bytes"
  | "not-shortest"
  | "not-supported"
  | "bad-utf8"
  | "bad-key"
  | "repeated-key"
  | "too-deep";

export interface CborOptions {
  /** Whether maps and arrays may end at a "break" instead of having a length. */
  readonly streamed: "allow" | "refuse";
}

export function decodeCbor(
  bytes: Uint8Array,
  { streamed }: CborOptions = { streamed: "refuse" },
): Result<CborValue, CborError> {
  const reader = new CborReader(bytes, streamed === "allow");
  try {
    const value = reader.item(0);
    if (reader.at !== bytes.length) throw new CborFailure("trailing-bytes");
    return ok(value);
  } catch (error) {
    if (!(error instanceof CborFailure)) throw error;
    return fail({ code: "cbor/malformed", reason: error.reason, offset: reader.at });
  }
}

export function isCborMap(value: CborValue | undefined): value is CborMap {
  return value instanceof Map;
}

export function isCborArray(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value);
}

export function isCborTag(value: CborValue | undefined): value is CborTag {
  return typeof value === "object" && value !== null && "tag" in value;
}

/** Head of an item in its shortest form: major type 0 to 7 and its argument, below 2^32. */
export function cborHead(major: number, argument: number): Uint8Array {
  const first = major << 5;
  if (argument < 24) return Uint8Array.of(first | argument);
  if (argument < 0x100) return Uint8Array.of(first | 24, argument);
  if (argument < 0x10000) return Uint8Array.of(first | 25, argument >> 8, argument & 255);
  const head = new Uint8Array(5);
  head[0] = first | 26;
  new DataView(head.buffer).setUint32(1, argument);
  return head;
}

/** Thrown by the reader only; `decodeCbor` turns exactly this class into a `Result`. */
class CborFailure extends Error {
  readonly reason: CborReason;
  constructor(reason: CborReason) {
    super(reason);
    this.reason = reason;
  }
}

const MAX_LENGTH = 0xffffffffn;

const BREAK = 0xff;
const INDEFINITE = 31;

class CborReader {
  readonly #bytes: Uint8Array;
  readonly #streamed: boolean;
  at = 0;

  constructor(bytes: Uint8Array, streamed: boolean) {
    this.#bytes = bytes;
    this.#streamed = streamed;
  }

  item(depth: number): CborValue {
    if (depth > MAX_CBOR_DEPTH) throw new CborFailure("too-deep");
    const first = this.#byte();
    const major = first >> 5;
    const low = first & 31;
    if (major === 7) return simpleValue(low);
    if (low === INDEFINITE && this.#streamed && (major === 4 || major === 5))
      return major === 4 ? this.#array(undefined, depth) : this.#map(undefined, depth);
    const argument = this.#argument(low);
    switch (major) {
      case 0:
        return argument;
      case 1:
        return -1n - argument;
      case 2:
        return this.#take(argument);
      case 3:
        return this.#text(argument);
      case 4:
        return this.#array(this.#count(argument), depth);
      case 5:
        return this.#map(this.#count(argument), depth);
      default:
        return { tag: argument, content: this.item(depth + 1) };
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw new CborFailure("truncated");
    this.at++;
    return byte;
  }

  #argument(low: number): bigint {
    if (low < 24) return BigInt(low);
    if (low > 27) throw new CborFailure("not-supported");
    const bytes = 1 << (low - 24);
    let value = 0n;
    for (let i = 0; i < bytes; i++) value = (value << 8n) | BigInt(this.#byte());
    const least = bytes === 1 ? 24n : 1n << BigInt(bytes * 4);
    if (value < least) throw new CborFailure("not-shortest");
    return value;
  }

  #take(length: bigint): Uint8Array {
    if (length > MAX_LENGTH || Number(length) > this.#bytes.length - this.at)
      throw new CborFailure("truncated");
    const end = this.at + Number(length);
    const taken = this.#bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  #text(length: bigint): string {
    const text = utf8ToText(this.#take(length));
    if (text === undefined) throw new CborFailure("bad-utf8");
    return text;
  }

  /** Number of items that follow, each of which takes at least a byte. */
  #count(argument: bigint): number {
    if (argument > MAX_LENGTH || Number(argument) > this.#bytes.length - this.at)
      throw new CborFailure("truncated");
    return Number(argument);
  }

  /** Whether another item follows, after `read` of `count`; without a count the break is taken. */
  #hasMore(count: number | undefined, read: number): boolean {
    if (count !== undefined) return read < count;
    if (this.#bytes[this.at] !== BREAK) return true;
    this.at++;
    return false;
  }

  #array(count: number | undefined, depth: number): readonly CborValue[] {
    const items: CborValue[] = [];
    while (this.#hasMore(count, items.length)) items.push(this.item(depth + 1));
    return items;
  }

  #map(count: number | undefined, depth: number): CborMap {
    const map = new Map<CborKey, CborValue>();
    while (this.#hasMore(count, map.size)) {
      const key = this.item(depth + 1);
      if (typeof key !== "bigint" && typeof key !== "string") throw new CborFailure("bad-key");
      if (map.has(key)) throw new CborFailure("repeated-key");
      map.set(key, this.item(depth + 1));
    }
    return map;
  }
}

function simpleValue(low: number): boolean | null {
  if (low === 20) return false;
  if (low === 21) return true;
  if (low === 22) return null;
  throw new CborFailure("not-supported");
}
