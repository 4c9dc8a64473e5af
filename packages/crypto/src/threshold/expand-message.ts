/** `expand_message_xmd` with SHA-256: uniform bytes from a message, apart by domain separation tags. RFC 9380, 5.3.1. */
import { assert, concatBytes, utf8 } from "@pha/scale";
import { sha256 } from "../hash.ts";

const HASH_BYTES = 32;
const BLOCK_BYTES = 64;
const MAX_TAG_BYTES = 255;
const OVERSIZE = utf8("H2C-OVERSIZE-DST-");

/** @param length at most 255 hashes */
export function expandMessage(message: Uint8Array, tag: string, length: number): Uint8Array {
  const rounds = Math.ceil(length / HASH_BYTES);
  assert(rounds >= 1 && rounds <= 255, "a hash expands to at most 255 of its kind");
  const suffix = tagSuffix(utf8(tag));
  const first = sha256(
    concatBytes(
      new Uint8Array(BLOCK_BYTES),
      message,
      Uint8Array.of(length >> 8, length & 255, 0),
      suffix,
    ),
  );
  const blocks: Uint8Array[] = [];
  let previous = new Uint8Array(HASH_BYTES);
  for (let round = 1; round <= rounds; round++) {
    const mixed = previous.map((byte, i) => byte ^ (first[i] ?? 0));
    previous = Uint8Array.from(sha256(concatBytes(mixed, Uint8Array.of(round), suffix)));
    blocks.push(previous);
  }
  return concatBytes(...blocks).slice(0, length);
}

function tagSuffix(tag: Uint8Array): Uint8Array {
  assert(tag.length > 0, "a tag is not empty");
  const short = tag.length > MAX_TAG_BYTES ? sha256(concatBytes(OVERSIZE, tag)) : tag;
  return concatBytes(short, Uint8Array.of(short.length));
}
