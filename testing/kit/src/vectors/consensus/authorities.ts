/** Authorities and epochs as the vectors write them. */
import assert from "node:assert/strict";
import type { AllowedSlots, Authority, BabeEpoch } from "@pha/consensus";
import { fromHex } from "@pha/scale";
import { bigAt, hexAt, isJson, type Json, listAt, toBig, valueAt } from "./json.ts";

/** `{ id, weight }` or a bare key, which has weight 1. */
export function authoritiesAt(json: Json, key: string): readonly Authority[] {
  return listAt(json, key).map((item) => {
    if (typeof item === "string") return { key: fromHex(item), weight: 1n };
    assert(isJson(item), "an authority is a key or an object");
    return { key: hexAt(item, "id"), weight: bigAt(item, "weight") };
  });
}

const NO_END = 1n << 40n;

export function epochAt(json: Json, allowedSlots: AllowedSlots): BabeEpoch {
  const [numerator, denominator] = listAt(json, "c").map((part) => toBig(part, "c"));
  assert(numerator !== undefined && denominator !== undefined, "c has two parts");
  const allowed =
    valueAt(json, "allowedSlots") === undefined
      ? allowedSlots
      : Number(valueAt(json, "allowedSlots"));
  assert(allowed === 0 || allowed === 1 || allowed === 2, "allowedSlots is 0, 1 or 2");
  return {
    index: bigAt(json, "epochIndex"),
    startSlot: bigAt(json, "startSlot"),
    duration: valueAt(json, "duration") === undefined ? NO_END : bigAt(json, "duration"),
    authorities: authoritiesAt(json, "authorities"),
    randomness: hexAt(json, "randomness"),
    config: { c: [numerator, denominator], allowedSlots: allowed },
  };
}
