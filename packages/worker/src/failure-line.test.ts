import { PhaError } from "@pha/scale";
import { expect, it } from "vitest";
import { failureLine } from "./failure-line.ts";

it("tells a known failure with its facts and what to do", () => {
  const error = new PhaError("worker/port-taken", "taken", {
    facts: { port: 1, nonce: 2n },
    hint: "h",
  });
  expect(JSON.parse(failureLine(error))).toEqual({
    level: 60,
    code: "worker/port-taken",
    message: "taken",
    hint: "h",
    facts: { port: 1, nonce: "2" },
  });
});

it.each([
  [new TypeError("broken"), "TypeError: broken"],
  ["text", "text"],
])("tells any other as a defect: %s", (error, message) => {
  expect(JSON.parse(failureLine(error))).toMatchObject({
    level: 60,
    code: "worker/internal",
    message: expect.stringContaining(message),
    hint: expect.stringContaining("report"),
  });
});
