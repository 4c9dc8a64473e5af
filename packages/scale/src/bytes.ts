/** Byte helpers used at the edges: hex text, concatenation, comparison. */
import { fail, ok, type Result } from "./result.ts";

/** Character codes of the digits. */
const DIGITS = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
/** Bytes whose characters are made by one native call, so that the text of an id is one piece and leaves no others. */
const HEX_CHUNK = 512;

/** `0x`-prefixed lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from === 0 || from < bytes.length; from += HEX_CHUNK)
    text += hexOf(bytes, from, from === 0 ? "0x" : "");
  return text;
}

function hexOf(bytes: Uint8Array, from: number, prefix: string): string {
  const to = Math.min(bytes.length, from + HEX_CHUNK);
  const codes = new Array<number>(prefix.length + 2 * (to - from));
  let at = 0;
  for (; at < prefix.length; at++) codes[at] = prefix.charCodeAt(at);
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    codes[at++] = DIGITS[byte >> 4] ?? 0;
    codes[at++] = DIGITS[byte & 15] ?? 0;
  }
  return String.fromCharCode(...codes);
}

export interface HexError {
  readonly code: "scale/bad-hex";
  readonly reason: "odd-length" | "bad-digit" | "too-long";
}

/** Bytes of hex text, with or without `0x`; at most `maxBytes` long (default 64 MiB). */
export function parseHex(text: string, maxBytes = 64 << 20): Result<Uint8Array, HexError> {
  const start = text.startsWith("0x") ? 2 : 0;
  const digits = text.length - start;
  if (digits % 2 !== 0) return fail({ code: "scale/bad-hex", reason: "odd-length" });
  if (digits / 2 > maxBytes) return fail({ code: "scale/bad-hex", reason: "too-long" });
  const bytes = new Uint8Array(digits / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = digitOf(text.charCodeAt(start + 2 * i));
    const low = digitOf(text.charCodeAt(start + 2 * i + 1));
    if (high < 0 || low < 0) return fail({ code: "scale/bad-hex", reason: "bad-digit" });
    bytes[i] = (high << 4) | low;
  }
  return ok(bytes);
}

/** Bytes of hex text written in our own source; throws `AssertionError` when it is not hex. */
export function fromHex(text: string): Uint8Array {
  const parsed = parseHex(text);
  if (!parsed.ok) throw new Error(`not hex (${parsed.error.reason}): ${text.slice(0, 40)}`);
  return parsed.value;
}

function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}

/** Memory that small byte strings share, unless an allocator has a size of its own. */
const CHUNK_BYTES = 8192;

/** Gives bytes, all zero. */
export type Allocator = (length: number) => Uint8Array;

/**
 * Bytes out of memory that small ones share, each with a part of its own.
 *
 * An engine gives every array of more than 64 bytes memory of its own, at the price of several hashes of it. Shared memory
 * stays as long as anything in it does: what lives long and what does not come from different allocators, and a chunk of
 * those whose bytes live long is small, because one of them may be all that is left of it.
 *
 * @param chunkBytes of memory at a time; strings of more than an eighth of it, which would leave much of it unused, share none
 */
export function createAllocator(chunkBytes: number = CHUNK_BYTES): Allocator {
  const largest = chunkBytes >> 3;
  let chunk = new ArrayBuffer(0);
  let used = 0;
  return (length) => {
    if (length > largest) return new Uint8Array(length);
    if (used + length > chunk.byteLength) {
      // The first is small: a contract's call begins anew, and mostly writes little.
      chunk = new ArrayBuffer(chunk.byteLength === 0 ? largest : chunkBytes);
      used = 0;
    }
    const at = used;
    // Whole words: copies between aligned places are quicker.
    used = (at + length + 7) & ~7;
    return new Uint8Array(chunk, at, length);
  };
}

/** Bytes that do not stay for long. */
export const allocateBytes: Allocator = createAllocator();

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += parts[i]?.length ?? 0;
  const out = allocateBytes(length);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part === undefined) continue;
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * The same memory without a subclass.
 *
 * A Node `Buffer` is a `Uint8Array` whose `slice` is a view: who takes it for a copy and writes to it changes the
 * original.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Not constant-time: for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lexicographic order: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** UTF-8 of text; lone surrogates become U+FFFD, as the encoding standard says. */
export function utf8(text: string): Uint8Array {
  const out: number[] = [];
  for (const char of text) {
    let point = char.codePointAt(0) ?? 0;
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x80) out.push(point);
    else if (point < 0x800) out.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000)
      out.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else
      out.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 63),
        0x80 | ((point >> 6) & 63),
        0x80 | (point & 63),
      );
  }
  return Uint8Array.from(out);
}

/** Text of strict UTF-8; `undefined` for overlong forms, surrogates, truncation and stray bytes. */
export function utf8ToText(bytes: Uint8Array): string | undefined {
  let text = "";
  let i = 0;
  while (i < bytes.length) {
    const first = bytes[i++] ?? 0;
    let point = first;
    if (first >= 0x80) {
      const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
      if (first < 0xc2 || first > 0xf4 || i + more > bytes.length) return undefined;
      point = first & (0x3f >> more);
      for (let k = 0; k < more; k++) {
        const next = bytes[i++] ?? 0;
        if ((next & 0xc0) !== 0x80) return undefined;
        point = (point << 6) | (next & 63);
      }
      const least = more === 3 ? 0x10000 : more === 2 ? 0x800 : 0x80;
      if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return undefined;
    }
    text += String.fromCodePoint(point);
  }
  return text;
}
