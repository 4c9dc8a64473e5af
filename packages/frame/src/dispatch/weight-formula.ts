/**
 * Weight of a call as data: a base, and parts that grow with an argument.
 *
 * What is written as data is computed here for dispatch, and by the views at `:code` for clients.
 */
import { assert } from "@pha/scale";
import type { Env } from "../pallet/env.ts";
import type { Call } from "./call.ts";
import { addWeights, scaleWeight, type Weight } from "./weight.ts";

export interface WeightFormula<N extends string = string> {
  readonly base: Weight;
  /** For every byte or item of an argument, or as often as an argument that is a number says. */
  readonly each?: { readonly argument: N; readonly weight: Weight };
  /** Argument that is a call or a list of calls: their weights, and this for each. */
  readonly calls?: { readonly argument: N; readonly weight: Weight };
}

/** @param args of the call that the formula belongs to */
export function formulaWeight(formula: WeightFormula, args: unknown, env: Env): Weight {
  const { base, each, calls } = formula;
  let sum = base;
  if (each)
    sum = addWeights(sum, scaleWeight(each.weight, amountOf(argumentOf(args, each.argument))));
  if (calls)
    for (const call of callsOf(argumentOf(args, calls.argument)))
      sum = addWeights(sum, addWeights(calls.weight, env.infoOf(call).weight));
  return sum;
}

function argumentOf(args: unknown, name: string): unknown {
  assert(typeof args === "object" && args !== null, "arguments of a call are an object");
  // Names of formulas are those of the arguments, which `CallOptions` checks.
  return (args as Readonly<Record<string, unknown>>)[name];
}

function amountOf(value: unknown): bigint {
  if (typeof value === "number" || typeof value === "bigint") return BigInt(value);
  assert(value instanceof Uint8Array || Array.isArray(value), "what weighs can be counted");
  return BigInt(value.length);
}

function callsOf(value: unknown): readonly Call[] {
  // The argument was read by the runtime's own codec of calls.
  return Array.isArray(value) ? (value as readonly Call[]) : [value as Call];
}
