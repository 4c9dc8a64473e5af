import { expect, test } from "vitest";
import { infoOf, reasonsOf } from "./hosts.ts";

const key = `0x${"ab".repeat(32)}`;

test("what a host says is taken field by field, whatever else it says", () => {
  const boot = {
    name: "worker-1",
    role: "worker",
    identity: key,
    boot: key,
    head: { number: 7, hash: null },
    registered: true,
    restarts: 2,
    clusters: [{ phase: "serving" }, 7],
    generations: [1, "2"],
  };
  expect(infoOf({ finalized: { number: 9 }, boots: [boot, null, { identity: "0x12" }] })).toEqual({
    finalized: 9,
    boots: [
      {
        name: "worker-1",
        role: "worker",
        identity: key,
        boot: key,
        head: 7,
        isRegistered: true,
        restarts: 2,
        phases: ["serving", ""],
        generations: [1],
      },
    ],
  });
  for (const odd of [null, 7, "x", [], { boots: {} }, { finalized: { number: -1 } }])
    expect(infoOf(odd)).toEqual({ finalized: undefined, boots: [] });
  expect(infoOf({ boots: Array.from({ length: 900 }, () => boot) }).boots).toHaveLength(64);
  expect(reasonsOf({ reasons: ["worker-2: starting", 7, "x".repeat(900)] })).toEqual([
    "worker-2: starting",
    "",
    "x".repeat(120),
  ]);
  expect(reasonsOf(undefined)).toEqual([]);
});
