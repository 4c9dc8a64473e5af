import { expect, test } from "vitest";
import { createPace, createStore } from "./store.ts";

test("a value that is what it was tells nobody", () => {
  const store = createStore(1);
  const seen: number[] = [];
  const stop = store.subscribe(() => seen.push(store.get()));
  store.set(1);
  store.update((value) => value + 1);
  store.set(2);
  stop();
  store.set(3);
  expect(seen).toEqual([2]);
});

test("what comes within one pace is told once, to all together; the next change begins another", () => {
  const fires: (() => void)[] = [];
  const pace = createPace((fire) => fires.push(fire));
  const told: string[] = [];
  const head = () => told.push("head");
  const blocks = () => told.push("blocks");
  pace(head);
  pace(head);
  pace(blocks);
  expect({ told, waits: fires.length }).toEqual({ told: [], waits: 1 });
  fires.shift()?.();
  expect(told).toEqual(["head", "blocks"]);
  pace(blocks);
  fires.shift()?.();
  expect(told).toEqual(["head", "blocks", "blocks"]);
});
