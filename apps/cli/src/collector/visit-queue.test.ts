import { MAX_VIEWS } from "@pha/contract-analytics";
import { isPhaError } from "@pha/scale";
import { expect, test } from "vitest";
import { BURST, createVisitQueue, MAX_ADDRESSES, MAX_WAITING, PER_SECOND } from "./visit-queue.ts";

const box = (bytes = 305, suite = 1): Uint8Array => {
  const made = new Uint8Array(bytes);
  made[0] = suite;
  return made;
};

function codeOf(work: () => void): string | undefined {
  try {
    work();
  } catch (error) {
    if (isPhaError(error)) return error.code;
    throw error;
  }
  return undefined;
}

test("only what has a sealed visit's form is taken", () => {
  const queue = createVisitQueue();
  for (const bytes of [305, 561, 1073]) queue.add(box(bytes), "a", 0);
  expect(queue.length).toBe(3);
  for (const bad of [new Uint8Array(0), box(304), box(306), box(305, 2), box(1073 + 16)])
    expect(codeOf(() => queue.add(bad, "a", 0))).toBe("collector/not-a-box");
});

test("an address may send a burst, then so many a second; another's rate is its own", () => {
  const queue = createVisitQueue();
  for (let i = 0; i < BURST; i++) queue.add(box(), "a", 1_000);
  expect(codeOf(() => queue.add(box(), "a", 1_000))).toBe("collector/too-many");
  queue.add(box(), "b", 1_000);
  expect(codeOf(() => queue.add(box(), "a", 1_050))).toBe("collector/too-many");
  for (let i = 0; i < PER_SECOND; i++) queue.add(box(), "a", 2_000);
  expect(codeOf(() => queue.add(box(), "a", 2_000))).toBe("collector/too-many");
  // A clock that goes back gives nothing.
  expect(codeOf(() => queue.add(box(), "a", 0))).toBe("collector/too-many");
});

test("so many wait and no more; what is put back is in front, and what has no room is dropped", () => {
  const queue = createVisitQueue();
  for (let i = 0; i < MAX_WAITING; i++) queue.add(box(), `address-${i}`, 0);
  expect(codeOf(() => queue.add(box(), "one-more", 0))).toBe("collector/full");
  const taken = queue.take();
  expect(taken).toHaveLength(MAX_VIEWS);
  queue.add(box(), "later", 0);
  expect(queue.putBack(taken)).toBe(1);
  expect(queue.length).toBe(MAX_WAITING);
  expect(queue.take()[0]?.address).toBe("address-0");
});

test("addresses beyond the bound are forgotten, the one heard longest ago first", () => {
  const queue = createVisitQueue();
  for (let i = 0; i < BURST; i++) queue.add(box(), "first", 0);
  for (let i = 0; i < MAX_ADDRESSES; i++) {
    queue.add(box(), `address-${i}`, 0);
    queue.take();
  }
  queue.add(box(), "first", 0);
  expect(codeOf(() => queue.add(new Uint8Array(3), "first", 0))).toBe("collector/not-a-box");
});
