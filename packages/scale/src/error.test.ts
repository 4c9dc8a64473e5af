import { expect, test, vi } from "vitest";
import { isPhaError, PhaError } from "./error.ts";

test("an error of another bundle is known by its form, where instanceof fails", async () => {
  vi.resetModules();
  const other = await import("./error.ts");
  const error = new other.PhaError("node/port-taken", "port 9944 is taken", { hint: "Choose." });
  expect(error instanceof PhaError).toBe(false);
  expect(isPhaError(error)).toBe(true);
  expect(isPhaError(new PhaError("node/port-taken", "port 9944 is taken"))).toBe(true);
});

test("what only looks like one is none: system errors have codes too", () => {
  const named = (fields: object) => Object.assign(new Error("no"), { name: "PhaError" }, fields);
  expect(isPhaError(Object.assign(new Error("no such file"), { code: "ENOENT" }))).toBe(false);
  expect(isPhaError(named({ code: "node/x" }))).toBe(false);
  expect(isPhaError(named({ code: 7, facts: {} }))).toBe(false);
  expect(isPhaError(named({ code: "node/x", facts: null }))).toBe(false);
  expect(isPhaError({ name: "PhaError", code: "node/x", facts: {} })).toBe(false);
  expect(isPhaError(undefined)).toBe(false);
});
