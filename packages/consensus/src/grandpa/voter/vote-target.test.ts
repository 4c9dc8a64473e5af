import { expect, test } from "vitest";
import {
  aChain,
  aHeader,
  authoritiesOf,
  refOf,
  scheduledChange,
  voters,
} from "../../../test/chain-builder.ts";
import { voteTargetOn } from "./vote-target.ts";

const next = voters(2);
const chain = (changeAt: number) =>
  aChain(aHeader(), 5, {
    digestAt: (blockNumber) => (blockNumber === changeAt ? [scheduledChange(next)] : []),
  }).map((header) => ({ ...refOf(header), header }));

test("is the head of a chain without a set change", () => {
  const path = chain(0);
  const { hash, number } = path[4]!;
  expect(voteTargetOn(path)).toEqual({
    ok: true,
    value: { block: { hash, number }, change: undefined },
  });
});

test("is the first block that changes the set", () => {
  const path = chain(3);
  const { hash, number } = path[2]!;
  expect(voteTargetOn(path)).toEqual({
    ok: true,
    value: { block: { hash, number }, change: authoritiesOf(next) },
  });
});

test("is nothing when everything is finalized", () => {
  expect(voteTargetOn([])).toEqual({ ok: true, value: undefined });
});

test("is an error when a digest cannot be read", () => {
  const header = aHeader({
    number: 1,
    digest: [{ type: "Consensus", value: { engine: "FRNK", data: Uint8Array.of(1) } }],
  });
  expect(voteTargetOn([{ ...refOf(header), header }])).toMatchObject({
    error: { code: "grandpa/bad-digest" },
  });
});
