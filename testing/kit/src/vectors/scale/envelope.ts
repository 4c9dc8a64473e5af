/** What every extrinsic has around its call, whatever the chain. */
import assert from "node:assert/strict";
import { Era, MultiSignature } from "@pha/frame";
import { Reader } from "@pha/scale";

export interface Envelope {
  readonly hasLength: boolean;
  /** 32 bytes; absent when unsigned or when the address is no account. */
  readonly signer: Uint8Array | undefined;
  readonly signature: MultiSignature | undefined;
  readonly era: Era | undefined;
  readonly nonce: number | undefined;
  readonly tip: bigint | undefined;
  /** What follows the tip: further extensions of the chain, then the call. */
  readonly rest: Uint8Array;
}

const UNSIGNED = {
  hasLength: true,
  signer: undefined,
  signature: undefined,
  era: undefined,
  nonce: undefined,
  tip: undefined,
};

/** Formats 1 to 3 came before signatures named their scheme; 5 is signed in its extensions. */
const CURRENT_FORMAT = 4;
const NEWEST_FORMAT = 5;

/**
 * Reads `bytes`, length prefix first. Throws on malformed input.
 *
 * @param mayLackLength whether the length may be absent, as on the first chains
 */
export function readEnvelope(bytes: Uint8Array, mayLackLength = false): Envelope {
  const reader = new Reader(bytes);
  const hasLength = skipLength(reader, mayLackLength);
  const version = reader.u8();
  const format = version & 0x3f;
  assert(format >= 1 && format <= NEWEST_FORMAT, `format ${format} is known`);
  if ((version & 0x80) === 0) {
    assert(reader.remaining > 0, "a call follows");
    return { ...UNSIGNED, hasLength, rest: bytes.subarray(reader.offset) };
  }
  if (format < CURRENT_FORMAT) return { ...readOldSigned(bytes, reader), hasLength };
  const signer = readAddress(reader);
  const signature = MultiSignature.read(reader);
  const era = Era.read(reader);
  const nonce = reader.compact();
  const tip = reader.compactBig(128);
  assert(reader.remaining > 0, "a call follows");
  return { hasLength, signer, signature, era, nonce, tip, rest: bytes.subarray(reader.offset) };
}

function skipLength(reader: Reader, mayLackLength: boolean): boolean {
  const fits = reader.compact() === reader.remaining;
  assert(fits || (mayLackLength && reader.bytes[0] === 1), "the length prefix fits");
  if (!fits) reader.offset = 0;
  return fits;
}

/** Account and bare signature; what follows has another order and is left alone. */
function readOldSigned(bytes: Uint8Array, reader: Reader): Envelope {
  const signer = readAddress(reader);
  reader.raw(64);
  assert(reader.remaining > 0, "a call follows");
  return { ...UNSIGNED, signer, rest: bytes.subarray(reader.offset) };
}

/** Address forms of two generations: tagged, and the older one that begins with 0xff or an index. */
function readAddress(reader: Reader): Uint8Array | undefined {
  const first = reader.u8();
  switch (first) {
    case 0:
    case 0xff:
    case 3:
      return reader.raw(32);
    case 1:
      reader.compact();
      return undefined;
    case 2:
      reader.raw(reader.count(1));
      return undefined;
    default:
      assert.equal(first, 4, "a known form of address");
      reader.raw(20);
      return undefined;
  }
}

/** The same for chains of the years when an address was the account itself. */
export function readBareAccountEnvelope(bytes: Uint8Array): Envelope {
  const reader = new Reader(bytes);
  assert.equal(reader.compact(), reader.remaining, "the length prefix fits");
  assert.equal(reader.u8(), 0x84, "signed, format 4");
  const signer = reader.raw(32);
  const signature = MultiSignature.read(reader);
  const era = Era.read(reader);
  const nonce = reader.compact();
  const tip = reader.compactBig(128);
  return {
    hasLength: true,
    signer,
    signature,
    era,
    nonce,
    tip,
    rest: bytes.subarray(reader.offset),
  };
}
