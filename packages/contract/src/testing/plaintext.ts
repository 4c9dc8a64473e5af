/** Search for a value that must not be found. */
import { utf8 } from "@pha/scale";

export type Plaintext = string | Uint8Array | number | bigint;

/** Shorter forms occur by chance. */
const MIN_BYTES = 4;

export interface Form {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Byte forms under which the value could lie about. */
export function formsOf(value: Plaintext): readonly Form[] {
  const forms =
    typeof value === "string"
      ? [
          { name: "text", bytes: utf8(value) },
          { name: "UTF-16", bytes: utf16(value) },
        ]
      : value instanceof Uint8Array
        ? [{ name: "bytes", bytes: value }]
        : [
            { name: "number", bytes: littleEndian(BigInt(value)) },
            { name: "decimal text", bytes: utf8(value.toString()) },
          ];
  const usable = forms.filter(({ bytes }) => bytes.length >= MIN_BYTES);
  if (usable.length === 0) throw new Error("a value of fewer than four bytes occurs by chance");
  return usable;
}

/** @throws Error that names form and place */
export function findPlaintext(forms: readonly Form[], hay: Uint8Array, place: string): void {
  for (const { name, bytes } of forms)
    if (contains(hay, bytes)) throw new Error(`the value was found as ${name} in ${place}`);
}

function contains(hay: Uint8Array, needle: Uint8Array): boolean {
  const first = needle[0] ?? 0;
  for (let at = hay.indexOf(first); at >= 0; at = hay.indexOf(first, at + 1)) {
    if (at + needle.length > hay.length) return false;
    if (needle.every((byte, i) => hay[at + i] === byte)) return true;
  }
  return false;
}

function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
  return bytes;
}

/** Without leading zeros. */
function littleEndian(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 8n)
    bytes.push(Number(rest & 255n));
  return Uint8Array.from(bytes);
}
