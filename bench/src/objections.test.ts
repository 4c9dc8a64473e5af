import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { finish, machine } from "./bench.ts";
import { objectionsTo } from "./objections.ts";

const result = finish({
  id: "test/sum",
  value: 3,
  unit: "µs",
  better: "smaller",
  against: { name: "a peer", value: 2 },
  samples: 5,
  floor: 4,
  goal: 1,
});

test("a finished result stands", () => {
  expect(objectionsTo({ machine: machine(), results: [result] })).toEqual([]);
});

test("a report is refused without machine, samples or peer, or with another ratio or verdict", () => {
  const refused = (other: object): void => {
    const report = { machine: machine(), results: [{ ...result, ...other }] };
    expect(objectionsTo(report)).not.toEqual([]);
  };
  refused({ ratio: 1.6 });
  refused({ ratio: undefined });
  refused({ samples: 1 });
  refused({ against: undefined });
  refused({ against: { name: "", value: 2 } });
  refused({ meetsGoal: true });
  refused({ floor: undefined });
  expect(objectionsTo({ results: [result] })).not.toEqual([]);
  expect(objectionsTo({ machine: machine(), results: [result, result] })).not.toEqual([]);
  expect(objectionsTo(undefined)).not.toEqual([]);
});

const LATEST = new URL("../results/latest.json", import.meta.url);

test.skipIf(!existsSync(LATEST))("the published report stands", () => {
  expect(objectionsTo(JSON.parse(readFileSync(LATEST, "utf8")))).toEqual([]);
});
