/**
 * Strict reader of DER, for certificates, revocation lists and what vendors put into them.
 *
 * Two machines that read an encoding differently disagree on a block, so there is one form of everything: definite
 * minimal lengths, minimal tags and integers, booleans of 0 or 255, no byte left over.
 *
 * **Bounds**: input is as long as the caller allows; nesting ends at `MAX_DEPTH`; identifiers have four bytes at most.
 * **Trust**: bytes are hostile; what is wrong becomes one error with its offset.
 *
 * @see X.690 §8, §10, §11
 */
import { fail, ok, type Result } from "@pha/scale";

/** Identifier octets, read as one number. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const MAX_DEPTH = 24;
const MAX_LENGTH_BYTES = 4;
const MAX_TAG_BYTES = 4;

/** Identifier of `[number]` in the context of its structure, as constructed (explicit, or implicit of a structure). */
export function contextTag(number: number): number {
  return taggedAs(0xa0, number);
}

/** Identifier of an implicit `[number]` of a primitive type. */
export function primitiveContextTag(number: number): number {
  return taggedAs(0x80, number);
}

function taggedAs(first: number, number: number): number {
  if (number < 31) return first | number;
  const groups = [number & 0x7f];
  for (let rest = number >> 7; rest > 0; rest >>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups.reduce((tag, group) => tag * 256 + group, first | 31);
}

export interface DerError {
  readonly reason: string;
  readonly offset: number;
}

class DerFailure extends Error {
  readonly reason: string;
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.reason = reason;
    this.offset = offset;
  }
}

/** An element: `tag` with `content`; `raw` is all of it. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly raw: Uint8Array;
}

/** What `read` makes of all of `bytes`. */
export function readDer<T>(bytes: Uint8Array, read: (reader: DerReader) => T): Result<T, DerError> {
  try {
    const reader = new DerReader(bytes, 0, 0);
    const value = read(reader);
    reader.end();
    return ok(value);
  } catch (error) {
    if (error instanceof DerFailure) return fail({ reason: error.reason, offset: error.offset });
    throw error;
  }
}

/** Reads elements one behind the other; every method fails through `readDer`. */
export class DerReader {
  readonly #bytes: Uint8Array;
  /** Of the first byte, in the outermost input. */
  readonly #base: number;
  readonly #depth: number;
  #at = 0;
  /** Of the content of the element that was read last. */
  #inside = 0;

