import { compareBytes } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createClusterStorage } from "./cluster-storage.ts";
import { MAX_CALL_WRITE_BYTES } from "./engine.ts";

const key = fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 });
const write = fc.record({
  key,
  value: fc.option(fc.uint8Array({ maxLength: 4 }), { nil: undefined }),
});
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("reads and scans agree with a plain map under random loads, calls and own writes", () => {
  fc.assert(
    fc.property(
      fc.array(write, { maxLength: 30 }),
      fc.array(write, { maxLength: 30 }),
      fc.array(write, { maxLength: 15 }),
      fc.uint8Array({ maxLength: 2, max: 3 }),
      fc.boolean(),
      (loads, kept, own, prefix, scanEarly) => {
        const storage = createClusterStorage();
        const model = new Map<string, { key: Uint8Array; value: Uint8Array }>();
        const apply = (w: { key: Uint8Array; value: Uint8Array | undefined }) => {
          if (w.value) model.set(text(w.key), { key: w.key, value: w.value });
          else model.delete(text(w.key));
        };
        for (const { key, value } of loads)
          if (value) {
            storage.load("c", key, value);
            apply({ key, value });
          }
        // A scan builds the order that later writes must keep.
        if (scanEarly) storage.open("c", "top").scan(prefix, undefined, 1000);
        storage.keep("c", kept);
        for (const w of kept) apply(w);
        const call = storage.open("c", "top");
        for (const w of own) {
          expect(call.write(w.key, w.value)).toBeUndefined();
          apply(w);
        }
        const wanted = [...model.values()]
          .filter((entry) => text(entry.key).startsWith(text(prefix)))
          .sort((a, b) => compareBytes(a.key, b.key));
        const found: { key: Uint8Array; value: Uint8Array }[] = [];
        for (let after: Uint8Array | undefined; ; ) {
          const page = call.scan(prefix, after, 30);
          if (page.length === 0) break;
          found.push(...page);
          after = page.at(-1)?.key;
        }
        expect(found).toEqual(wanted);
        for (const entry of model.values()) expect(call.get(entry.key)).toEqual(entry.value);
      },
    ),
    { numRuns: 200 },
  );
});

test("the base follows only when a job is final", () => {
  const storage = createClusterStorage();
  const writes = [{ key: Uint8Array.of(1), value: Uint8Array.of(2) }];
  storage.keep("c", writes);
  expect(storage.open("c", "base").get(Uint8Array.of(1))).toBeUndefined();
  storage.finalize("c", writes);
  expect(storage.open("c", "base").get(Uint8Array.of(1))).toEqual(Uint8Array.of(2));
});

test("a call's writes are bounded, and rewriting a key does not count twice", () => {
  const call = createClusterStorage().open("c", "top");
  const value = new Uint8Array(60_000);
  expect(call.write(Uint8Array.of(1), value)).toBeUndefined();
  expect(call.write(Uint8Array.of(1), value)).toBeUndefined();
  expect(call.write(Uint8Array.of(2), value)).toBe("contract/too-many-writes");
  expect(MAX_CALL_WRITE_BYTES).toBeLessThan(120_000);
});

test("a full state refuses more, and deleting makes room", () => {
  const storage = createClusterStorage();
  const value = new Uint8Array(64 << 10);
  let filled = 0;
  for (; ; filled++) {
    const key = Uint8Array.of(filled >> 8, filled & 255);
    const call = storage.open("c", "top");
    if (call.write(key, value) !== undefined) break;
    storage.keep("c", call.writes());
  }
  expect(filled).toBe(2029);
  expect(storage.open("c", "top").write(Uint8Array.of(1), value)).toBe("contract/state-full");
  const call = storage.open("c", "top");
  expect(call.write(Uint8Array.of(0, 0), undefined)).toBeUndefined();
  storage.keep("c", call.writes());
  expect(storage.open("c", "top").write(Uint8Array.of(1), value)).toBeUndefined();
});

test("entries without content count too: a state of them is bounded as the core bounds it", () => {
  const storage = createClusterStorage();
  const value = new Uint8Array(64 << 10);
  const LARGE = 2_000;
  for (let i = 0; i < LARGE; i++) storage.load("c", keyOf(1 << 24, i), value);
  let entries = 0;
  let last: string | undefined;
  while (last === undefined) {
    const call = storage.open("c", "top");
    for (let i = 0; i < 1_000 && last === undefined; i++) {
      last = call.write(keyOf(0, entries), new Uint8Array(0));
      if (last === undefined) entries += 1;
    }
    storage.keep("c", call.writes());
  }
  expect(last).toBe("contract/state-full");
  expect(entries).toBeGreaterThan(20_000);
  // The core counts 64 bytes beside key and value, and stops pRuntime at 128 MiB.
  const counted = LARGE * (value.length + 4 + 64) + entries * (4 + 64);
  expect(counted).toBeLessThan(128 << 20);
  // Without the 64 bytes ten times as many would have been taken, and the core would have stopped.
  const more = Math.floor((127 * (1 << 20) - LARGE * (value.length + 4)) / 4);
  expect(LARGE * (value.length + 68) + more * 68).toBeGreaterThan(128 << 20);
});

function keyOf(high: number, low: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, high + low);
  return key;
}
