/** Corrects numbers so that they sum up to what they should; who gets the difference is fixed. */
import { assert } from "@pha/scale";
import { U128_MAX } from "./arithmetic.ts";

/**
 * `values`, changed as little as their order allows, so that they sum up to `target`.
 *
 * What is missing goes to the smallest until they reach the average; what is too much is taken from the largest until
 * they are as small as the smallest was. Equal values are told apart by their position.
 *
 * Takes as many steps as there are values, and one for every unit that one of them could not give.
 *
 * @param values non-negative, their sum and `target` below 2¹²⁸
 * @see polkadot-sdk "sp-arithmetic" normalize
 */
export function normalize(values: readonly bigint[], target: bigint): readonly bigint[] {
  const sum = values.reduce((total, value) => total + value, 0n);
  assert(sum <= U128_MAX && target <= U128_MAX, "stakes and their sums fit u128");
  if (values.length === 0 || sum === target) return values;
  const sorted = values.map((value, index) => ({ value, index }));
  // `sort` is stable, so that equal values keep their order.
  sorted.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  if (sum < target) raise(sorted, target, target - sum);
  else lower(sorted, sum - target);
  const out = [...values];
  for (const { value, index } of sorted) out[index] = value;
  return out;
}

interface Slot {
  value: bigint;
  readonly index: number;
}

function raise(sorted: readonly Slot[], target: bigint, missing: bigint): void {
  const count = BigInt(sorted.length);
  const average = target / count;
  let at = 0;
  const add = (amount: bigint): void => {
    const slot = slotAt(sorted, at);
    slot.value += amount;
    if (slot.value >= average) at = (at + 1) % sorted.length;
  };
  const each = missing / count;
  if (each > 0n) for (let i = 0; i < sorted.length; i++) add(each);
  for (let left = missing % count; left > 0n; left--) add(1n);
}

function lower(sorted: readonly Slot[], excess: bigint): void {
  const count = BigInt(sorted.length);
  const least = slotAt(sorted, 0).value;
  const each = excess / count;
  let left = excess % count;
  let at = sorted.length - 1;
  const previous = (): void => {
    at = at === 0 ? sorted.length - 1 : at - 1;
  };
  if (each > 0n)
    for (let i = 0; i < sorted.length; i++) {
      const slot = slotAt(sorted, at);
      const taken = slot.value < each ? slot.value : each;
      slot.value -= taken;
      left += each - taken;
      if (slot.value <= least) previous();
    }
  while (left > 0n) {
    const slot = slotAt(sorted, at);
    if (slot.value > 0n) {
      slot.value -= 1n;
      left -= 1n;
      if (slot.value <= least) previous();
    } else previous();
  }
}

function slotAt(sorted: readonly Slot[], at: number): Slot {
  const slot = sorted[at];
  assert(slot !== undefined, "the position is one of the slots");
  return slot;
}
