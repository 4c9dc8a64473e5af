/**
 * Version that a runtime artefact carries: the custom section `runtime_version` of its Wasm.
 *
 * **Bounds**: sections are walked once; nothing is allocated. **Trust**: root hands in the code; a mistake must not
 * take the chain.
 */
import { RuntimeVersion } from "@pha/frame";
import { DecodeFailure, decode, Reader, utf8ToText } from "@pha/scale";

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION = "runtime_version";

export function versionOfCode(
  code: Uint8Array,
): { readonly specName: string; readonly specVersion: number } | undefined {
  const section = customSection(code, SECTION);
  if (section === undefined) return undefined;
  const version = decode(RuntimeVersion, section);
  return version.ok ? version.value : undefined;
}

function customSection(code: Uint8Array, wanted: string): Uint8Array | undefined {
  if (MAGIC.some((byte, i) => code[i] !== byte)) return undefined;
  const reader = new Reader(code);
  reader.offset = MAGIC.length;
  try {
    while (reader.remaining > 0) {
      const id = reader.u8();
      const body = new Reader(reader.raw(leb128(reader)));
      if (id !== 0) continue;
      const name = utf8ToText(body.raw(leb128(body)));
      if (name === wanted) return body.raw(body.remaining);
    }
  } catch (error) {
    if (!(error instanceof DecodeFailure)) throw error;
  }
  return undefined;
}

/** Unsigned LEB128 of at most 32 bits. */
function leb128(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.u8();
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return value;
  }
  throw new DecodeFailure("out-of-range");
}
