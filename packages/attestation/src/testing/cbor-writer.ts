/** Writes CBOR and COSE for tests: what a test needs to be wrong is written by hand. */
import { concatBytes, utf8 } from "@pha/scale";
import { type CborValue, cborHead, isCborArray, isCborMap, isCborTag } from "../cose/cbor.ts";
import { parseSign1 } from "../cose/sign1.ts";
import type { Signer } from "./certificates.ts";

export function cbor(value: CborValue): Uint8Array {
  if (typeof value === "bigint")
    return value >= 0n ? cborHead(0, Number(value)) : cborHead(1, Number(-1n - value));
  if (typeof value === "string") return concatBytes(cborHead(3, utf8(value).length), utf8(value));
  if (value instanceof Uint8Array) return concatBytes(cborHead(2, value.length), value);
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (isCborArray(value)) return concatBytes(cborHead(4, value.length), ...value.map(cbor));
  if (isCborMap(value))
    return concatBytes(
      cborHead(5, value.size),
      ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)]),
    );
  if (isCborTag(value)) return concatBytes(cborHead(6, Number(value.tag)), cbor(value.content));
  throw new Error("no CBOR value");
}

/** Above what `cborHead` writes: milliseconds of today. */
export function cborU64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = 0x1b;
  new DataView(bytes.buffer).setBigUint64(1, value);
  return bytes;
}

export interface Sign1Input {
  readonly key: Signer;
  readonly payload: Uint8Array;
  /** Default: ES384. */
  readonly algorithm?: bigint;
  /** Default: only the algorithm. */
  readonly header?: CborValue;
  readonly unprotected?: CborValue;
}

/** A signed message without its tag. */
export function sign1(input: Sign1Input): Uint8Array {
  const { key, payload, algorithm = -35n } = input;
  const header = cbor(input.header ?? new Map([[1n, algorithm]]));
  const size = algorithm === -35n ? 96 : 64;
  const message = (signature: Uint8Array) =>
    cbor([header, input.unprotected ?? new Map(), payload, signature]);
  const parsed = parseSign1(message(new Uint8Array(size)));
  return message(parsed.ok ? key.signRaw(parsed.value.signed) : new Uint8Array(size));
}
