import { blake2b256 } from "@pha/crypto";
import { toHex, utf8 } from "@pha/scale";
import { base32 } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import * as Digest from "multiformats/hashes/digest";
import { describe, expect, test } from "vitest";
import { blobRefOf, cidBytes, cidText, parseCid } from "./cid.ts";

const BLAKE2B_256 = 0xb220;
const contents = ["", "a", "delta", "x".repeat(5000)].map(utf8);
const digests = contents.map(blake2b256);

describe("beside the multiformats package", () => {
  test.each(digests)("bytes and text are its own: %#", (digest) => {
    const cid = CID.create(1, raw.code, Digest.create(BLAKE2B_256, digest));
    expect(toHex(cidBytes(digest))).toBe(toHex(cid.bytes));
    expect(cidText(digest)).toBe(cid.toString(base32));
    const read = CID.parse(cidText(digest));
    expect([read.version, read.code, read.multihash.code]).toEqual([1, raw.code, BLAKE2B_256]);
    expect(parseCid(cid.toString())).toEqual({ ok: true, value: digest });
  });
});

test("a reference has digest and length", () => {
  expect(blobRefOf(utf8("delta"))).toEqual({ digest: blake2b256(utf8("delta")), bytes: 5 });
});

const digest = digests[2]!;
const text = cidText(digest);
/** Of other codecs and hash functions, and another version. */
const others = [
  CID.create(1, 0x70, Digest.create(BLAKE2B_256, digest)).toString(),
  CID.create(1, raw.code, Digest.create(0x12, digest)).toString(),
  CID.create(1, raw.code, Digest.create(BLAKE2B_256, digest.slice(1))).toString(),
];

test.each([...others, text.slice(0, -1), `${text}a`])("another kind of CID: %s", (other) => {
  expect(parseCid(other)).toEqual({ ok: false, error: { code: "cid/other-kind" } });
});

/** Sets a bit that no byte holds. */
const loose = text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);

test.each([
  "",
  "b",
  text.toUpperCase(),
  `z${text.slice(1)}`,
  `${text}=`,
  CID.create(0, 0x70, Digest.create(0x12, digest)).toString(),
  "b".repeat(129),
  loose,
])("no CID of ours: %s", (other) => {
  expect(parseCid(other)).toEqual({ ok: false, error: { code: "cid/malformed" } });
});
