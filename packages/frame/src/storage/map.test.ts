import { decode, encode, struct, u32, u64 } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryOverlay } from "../memory-overlay.ts";
import { twox64Concat } from "./hashers.ts";
import { map } from "./map.ts";

const Pair = struct({ a: u32, b: u64 });
/** More keys than a map remembers values of. */
const key = fc.nat(20);
const step = fc.oneof(
  fc.record({ type: fc.constant("put" as const), key, a: fc.nat(), b: fc.bigInt(0n, 1n << 60n) }),
  fc.record({ type: fc.constant("mutate" as const), key }),
  fc.record({ type: fc.constant("remove" as const), key }),
  fc.record({ type: fc.constantFrom("begin" as const, "commit" as const, "rollback" as const) }),
);

test("a map gives what is stored, whatever it remembers of reads, writes and undone writes", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const state = memoryOverlay();
      const prefix = new Uint8Array(32);
      const items = map(twox64Concat, u32, Pair, { docs: "Pairs." }).open(state, prefix);
      const same = (at: number): void => {
        const bytes = state.get(items.keyOf(at));
        const plain = bytes && decode(Pair, bytes);
        expect(items.get(at)).toEqual(plain?.ok ? plain.value : undefined);
      };
      let depth = 0;
      for (const one of steps) {
        if (one.type === "put") items.put(one.key, { a: one.a, b: one.b });
        else if (one.type === "mutate")
          items.mutate(one.key, (pair) => ({ a: 7, b: (pair?.b ?? 0n) + 1n }));
        else if (one.type === "remove") items.remove(one.key);
        else if (one.type === "begin") depth += 1;
        else if (depth === 0) continue;
        else depth -= 1;
        if (one.type === "begin" || one.type === "commit" || one.type === "rollback")
          state[one.type]();
        for (let at = 0; at <= 20; at++) same(at);
      }
      // What was written by others is seen.
      state.put(items.keyOf(3), encode(Pair, { a: 9, b: 9n }));
      expect(items.get(3)).toEqual({ a: 9, b: 9n });
    }),
    { numRuns: 60 },
  );
});
