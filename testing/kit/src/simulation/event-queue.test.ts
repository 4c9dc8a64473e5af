import fc from "fast-check";
import { expect, test } from "vitest";
import { EventQueue } from "./event-queue.ts";

test("what happens comes out by time, and in the order it was put in at one instant", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9)), (delays) => {
      const queue = new EventQueue<number>();
      for (const [i, delay] of delays.entries()) queue.add(delay, i);
      const order: number[] = [];
      for (let next = queue.next(); next; next = queue.next()) {
        expect(queue.nowMs).toBe(next.atMs);
        order.push(next.what);
      }
      const expected = [...delays.keys()].sort(
        (a, b) => (delays[a] ?? 0) - (delays[b] ?? 0) || a - b,
      );
      expect(order).toEqual(expected);
    }),
  );
});
