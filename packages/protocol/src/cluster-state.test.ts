import { toHex, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import {
  clusterRoot,
  compareWrites,
  derivePathKey,
  deriveStateKeys,
  openDelta,
  sealDelta,
  stateLeaf,
  statePath,
  stateSalt,
} from "./cluster-state.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const context = { genesisHash: fill(1), cluster: fill(2), version: 0 };
const keys = deriveStateKeys(fill(3), context);
const pathKey = derivePathKey(fill(3), context);
const delta = {
  genesisHash: fill(1),
  cluster: fill(2),
  keyVersion: 0,
  blockHash: fill(4),
  previousRoot: fill(5),
  newRoot: fill(6),
};
const writes = [{ contract: fill(7), key: utf8("key"), value: utf8("value") }];

function sealed(change: Partial<typeof delta> = {}, value = "value"): Uint8Array {
  const result = sealDelta(keys, { ...delta, ...change }, [
    { contract: fill(7), key: utf8("key"), value: utf8(value) },
  ]);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

test("replicas seal equal bytes, and only the context that sealed opens", () => {
  expect(toHex(sealed())).toBe(toHex(sealed()));
  expect(openDelta(keys, delta, sealed())).toEqual({ ok: true, value: writes });
});

test.each([
  ["chain", { genesisHash: fill(9) }],
  ["cluster", { cluster: fill(9) }],
  ["key version", { keyVersion: 1 }],
  ["block", { blockHash: fill(9) }],
  ["previous root", { previousRoot: fill(9) }],
  ["new root", { newRoot: fill(9) }],
])("a delta does not open for another %s", (_name, change) => {
  const refused = { ok: false, error: { code: "delta/not-opened" } };
  expect(openDelta(keys, { ...delta, ...change }, sealed())).toEqual(refused);
});

test("a delta does not open with another key, or when a byte changed", () => {
  const other = deriveStateKeys(fill(10), context);
  expect(openDelta(other, delta, sealed()).ok).toBe(false);
  for (let at = 0; at < 64; at += 5) {
    const changed = sealed();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(openDelta(keys, delta, changed).ok).toBe(false);
  }
});

test("two deltas share neither initialization vector nor keystream", () => {
  const [a, b] = [sealed(), sealed({}, "other")];
  expect(toHex(a.subarray(0, 16))).not.toBe(toHex(b.subarray(0, 16)));
  const common = a.subarray(16).filter((byte, i) => byte === b[16 + i]).length;
  expect(common).toBeLessThan(a.length / 20);
});

test("keys of every use, chain, cluster and version differ", () => {
  const all = [
    ...Object.values(keys),
    pathKey,
    ...Object.values(deriveStateKeys(fill(3), { ...context, version: 1 })),
    ...Object.values(deriveStateKeys(fill(3), { ...context, cluster: fill(9) })),
    ...Object.values(deriveStateKeys(fill(3), { ...context, genesisHash: fill(9) })),
  ].map(toHex);
  expect(new Set(all).size).toBe(all.length);
});

test("paths and leaves tell contracts, keys and values apart without lending their bytes", () => {
  const path = statePath(pathKey, fill(7), utf8("ab"));
  expect(toHex(path)).not.toBe(toHex(statePath(pathKey, fill(7), utf8("a"))));
  expect(toHex(path)).not.toBe(toHex(statePath(fill(9), fill(7), utf8("ab"))));
  const leaf = (value: string) => {
    const bytes = utf8(value);
    return toHex(stateLeaf(path, stateSalt(keys.saltKey, path, bytes), bytes));
  };
  expect(leaf("1")).not.toBe(leaf("2"));
  expect(leaf("1")).toBe(leaf("1"));
});

test("a root is of one chain, cluster, block and history", () => {
  const base = {
    genesisHash: fill(1),
    cluster: fill(2),
    blockHash: fill(3),
    previousRoot: fill(4),
  };
  const roots = [
    base,
    { ...base, genesisHash: fill(9) },
    { ...base, cluster: fill(9) },
    { ...base, blockHash: fill(9) },
    { ...base, previousRoot: fill(9) },
  ].map((one) => toHex(clusterRoot(one, fill(5))));
  expect(new Set([...roots, toHex(clusterRoot(base, fill(6)))]).size).toBe(6);
});

test("writes are ordered by path", () => {
  const many = Array.from({ length: 20 }, (_, i) => ({
    contract: fill(7),
    key: utf8(`key ${i}`),
    value: undefined,
  }));
  const sorted = [...many].sort(compareWrites(pathKey));
  const paths = sorted.map(({ contract, key }) => toHex(statePath(pathKey, contract, key)));
  expect(paths).toEqual([...paths].sort());
});
