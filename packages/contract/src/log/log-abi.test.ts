import { expect, test } from "vitest";
import { abiTypeOf } from "../index.ts";
import { LOG_TYPES, logReason } from "./log-abi.ts";
import { LogArgs, LogLine, LogPage } from "./log-line.ts";

const types = {
  line: abiTypeOf(LogLine.shape),
  args: abiTypeOf(LogArgs.shape),
  page: abiTypeOf(LogPage.shape),
};
const cell = {
  name: "logs",
  kind: "secret-map",
  docs: "Why.",
  key: "u8",
  value: types.line,
} as const;
const query = { args: types.args, returns: types.page };

test("the types as text are those of the codecs", () => {
  for (const name of ["line", "args", "page"] as const)
    expect(LOG_TYPES[name]).toBe(JSON.stringify(types[name]));
});

test("a contract keeps a log when cell and query are the kit's", () => {
  expect(logReason([{ ...cell, name: "other" }, cell], query)).toBe("Why.");
  expect(logReason([cell], undefined)).toBeUndefined();
  expect(logReason([cell], { ...query, returns: "u64" })).toBeUndefined();
  expect(logReason([cell], { ...query, args: "unit" })).toBeUndefined();
  expect(logReason([{ ...cell, value: "u64" }], query)).toBeUndefined();
  expect(logReason([], query)).toBeUndefined();
});