  constructor(bytes: Uint8Array, base: number, depth: number) {
    this.#bytes = bytes;
    this.#base = base;
    this.#depth = depth;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Ends the reading. */
  fail(reason: string): never {
    throw new DerFailure(reason, this.#base + this.#at);
  }

  end(): void {
    if (!this.isAtEnd) this.fail("bytes after the end");
  }

  /** Identifier of the next element; `undefined` at the end. */
  peekTag(): number | undefined {
    if (this.isAtEnd) return undefined;
    const before = this.#at;
    const tag = this.#tag();
    this.#at = before;
    return tag;
  }

  /** The next element, which stays to be read. */
  peek(): DerElement {
    const before = this.#at;
    const element = this.any();
    this.#at = before;
    return element;
  }

  /** The next element, whatever it is. */
  any(): DerElement {
    const start = this.#at;
    const tag = this.#tag();
    const length = this.#length();
    if (length > this.#bytes.length - this.#at) this.fail("longer than what holds it");
    const content = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return { tag, content, raw: this.#bytes.subarray(start, this.#at) };
  }

  element(tag: number): DerElement {
    if (this.peekTag() !== tag) this.fail("another type is expected");
    const start = this.#at;
    const element = this.any();
    // Offsets of what is inside count from here.
    this.#inside = this.#base + start + element.raw.length - element.content.length;
    return element;
  }

  /** What `read` makes of all of the content. */
  nested<T>(tag: number, read: (reader: DerReader) => T): T {
    if (this.#depth >= MAX_DEPTH) this.fail("nested too deeply");
    const { content } = this.element(tag);
    const inner = new DerReader(content, this.#inside, this.#depth + 1);
    const value = read(inner);
    inner.end();
    return value;
  }

  sequence<T>(read: (reader: DerReader) => T): T {
    return this.nested(TAG.sequence, read);
  }

  /** One `read` after the other until the structure ends. */
  sequenceOf<T>(read: (reader: DerReader) => T): readonly T[] {
    return this.nested(TAG.sequence, (reader) => {
      const values: T[] = [];
      while (!reader.isAtEnd) values.push(read(reader));
      return values;
    });
  }

  /** `undefined` when the next element has another identifier. */
  optional<T>(tag: number, read: (reader: DerReader) => T): T | undefined {
    return this.peekTag() === tag ? read(this) : undefined;
  }

  boolean(): boolean {
    const { content } = this.element(TAG.boolean);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
      this.fail("a truth value is 0 or 255");
    return content[0] === 0xff;
  }

  null(): void {
    if (this.element(TAG.null).content.length > 0) this.fail("nothing has no content");
  }

  /** Magnitude, big-endian without leading zeros; zero is one byte. */
  unsignedBytes(tag: number = TAG.integer): Uint8Array {
    const { content } = this.element(tag);
    const [first, second] = content;
    if (first === undefined) this.fail("an integer has a byte");
    if (first >= 0x80) this.fail("an integer is negative");
    if (first > 0 || second === undefined) return content;
    if (second < 0x80) this.fail("an integer has a byte too many");
    return content.subarray(1);
  }

  /** Of at most `most`, which is below 2⁴⁸. */
  unsigned(most: number, tag: number = TAG.integer): number {
    const bytes = this.unsignedBytes(tag);
    if (bytes.length > 6) this.fail("an integer is out of range");
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (value > most) this.fail("an integer is out of range");
    return value;
  }

  octetString(): Uint8Array {
    return this.element(TAG.octetString).content;
  }

  /** Whole bytes. */
  bitString(): Uint8Array {
    const { content } = this.element(TAG.bitString);
    if (content[0] !== 0) this.fail("bits do not fill bytes");
    return content.subarray(1);
  }

  /** Named bits, the first as bit 0 of the answer; at most 31. */
  namedBits(): number {
    const { content } = this.element(TAG.bitString);
    const unused = content[0] ?? 8;
    const bytes = content.subarray(1);
    const last = bytes.at(-1);
    if (unused > 7 || bytes.length > 3 || (last === undefined && unused !== 0))
      this.fail("flags are malformed");
    if (last !== undefined && (last & ((1 << unused) - 1)) !== 0) this.fail("unused bits are set");
    let flags = 0;
    bytes.forEach((byte, i) => {
      for (let bit = 0; bit < 8; bit++) if (byte & (0x80 >> bit)) flags |= 1 << (8 * i + bit);
    });
    return flags;
  }

  /** Dotted decimals. */
  oid(): string {
    const { content } = this.element(TAG.oid);
    const arcs: number[] = [];
    let arc = 0;
    let isWithin = false;
    for (const byte of content) {
      if (!isWithin && byte === 0x80) this.fail("an object identifier has a byte too many");
      arc = arc * 128 + (byte & 0x7f);
      if (arc > 0xffff_ffff) this.fail("an object identifier is out of range");
      isWithin = byte >= 0x80;
      if (isWithin) continue;
      if (arcs.length > 0) arcs.push(arc);
      else {
        const root = Math.min(Math.floor(arc / 40), 2);
        arcs.push(root, arc - 40 * root);
      }
      arc = 0;
    }
    if (isWithin || arcs.length === 0) this.fail("an object identifier ends early");
    return arcs.join(".");
  }

  #tag(): number {
    const first = this.#byte();
    if ((first & 31) !== 31) return first;
    let tag = first;
    for (let i = 1; ; i++) {
      const byte = this.#byte();
      if (i === 1 && byte === 0x80) this.fail("a tag has a byte too many");
      if (i === MAX_TAG_BYTES) this.fail("a tag is out of range");
      tag = tag * 256 + byte;
      if (byte >= 0x80) continue;
      if (i === 1 && byte < 31) this.fail("a tag has a byte too many");
      return tag;
    }
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0) this.fail("a length is indefinite");
    if (count > MAX_LENGTH_BYTES) this.fail("a length is out of range");
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#byte();
    if (length < 0x80 || length < 256 ** (count - 1)) this.fail("a length has a byte too many");
    return length;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) this.fail("ends early");
    this.#at++;
    return byte;
  }
}
