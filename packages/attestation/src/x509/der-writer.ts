/** Writes DER: elements of what is given, without a look at whether they make sense together. */
import { concatBytes, utf8 } from "@pha/scale";
import { generalizedTimeText } from "./time.ts";

export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...contents);
  const tagBytes: number[] = [];
  for (let rest = tag; rest > 0; rest = Math.floor(rest / 256)) tagBytes.unshift(rest % 256);
  const length: number[] = [];
  if (content.length < 128) length.push(content.length);
  else {
    for (let rest = content.length; rest > 0; rest >>= 8) length.unshift(rest & 255);
    length.unshift(0x80 | length.length);
  }
  return concatBytes(Uint8Array.from([...tagBytes, ...length]), content);
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => element(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Uint8Array => element(0x31, ...parts);
export const explicit = (number: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  element(0xa0 | number, ...parts);
export const octets = (bytes: Uint8Array): Uint8Array => element(4, bytes);
export const bits = (bytes: Uint8Array): Uint8Array => element(3, Uint8Array.of(0), bytes);
export const truth = (value: boolean): Uint8Array => element(1, Uint8Array.of(value ? 255 : 0));
export const nothing = (): Uint8Array => element(5);

/** Of a magnitude, big-endian. */
export function unsignedBytes(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const trimmed = magnitude.subarray(start);
  return element(2, (trimmed[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0), trimmed);
}

export function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256))
    bytes.unshift(rest % 256);
  return unsignedBytes(Uint8Array.from(bytes));
}

export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 127];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left % 128) | 128);
    return groups;
  });
  return element(6, Uint8Array.from(bytes));
}

/** A name of one common name, or of the attribute given. */
export function name(text: string, type = "2.5.4.3"): Uint8Array {
  return sequence(set(sequence(oid(type), element(12, utf8(text)))));
}

/** GeneralizedTime of Unix milliseconds. */
export function time(at: bigint): Uint8Array {
  return element(0x18, utf8(generalizedTimeText(at)));
}

/** UTCTime of Unix milliseconds, from 1950 to 2049. */
export function utcTime(at: bigint): Uint8Array {
  return element(0x17, utf8(generalizedTimeText(at).slice(2)));
}
