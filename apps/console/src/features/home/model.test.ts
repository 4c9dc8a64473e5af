import { expect, test } from "vitest";
import { secondsBetween } from "./model.ts";

test("only neighbours with a time count", () => {
  const at = (number: number, ms: number | undefined) => ({ number, at: ms });
  expect(
    secondsBetween([at(1, 1000), at(2, 2500), at(4, 9000), at(5, 10_000), at(6, undefined)]),
  ).toEqual([1.5, 1]);
  expect(secondsBetween([])).toEqual([]);
});
