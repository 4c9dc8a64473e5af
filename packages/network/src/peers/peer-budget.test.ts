import { describe, expect, test } from "vitest";
import { nearestTo } from "./kademlia.ts";
import { createPeerBudget, REQUEST_RATES } from "./peer-budget.ts";
import { createSendQueue } from "./send-queue.ts";

describe("a budget", () => {
  test("allows so many messages at once and so many a second", () => {
    const budget = createPeerBudget(0);
    const { capacity, perSecond } = REQUEST_RATES.kad.messages;
    const taken = (now: number): number => {
      let count = 0;
      while (budget.takeRequest("kad", 1, now)) count++;
      return count;
    };
    expect(taken(0)).toBe(capacity);
    expect(taken(0)).toBe(0);
    expect(taken(1_000)).toBe(perSecond);
    expect(taken(500), "a clock that goes back").toBe(0);
    expect(taken(1e9)).toBe(capacity);
    expect(budget.takeRequest("sync", 1, 0), "kinds are apart").toBe(true);
    expect(budget.takeNotification("transactions", 1 << 30, 0)).toBe(false);
  });

  test("counts the bytes of requests", () => {
    const budget = createPeerBudget(0);
    const { capacity } = REQUEST_RATES.light.bytes;
    expect(budget.takeRequest("light", capacity, 0)).toBe(true);
    expect(budget.takeRequest("light", 1, 0)).toBe(false);
    expect(budget.answerWaitMs("light", 0), "answers are apart").toBe(0);
  });

  test("counts bytes of answers, and makes those wait who took much", () => {
    const budget = createPeerBudget(0);
    const { capacity, perSecond } = REQUEST_RATES.sync.bytes;
    expect(budget.answerWaitMs("sync", 0)).toBe(0);
    budget.spendBytes("sync", capacity + perSecond);
    expect(budget.answerWaitMs("sync", 0)).toBe(1_000);
    expect(budget.answerWaitMs("sync", 500)).toBe(500);
    expect(budget.answerWaitMs("sync", 1_000)).toBe(0);
    expect(budget.takeRequest("sync", 1, 0), "it may go on asking").toBe(true);
  });
});

describe("a send queue", () => {
  const message = (length: number, fill = 0) => new Uint8Array(length).fill(fill);
  const limits = { maxMessages: 3, maxBytes: 10 };

  test("lets the oldest go", () => {
    const queue = createSendQueue({ ...limits, whenFull: "drop-oldest" });
    for (let i = 0; i < 5; i++) expect(queue.push(message(1, i))).toBe("queued");
    expect([queue.length, queue.dropped]).toEqual([3, 2]);
    expect(queue.shift()).toEqual(message(1, 2));
    expect(queue.push(message(9, 9))).toBe("queued");
    expect(queue.length, "one of ten bytes leaves room for one").toBe(2);
    expect(queue.push(message(11))).toBe("dropped");
  });

  test("lets the newest go", () => {
    const queue = createSendQueue({ ...limits, whenFull: "drop-newest" });
    expect([1, 2, 3, 4].map((fill) => queue.push(message(1, fill)))).toEqual([
      "queued",
      "queued",
      "queued",
      "dropped",
    ]);
    expect(queue.shift()).toEqual(message(1, 1));
    expect(queue.push(message(9))).toBe("dropped");
    for (let i = 0; i < 3; i++) queue.shift();
    expect(queue.shift()).toBe(undefined);
    expect(queue.push(message(10))).toBe("queued");
  });

  test("says that it is full", () => {
    const queue = createSendQueue({ ...limits, whenFull: "close" });
    expect([1, 2, 3, 4].map(() => queue.push(message(1)))).toEqual([
      "queued",
      "queued",
      "queued",
      "full",
    ]);
    expect(queue.dropped).toBe(0);
  });
});

test("the nearest to a key are those whose hashes differ least", () => {
  const peers = ["a", "b", "c", "d"].map((name) => ({
    id: Uint8Array.from(name, (char) => char.charCodeAt(0)),
    value: name,
  }));
  // SHA-256 of "a" is ca97…, of "b" 3e23…, of "c" 2e7d…, of "d" 18ac….
  expect(nearestTo(Uint8Array.of(97), peers, 4)).toEqual(["a", "d", "c", "b"]);
  expect(nearestTo(Uint8Array.of(98), peers, 2)).toEqual(["b", "c"]);
});
