/**
 * Names of blobs: CIDv1 of raw bytes under blake2b-256, so that every content-addressed store can keep and give them.
 *
 * The chain holds the digest alone; version, codec and hash function never differ.
 */
import { blake2b256 } from "@pha/crypto";
import { type CodecType, concatBytes, fail, ok, type Result, struct, u32 } from "@pha/scale";
import { Hash } from "./ids.ts";

/** Version 1, codec raw (0x55), multihash blake2b-256 (0xb220 as varint) of 32 bytes. */
const PREFIX = Uint8Array.of(0x01, 0x55, 0xa0, 0xe4, 0x02, 0x20);
const CID_BYTES = PREFIX.length + 32;
/** RFC 4648 base32, lower case, without padding: multibase `b`. */
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const CID_TEXT = 1 + Math.ceil((CID_BYTES * 8) / 5);

/** A blob as the chain announces it. */
export const BlobRef = struct(
  {
    /** blake2b-256 of the content. */
    digest: Hash,
    /** Exact length of the content. */
    bytes: u32,
  },
  { path: ["pha_protocol", "cid", "BlobRef"] },
);
export type BlobRef = CodecType<typeof BlobRef>;

export function blobRefOf(content: Uint8Array): BlobRef {
  return { digest: blake2b256(content), bytes: content.length };
}

export function cidBytes(digest: Uint8Array): Uint8Array {
  return concatBytes(PREFIX, digest);
}

/** As people and other stores write it: `bafk2bzace…`. */
export function cidText(digest: Uint8Array): string {
  let text = "b";
  let bits = 0;
  let held = 0;
  for (const byte of cidBytes(digest)) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(held >> bits) & 31];
    }
  }
  return bits > 0 ? text + BASE32[(held << (5 - bits)) & 31] : text;
}

export type CidError = { readonly code: "cid/malformed" | "cid/other-kind" };

/** The digest in a CID's text; only the one kind and the one writing that `cidText` makes. */
export function parseCid(text: string): Result<Uint8Array, CidError> {
  if (text.length > 128 || !/^b[a-z2-7]+$/.test(text)) return fail({ code: "cid/malformed" });
  const bytes = new Uint8Array(Math.floor(((text.length - 1) * 5) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of text.slice(1)) {
    held = ((held << 5) | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >> bits;
  }
  const isKind = text.length === CID_TEXT && PREFIX.every((byte, index) => bytes[index] === byte);
  if (!isKind) return fail({ code: "cid/other-kind" });
  const digest = bytes.slice(PREFIX.length);
  // Bits left over are zero, or two texts would name one blob.
  return cidText(digest) === text ? ok(digest) : fail({ code: "cid/malformed" });
}
