import { equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { type ChunkContext, deriveStateKeys, openChunk, sealChunk } from "./index.ts";
import { SEALED_CHUNK_BYTES, SNAPSHOT_CHUNK_BYTES } from "./snapshot.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const context: ChunkContext = {
  genesisHash: fill(1),
  cluster: fill(2),
  keyVersion: 1,
  index: 3,
  count: 4,
  root: fill(5),
};
const keys = deriveStateKeys(fill(6), { ...context, version: 1 });
const plaintext = new Uint8Array(SNAPSHOT_CHUNK_BYTES).map((_, i) => i);
const sealed = sealChunk(keys, context, plaintext);
const NOT_OPENED = { ok: false, error: { code: "snapshot/not-opened" } };

test("a chunk opens in its context, and is the same at every replica", () => {
  expect(sealed.length).toBe(SEALED_CHUNK_BYTES);
  const opened = openChunk(keys, context, sealed);
  expect(opened.ok && equalBytes(opened.value, plaintext)).toBe(true);
  expect(equalBytes(sealChunk(keys, context, plaintext), sealed)).toBe(true);
});

describe("a chunk does not open", () => {
  test.each<Partial<ChunkContext>>([
    { genesisHash: fill(9) },
    { cluster: fill(9) },
    { keyVersion: 2 },
    { index: 2 },
    { count: 5 },
    { root: fill(9) },
  ])("in another context: %o", (change) => {
    expect(openChunk(keys, { ...context, ...change }, sealed)).toEqual(NOT_OPENED);
  });

  test("under another state key, cut, longer or changed", () => {
    const other = deriveStateKeys(fill(7), { ...context, version: 1 });
    expect(openChunk(other, context, sealed)).toEqual(NOT_OPENED);
    expect(openChunk(keys, context, sealed.slice(0, -1))).toEqual(NOT_OPENED);
    expect(openChunk(keys, context, new Uint8Array(SEALED_CHUNK_BYTES + 1))).toEqual(NOT_OPENED);
    const changed = sealed.slice();
    changed[SEALED_CHUNK_BYTES - 1]! ^= 1;
    expect(openChunk(keys, context, changed)).toEqual(NOT_OPENED);
  });
});

test("two plaintexts in one context share no keystream", () => {
  const other = plaintext.slice();
  other[SNAPSHOT_CHUNK_BYTES - 1]! ^= 1;
  const again = sealChunk(keys, context, other);
  // Under one keystream the first bytes, which are equal, would be equal sealed.
  expect(again.slice(16, 64)).not.toEqual(sealed.slice(16, 64));
});
