import { expect, test } from "vitest";
import { barsOf } from "./model.ts";

const key = { contract: "0x1", name: "counter", generation: 1, epoch: 1 };

test("keys lie where they counted on the line of blocks, and none is too short to be seen", () => {
  const bars = barsOf(
    [
      { ...key, epoch: 2, from: 60, until: undefined },
      { ...key, from: 10, until: 60 },
      { ...key, from: 110, until: 110 },
    ],
    110,
  );
  expect(bars.map(({ start, width }) => [start, width])).toEqual([
    [50, 50],
    [0, 50],
    [100, 1.5],
  ]);
  expect(barsOf([], 5)).toEqual([]);
});
