import { expect, test } from "vitest";
import { trackerFiles, visitKey } from "./collector.ts";

const handle = (value: unknown) =>
  // Of a query's result the value alone is read.
  ({ address: new Uint8Array(32), query: () => Promise.resolve({ value }) }) as never;

test("a contract without a key for visits is none", async () => {
  expect(await visitKey(handle(new Uint8Array(32).fill(1)))).toBe(`0x${"01".repeat(32)}`);
  for (const value of [undefined, 5, new Uint8Array(31)])
    await expect(visitKey(handle(value))).rejects.toMatchObject({ code: "collector/no-key" });
});

test("a build without the tracker serves none", async () => {
  expect(await trackerFiles("/nowhere")).toBeUndefined();
});
