import { PhaError } from "@pha/scale";
import { expect, test } from "vitest";
import { problemOf } from "./problem.ts";

test("errors of ours keep code, facts and hint, whatever their facts are", () => {
  const error = new PhaError("worker/unreachable", "no worker answers", {
    facts: { url: "http://127.0.0.1:1", tries: 3n, last: undefined },
    hint: "Try another one.",
  });
  expect(problemOf(error)).toEqual({
    code: "worker/unreachable",
    message: "no worker answers",
    hint: "Try another one.",
    facts: { url: "http://127.0.0.1:1", tries: "3", last: "undefined" },
  });
});

test("anything else is unexpected, and its words are kept", () => {
  expect(problemOf(new TypeError("a part did not load"))).toMatchObject({
    code: "console/unexpected",
    message: "a part did not load",
  });
  expect(problemOf("odd").message).toBe("odd");
});
