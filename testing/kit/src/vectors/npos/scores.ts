/** Comparison of scores with a threshold. */
import assert from "node:assert/strict";
import { type ElectionScore, isStrictlyBetter } from "@pha/runtime";
import { type Json, listAt, objectAt, toBig } from "../consensus/json.ts";
import type { VectorCase } from "../vector-case.ts";
import { tupleOf } from "./values.ts";

/** `[this, that, billionths, whether it is better]` */
export function scoreCases(file: Json): readonly VectorCase[] {
  return listAt(objectAt(file, "score"), "cases").map((item) => {
    const [left, right, epsilon, better] = tupleOf(item, "a case");
    return {
      name: `score: ${String(left)} against ${String(right)} by ${String(epsilon)}`,
      run: () => {
        assert(typeof better === "boolean", "the verdict is a boolean");
        const threshold = toBig(epsilon, "epsilon");
        assert.equal(isStrictlyBetter(scoreOf(left), scoreOf(right), threshold), better);
        return undefined;
      },
    };
  });
}

function scoreOf(value: unknown): ElectionScore {
  const [minimalStake, sumStake, sumStakeSquared, ...more] = tupleOf(value, "a score").map((part) =>
    toBig(part, "a score"),
  );
  assert(minimalStake !== undefined && sumStake !== undefined && sumStakeSquared !== undefined);
  assert.equal(more.length, 0, "a score has three numbers");
  return { minimalStake, sumStake, sumStakeSquared };
}
