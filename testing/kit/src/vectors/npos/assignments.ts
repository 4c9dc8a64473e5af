/** Shares of voters: normalized, converted, reduced. */
import assert from "node:assert/strict";
import {
  normalize,
  normalizedAssignment,
  normalizedStakes,
  reduce,
  reduceAll,
  reduceFour,
  type StakedAssignment,
  toAssignment,
  toStaked,
} from "@pha/runtime";
import {
  bigAt,
  type Json,
  listAt,
  numberAt,
  objectsAt,
  textAt,
  toBig,
  valueAt,
} from "../consensus/json.ts";
import type { VectorCase } from "../vector-case.ts";
import { type Name, nameOf, pairsOf, tupleOf } from "./values.ts";

/** `all`: of all weights; `electedOnly`: of those that are elected, the others stay. */
export function normalizeCases(file: Json): readonly VectorCase[] {
  return objectsAt(file, "normalize").map((json) => {
    const budget = bigAt(json, "budget");
    const weights = numbersAt(json, "weights");
    return {
      name: `normalize: ${weights.join(", ")} to ${budget}`,
      run: () => {
        const expected = numbersAt(json, "all" in json ? "all" : "electedOnly");
        const elected = "elected" in json ? listAt(json, "elected") : weights.map(() => true);
        assert.equal(elected.length, weights.length, "a flag for each weight");
        const changed = normalize(
          weights.filter((_, i) => elected[i] === true),
          budget,
        );
        let next = 0;
        assert.deepEqual(
          weights.map((weight, i) => (elected[i] === true ? changed[next++] : weight)),
          expected,
        );
        return undefined;
      },
    };
  });
}

function numbersAt(json: Json, key: string): readonly bigint[] {
  return listAt(json, key).map((value) => toBig(value, key));
}

const REDUCTIONS = { reduce, reduce_4: reduceFour, reduce_all: reduceAll } as const;

export function reduceCases(file: Json): readonly VectorCase[] {
  return objectsAt(file, "reduce").map((json, i) => {
    const fn = textAt(json, "fn");
    return {
      name: `${fn}: ${String(valueAt(json, "name") ?? i)}`,
      run: () => {
        assert(isReduction(fn), `there is no function ${fn}`);
        const before = stakedAt(json, "in");
        const { assignments, removed } = REDUCTIONS[fn](before);
        assert.deepEqual(assignments, stakedAt(json, "out"));
        if ("removed" in json) assert.equal(removed, numberAt(json, "removed"));
        return undefined;
      },
    };
  });
}

function isReduction(name: string): name is keyof typeof REDUCTIONS {
  return Object.hasOwn(REDUCTIONS, name);
}

function stakedAt(json: Json, key: string): readonly StakedAssignment<Name>[] {
  return listAt(json, key).map((item) => {
    const [who, distribution] = tupleOf(item, "an assignment");
    return { who: nameOf(who), distribution: pairsOf(distribution, "a distribution") };
  });
}

const WHO = "1";

/** `staked` to `perbill`; `perbill` of a stake to `staked`; `normalize` to `to`, in billionths or of a stake. */
export function assignmentCases(file: Json): readonly VectorCase[] {
  return objectsAt(file, "assignment").map((json, i) => ({
    name: `assignment ${i}: ${Object.keys(json).join(", ")}`,
    run: () => {
      const at = (key: string) => pairsOf(valueAt(json, key), key);
      if ("normalize" in json) {
        const given = { who: WHO, distribution: at("normalize") };
        const { distribution } =
          "of" in json ? normalizedStakes(given, bigAt(json, "of")) : normalizedAssignment(given);
        assert.deepEqual(distribution, at("to"));
      } else if ("of" in json) {
        const { distribution } = toStaked(
          { who: WHO, distribution: at("perbill") },
          bigAt(json, "of"),
        );
        assert.deepEqual(distribution, at("staked"));
      } else {
        const { distribution } = toAssignment({ who: WHO, distribution: at("staked") });
        assert.deepEqual(distribution, at("perbill"));
      }
      return undefined;
    },
  }));
}
