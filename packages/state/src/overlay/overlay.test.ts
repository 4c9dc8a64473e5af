import { env } from "node:process";
import { compareBytes, toHex } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryNodes } from "../store/memory-nodes.ts";
import { applyChanges } from "../trie/apply-changes.ts";
import { EMPTY_ROOT, openTrie } from "../trie/trie.ts";
import { createOverlay, type OverlayBackend } from "./overlay.ts";

/** Drawn anew in every run; `npm run test:long` draws more. */
const RUNS = env["PHA_LONG"] === "1" ? 1_000 : 300;

const key = fc
  .array(fc.constantFrom(0, 1, 0x7f, 0xff), { maxLength: 4 })
  .map((list) => Uint8Array.from(list));
const value = fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined });

type Step =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array | undefined }
  | { readonly type: "clear"; readonly prefix: Uint8Array }
  | { readonly type: "begin" | "commit" | "rollback" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("put" as const), key, value }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("clear" as const), prefix: key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom("begin" as const, "commit" as const, "rollback" as const),
    }),
  },
);

describe("createOverlay", () => {
  test("agrees with copies of a map, over a trie, at every step", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, fc.uint8Array({ maxLength: 3 })), { maxLength: 8 }),
        fc.array(step, { maxLength: 30 }),
        fc.array(key, { maxLength: 3 }),
        (start, steps, asked) => {
          const nodes = new MemoryNodes();
          const first = openTrie({ root: EMPTY_ROOT, version: 1, nodes });
          const { trie, inserted } = applyChanges(first, start);
          nodes.insert(inserted);
          const overlay = createOverlay(trie);
          let model = new Map<string, Uint8Array>(start.map(([k, v]) => [toHex(k), v]));
          const saved: Map<string, Uint8Array>[] = [];
          for (const one of steps) {
            if (one.type === "put") {
              overlay.put(one.key, one.value);
              if (one.value === undefined) model.delete(toHex(one.key));
              else model.set(toHex(one.key), one.value);
            } else if (one.type === "clear") {
              const hit = [...model.keys()].filter((k) => k.startsWith(toHex(one.prefix)));
              expect(overlay.clearPrefix(one.prefix)).toBe(hit.length);
              for (const k of hit) model.delete(k);
            } else if (one.type === "begin") {
              overlay.begin();
              saved.push(new Map(model));
            } else if (saved.length > 0) {
              const before = saved.pop()!;
              if (one.type === "rollback") model = before;
              overlay[one.type]();
            }
            expect(overlay.depth()).toBe(saved.length);
            for (const k of asked) {
              expect(overlay.get(k)).toEqual(model.get(toHex(k)));
              const names = [...model.keys()].sort();
              const next = overlay.nextKey(k);
              expect(next && toHex(next)).toBe(names.find((name) => name > toHex(k)));
              expect(overlay.keys(k).map(toHex)).toEqual(
                names.filter((name) => name.startsWith(toHex(k))),
              );
            }
          }
          const changes = overlay.changes();
          for (let i = 1; i < changes.length; i++)
            expect(compareBytes(changes[i - 1]![0], changes[i]![0])).toBeLessThan(0);
          const expected = [...model].map(([k, v]) => [Buffer.from(k.slice(2), "hex"), v] as const);
          expect(toHex(applyChanges(trie, changes).root)).toBe(
            toHex(applyChanges(first, expected).root),
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("a rolled back transaction leaves no trace, whatever was committed inside it", () => {
    const overlay = createOverlay({ get: () => undefined });
    overlay.put(Uint8Array.of(1), Uint8Array.of(1));
    const before = overlay.changes();
    overlay.begin();
    overlay.put(Uint8Array.of(1), undefined);
    overlay.begin();
    overlay.put(Uint8Array.of(1), Uint8Array.of(2));
    overlay.put(Uint8Array.of(2), Uint8Array.of(2));
    overlay.commit();
    overlay.rollback();
    expect(overlay.changes()).toEqual(before);
  });

  test("closing a transaction that is not open is a programming error", () => {
    const overlay = createOverlay({ get: () => undefined });
    expect(() => overlay.commit()).toThrow("assertion failed");
    expect(() => overlay.rollback()).toThrow("assertion failed");
  });

  test("a loop of next key and delete does not sort the overlay at every step", () => {
    const overlay = createOverlay(backendOf([]));
    for (let i = 0; i < 20_000; i++) overlay.put(Uint8Array.of(i >> 8, i & 255), Uint8Array.of(1));
    let count = 0;
    for (let at = overlay.nextKey(new Uint8Array()); at !== undefined; at = overlay.nextKey(at)) {
      overlay.put(at, undefined);
      count++;
    }
    expect(count).toBe(20_000);
  });
});

function backendOf(keys: readonly Uint8Array[]): OverlayBackend {
  return {
    get: (asked) => keys.find((one) => compareBytes(one, asked) === 0),
    nextKey: (asked) => keys.find((one) => compareBytes(one, asked) > 0),
  };
}
