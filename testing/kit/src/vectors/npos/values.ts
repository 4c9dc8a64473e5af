/** Values of election vectors, read with their type or refused. */
import assert from "node:assert/strict";
import { isJson, type Json, listAt, toBig, valueAt } from "../consensus/json.ts";

/** Names of voters and candidates are compared as text: they are keys of objects too. */
export type Name = string;

export function nameOf(value: unknown): Name {
  assert(typeof value === "number" || typeof value === "string", "a name is a number or text");
  return String(value);
}

export function tupleOf(value: unknown, what: string): readonly unknown[] {
  assert(Array.isArray(value), `${what} is a list`);
  return value;
}

/** `[[name, number], …]` */
export function pairsOf(value: unknown, what: string): readonly (readonly [Name, bigint])[] {
  return tupleOf(value, what).map((item) => {
    const [name, amount] = tupleOf(item, what);
    return [nameOf(name), toBig(amount, what)] as const;
  });
}

export function ballotsAt(json: Json, key: string) {
  return listAt(json, key).map((item) => {
    const [who, stake, targets] = tupleOf(item, "a voter");
    return {
      who: nameOf(who),
      stake: toBig(stake, "a stake"),
      targets: tupleOf(targets, "targets").map(nameOf),
    };
  });
}

export function namesAt(json: Json, key: string): readonly Name[] {
  return listAt(json, key).map(nameOf);
}

/** `{ iterations, tolerance }` in a field, or beside each other; `null` is none. */
export function balancingOf(value: unknown) {
  if (value === null || value === undefined) return undefined;
  assert(isJson(value), "balancing is an object");
  return {
    iterations: Number(toBig(valueAt(value, "iterations"), "iterations")),
    tolerance: toBig(valueAt(value, "tolerance"), "tolerance"),
  };
}

/** An object by names whose values are pairs, as what `pairs` gives for each. */
export function pairsByName(json: Json): ReadonlyMap<Name, readonly (readonly [Name, bigint])[]> {
  return new Map(Object.entries(json).map(([name, value]) => [name, pairsOf(value, name)]));
}
