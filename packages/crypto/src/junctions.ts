/** Junctions of a derivation path: `/soft//hard`. */
import { encode, str } from "@pha/scale";
import { blake2b256 } from "./hash.ts";

export interface Junction {
  readonly hard: boolean;
  /** 32 bytes. */
  readonly chainCode: Uint8Array;
}

/** Of a path that is well formed. */
export function junctionsOf(path: string): Junction[] {
  return Array.from(path.matchAll(/\/(\/?)([^/]+)/g), ([, slash, text]) => ({
    hard: slash === "/",
    chainCode: chainCodeOf(text ?? ""),
  }));
}

const U64_LIMIT = 2n ** 64n;

/** A number as u64, anything else as SCALE text; hashed when longer than 32 bytes. */
function chainCodeOf(text: string): Uint8Array {
  const out = new Uint8Array(32);
  const number = /^[0-9]{1,20}$/.test(text) ? BigInt(text) : U64_LIMIT;
  if (number < U64_LIMIT) {
    new DataView(out.buffer).setBigUint64(0, number, true);
    return out;
  }
  const encoded = encode(str, text);
  if (encoded.length > 32) return blake2b256(encoded);
  out.set(encoded);
  return out;
}
