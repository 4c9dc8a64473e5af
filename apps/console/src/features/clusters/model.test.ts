import { expect, test } from "vitest";
import { ballotsOf } from "./model.ts";

test("each root has the ballot of every replica: agreed, differing, not yet judged, missing", () => {
  const vote = (identity: string, agrees: boolean | undefined) => ({
    identity,
    root: "0xr",
    agrees,
  });
  const rounds = [
    { block: 9, root: undefined, votes: [vote("a", undefined)] },
    { block: 7, root: "0xr", votes: [vote("a", true), vote("b", false), vote("gone", true)] },
  ];
  expect(ballotsOf(rounds, ["a", "b", "c"])).toEqual([
    { block: 9, root: undefined, ballots: ["voted", "missing", "missing"], agreed: 0 },
    { block: 7, root: "0xr", ballots: ["agrees", "differs", "missing"], agreed: 2 },
  ]);
});
