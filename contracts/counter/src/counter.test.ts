import { testContract } from "@pha/contract/testing";
import { encode, u64 } from "@pha/scale";
import { expect, test } from "vitest";
import { Counter } from "./counter.ts";

test("each account counts for itself", () => {
  const counter = testContract(Counter);
  expect(counter.as("alice").command.add({ n: 5n })).toBe(5n);
  expect(counter.as("alice").command.add({ n: 2n })).toBe(7n);
  expect(counter.as("bob").command.add({ n: 1n })).toBe(1n);
  expect(counter.as("alice").query.value({})).toBe(7n);
  expect(counter.as("carol").query.value({})).toBe(0n);
});

test("the sum is for the owner alone", () => {
  const counter = testContract(Counter);
  counter.as("alice").command.add({ n: 70_000_000_000n });
  counter.as("bob").command.add({ n: 1n });
  expect(counter.as("owner").query.total({})).toBe(70_000_000_001n);
  const { query } = counter.as("bob");
  expect(counter.failureOf(() => query.total({}))).toBe("counter/not-the-owner");
  counter.expectHiddenFrom("bob", 70_000_000_001n);
});

test("an account can have its own counter opened, and no other", () => {
  const counter = testContract(Counter);
  counter.as("alice").command.add({ n: 70_000_000_000n });
  counter.as("bob").command.add({ n: 90_000_000_000n });
  expect(counter.as("alice").query.openValue({})).toBe(70_000_000_000n);
  const [opened, ...others] = counter.openedBy("alice");
  expect(others).toEqual([]);
  expect(opened).toEqual({
    reason: "own-counter",
    key: Uint8Array.of(0, ...counter.as("alice").account),
    value: encode(u64, 70_000_000_000n),
  });
  counter.expectDisclosures(["own-counter"]);
  counter.expectHiddenFrom("alice", 90_000_000_000n);
  expect(() => counter.expectHiddenFrom("alice", counter.as("alice").account)).toThrow(
    "an opened key of alice",
  );
  const { query } = counter.as("carol");
  expect(counter.failureOf(() => query.openValue({}))).toBe("counter/nothing-counted");
  expect(counter.openedBy("carol")).toEqual([]);
});

test("an overflow is refused and changes nothing", () => {
  const counter = testContract(Counter);
  const { command, query } = counter.as("alice");
  const most = (1n << 64n) - 1n;
  command.add({ n: most });
  expect(counter.failureOf(() => command.add({ n: 1n }))).toBe("counter/overflow");
  expect(counter.failureOf(() => counter.as("bob").command.add({ n: 1n }))).toBe(
    "counter/overflow",
  );
  expect(query.value({})).toBe(most);
  expect(counter.as("bob").query.value({})).toBe(0n);
});
