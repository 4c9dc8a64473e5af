import { expect, test } from "vitest";
import { addSample, type FleetSample, MOST_LINES, MOST_SAMPLES, plotted } from "./history.ts";

const sample = (at: number, lag: Readonly<Record<string, number>> = {}): FleetSample => ({
  at,
  lag,
  score: {},
});

test("samples are kept in the order of time, one a second, and the oldest go", () => {
  let samples: readonly FleetSample[] = [];
  for (let at = 0; at < MOST_SAMPLES + 5; at++) samples = addSample(samples, sample(at));
  expect([samples.length, samples[0]?.at]).toEqual([MOST_SAMPLES, 5]);
  expect(addSample([sample(3), sample(4, { a: 1 })], sample(4, { a: 2 }))).toEqual([
    sample(3),
    sample(4, { a: 2 }),
  ]);
  expect(addSample([sample(9)], sample(2))).toEqual([sample(2)]);
});

test("each worker is a line, with gaps where it was not seen", () => {
  expect(plotted([sample(1, { "w-10": 1, "w-2": 2 }), sample(2, { "w-2": 0 })], "lag")).toEqual({
    names: ["w-2", "w-10"],
    columns: [
      [1, 2],
      [2, 0],
      [1, null],
    ],
  });
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`w-${i}`, i]));
  expect(plotted([sample(1, many)], "lag").names).toHaveLength(MOST_LINES);
});
