/**
 * Block headers and their digests, byte for byte as Substrate encodes them.
 *
 * A block's hash is BLAKE2b-256 of the encoded header. Decoding is strict, so bytes that decode are the only encoding
 * of their header and may be hashed as they came.
 *
 * **Bounds**: a header is at most `maxBytes` long (default `MAX_HEADER_BYTES`); items are bounded by the input.
 * **Trust**: bytes come from peers. **Not here**: what engines put into digest items (`babe/`, `grandpa/`).
 */
import { blake2b256 } from "@pha/crypto";
import {
  assert,
  bytes,
  type Codec,
  compact,
  type DecodeError,
  DecodeFailure,
  decode,
  encode,
  fail,
  fixedBytes,
  mapCodec,
  type Reader,
  type Result,
  struct,
  tuple,
  u32,
  unit,
  variant,
  variants,
  vec,
  type Writer,
} from "@pha/scale";

/** Room for the two authority lists of a chain with 2,000 validators, and some more. */
export const MAX_HEADER_BYTES = 256 << 10;

/** Content of a digest item that belongs to a consensus engine. */
export interface EngineData {
  /** Engine id, four characters, one per byte: `BABE`, `FRNK`, `aura`. */
  readonly engine: string;
  readonly data: Uint8Array;
}

export type DigestItem =
  | { readonly type: "Other"; readonly value: Uint8Array }
  | { readonly type: "Consensus"; readonly value: EngineData }
  | { readonly type: "Seal"; readonly value: EngineData }
  | { readonly type: "PreRuntime"; readonly value: EngineData }
  | { readonly type: "RuntimeEnvironmentUpdated"; readonly value: undefined };

export interface Header {
  /** 32 bytes; zero in the genesis header. */
  readonly parentHash: Uint8Array;
  readonly number: number;
  /** 32 bytes. */
  readonly stateRoot: Uint8Array;
  /** 32 bytes. */
  readonly extrinsicsRoot: Uint8Array;
  readonly digest: readonly DigestItem[];
}

export interface HeaderTooLong {
  readonly code: "header/too-long";
  readonly length: number;
  readonly maxBytes: number;
}
export type HeaderError = DecodeError | HeaderTooLong;

const engineId: Codec<string> = mapCodec(
  fixedBytes(4),
  (id) => String.fromCharCode(...id),
  (id) => {
    assert(id.length === 4, "an engine id has four characters");
    return Uint8Array.from(id, (char) => char.charCodeAt(0));
  },
);

const engineData: Codec<EngineData> = mapCodec(
  tuple(engineId, bytes),
  ([engine, data]) => ({ engine, data }),
  ({ engine, data }): [string, Uint8Array] => [engine, data],
);

export const DigestItem: Codec<DigestItem> = variants(
  {
    Other: variant(0, bytes),
    Consensus: variant(4, engineData),
    Seal: variant(5, engineData),
    PreRuntime: variant(6, engineData),
    RuntimeEnvironmentUpdated: variant(8, unit),
  },
  { path: ["sp_runtime", "generic", "digest", "DigestItem"] },
);

const digestItems = vec(DigestItem);
const hash = fixedBytes(32);
const number = compact(u32);

/** Straight-line: a light client reads thousands of these in a second. */
export const Header: Codec<Header> = {
  shape: struct(
    {
      parentHash: hash,
      number,
      stateRoot: hash,
      extrinsicsRoot: hash,
      digest: struct(
        { logs: digestItems },
        { path: ["sp_runtime", "generic", "digest", "Digest"] },
      ),
    },
    { path: ["sp_runtime", "generic", "header", "Header"] },
  ).shape,
  minBytes: 98,
  write(writer, value) {
    writeRoots(writer, value);
    digestItems.write(writer, value.digest);
  },
  read(reader) {
    return {
      parentHash: reader.raw(32),
      number: reader.compact(),
      stateRoot: reader.raw(32),
      extrinsicsRoot: reader.raw(32),
      digest: readDigest(reader),
    };
  },
};

export function encodeHeader(header: Header): Uint8Array {
  return encode(Header, header);
}

/** The decoded byte strings are views of `bytes`. */
export function decodeHeader(
  bytes: Uint8Array,
  { maxBytes = MAX_HEADER_BYTES }: { readonly maxBytes?: number } = {},
): Result<Header, HeaderError> {
  if (bytes.length > maxBytes)
    return fail({ code: "header/too-long", length: bytes.length, maxBytes });
  return decode(Header, bytes);
}

/** BLAKE2b-256 of the encoded header, 32 bytes. */
export function headerHash(header: Header): Uint8Array {
  return blake2b256(encodeHeader(header));
}

function writeRoots(writer: Writer, header: Header): void {
  hash.write(writer, header.parentHash);
  number.write(writer, header.number);
  hash.write(writer, header.stateRoot);
  hash.write(writer, header.extrinsicsRoot);
}

function readDigest(reader: Reader): readonly DigestItem[] {
  const count = reader.count(1);
  const items: DigestItem[] = [];
  for (let i = 0; i < count; i++) items.push(readItem(reader));
  return items;
}

function readItem(reader: Reader): DigestItem {
  switch (reader.u8()) {
    case 0:
      return { type: "Other", value: reader.raw(reader.count(1)) };
    case 4:
      return { type: "Consensus", value: readEngineData(reader) };
    case 5:
      return { type: "Seal", value: readEngineData(reader) };
    case 6:
      return { type: "PreRuntime", value: readEngineData(reader) };
    case 8:
      return { type: "RuntimeEnvironmentUpdated", value: undefined };
    default:
      throw new DecodeFailure("unknown-variant");
  }
}

function readEngineData(reader: Reader): EngineData {
  const engine = String.fromCharCode(reader.u8(), reader.u8(), reader.u8(), reader.u8());
  return { engine, data: reader.raw(reader.count(1)) };
}
