import { testContract } from "@pha/contract/testing";
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
