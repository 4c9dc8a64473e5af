/**
 * Text to bytes and back by the engine's native functions: a loop over characters would cost fuel for each.
 *
 * Anything but plain ASCII takes the strict conversions of `@pha/scale`; the results are equal.
 */
import { assert, type Codec, DecodeFailure, str, utf8, utf8ToText } from "@pha/scale";

/** Characters that the native way converts; others, such as zero bytes, are rare and take the other. */
const OTHER_THAN_PLAIN = /[^\t\n\r -~]/;
const BEYOND_ASCII = /[\u0080-\uffff]/;
/** Arguments of one native call. */
const CHUNK = 1024;

let encodePlain: ((text: string) => Uint8Array | undefined) | undefined;

/** The engine's own conversion of plain ASCII; `undefined` where it cannot. */
export function setPlainEncoder(encoder: (text: string) => Uint8Array | undefined): void {
  encodePlain = encoder;
}

export function textToBytes(text: string): Uint8Array {
  if (encodePlain === undefined || OTHER_THAN_PLAIN.test(text)) return utf8(text);
  return encodePlain(text) ?? utf8(text);
}

/** Nothing for bytes that are no strict UTF-8. */
export function bytesToText(bytes: Uint8Array): string | undefined {
  const text = latin1(bytes);
  return BEYOND_ASCII.test(text) ? utf8ToText(bytes) : text;
}

/** One character for each byte. */
export function latin1(bytes: Uint8Array): string {
  if (bytes.length <= CHUNK) return Reflect.apply(String.fromCharCode, undefined, bytes);
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, at + CHUNK));
  return text;
}

/** Text of at most `maxBytes` bytes of UTF-8; encoded as `str`, and cheaper in a contract. */
export function text(maxBytes: number): Codec<string> {
  return {
    ...str,
    write(w, v) {
      const encoded = textToBytes(v);
      assert(encoded.length <= maxBytes, `text has at most ${maxBytes} bytes`);
      w.compact(encoded.length);
      w.raw(encoded);
    },
    read(r) {
      const length = r.count(1);
      if (length > maxBytes) throw new DecodeFailure("too-long");
      const decoded = bytesToText(r.raw(length));
      if (decoded === undefined) throw new DecodeFailure("bad-utf8");
      return decoded;
    },
  };
}
