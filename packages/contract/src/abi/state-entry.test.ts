import { encode, u32, u64, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { readStateEntry } from "./state-entry.ts";

const state = [
  { name: "counts", kind: "secret-map", docs: "", key: { fixed: 2 }, value: "u64" },
  { name: "marks", kind: "secret-set", docs: "", key: "u32" },
  { name: "note", kind: "public-value", docs: "", value: "str" },
] as const;

const read = (key: readonly number[], value: Uint8Array) =>
  readStateEntry({ state }, { key: Uint8Array.from(key), value });

test("an entry is read by the types of its cell", () => {
  expect(read([0, 1, 2], encode(u64, 5n))).toEqual({
    ok: true,
    value: { cell: "counts", key: "0x0102", value: "5" },
  });
  expect(read([1, ...encode(u32, 7)], new Uint8Array(0))).toEqual({
    ok: true,
    value: { cell: "marks", key: 7, value: undefined },
  });
  expect(read([2], Uint8Array.of(8, ...utf8("ab")))).toEqual({
    ok: true,
    value: { cell: "note", key: undefined, value: "ab" },
  });
});

test.each<readonly [what: string, key: readonly number[], value: Uint8Array]>([
  ["no cell", [3], new Uint8Array(0)],
  ["no key at all", [], new Uint8Array(0)],
  ["a key that is too short", [0, 1], encode(u64, 5n)],
  ["a key that is too long", [0, 1, 2, 3], encode(u64, 5n)],
  ["a key where there is none", [2, 0], Uint8Array.of(0)],
  ["a value of another type", [0, 1, 2], encode(u32, 5)],
  ["a value where there is none", [1, 0, 0, 0, 0], Uint8Array.of(1)],
])("%s is an entry of other code", (_, key, value) => {
  expect(read(key, value)).toEqual({ ok: false, error: { code: "abi/other-state" } });
});
