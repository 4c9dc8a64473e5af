/** What a node of another kind answers is refused, and not taken for something else. */
import { expect, test } from "vitest";
import { stepOf } from "./audit.ts";
import { readGatekeepers } from "./gatekeeper.ts";
import { hexOf } from "./key.ts";
import { readItem } from "./validator.ts";

test("a chain without Staking is named", () => {
  const chain = { metadata: { storage: () => undefined } } as never;
  expect(() => readItem(chain, "Ledger", new Uint8Array(32))).toThrow(
    expect.objectContaining({ code: "chain/no-staking" }),
  );
});

test("a chain without gatekeepers is named", () => {
  const chain = { metadata: { storage: () => undefined } } as never;
  expect(() => readGatekeepers(chain, "Run")).toThrow(
    expect.objectContaining({ code: "chain/no-gatekeepers" }),
  );
});

test("a step is a number, or left out", () => {
  expect([stepOf("12", "--from"), stepOf(undefined, "--from")]).toEqual([12n, undefined]);
  for (const wrong of ["", "-1", "1.5", "x", "9".repeat(19)])
    expect(() => stepOf(wrong, "--from")).toThrow(
      expect.objectContaining({ code: "usage/bad-step" }),
    );
});

test.each([
  null,
  "0x00",
  {},
  { keys: 7 },
  { keys: "0x12" },
  { keys: "no hex" },
])("keys of %j are none", (answer) => {
  expect(() => hexOf(answer, "keys", 64)).toThrow(
    expect.objectContaining({ code: "rpc/malformed-answer", facts: { field: "keys" } }),
  );
});
