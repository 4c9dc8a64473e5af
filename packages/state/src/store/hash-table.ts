/**
 * Map from 32-byte hashes, without making strings of them.
 *
 * The first four bytes choose the slot, so the keys must be outputs of a hash function; entries that agree there are
 * chained, and every hit compares all 32 bytes.
 */
import { equalBytes } from "@pha/scale";

interface Slot<T> {
  readonly hash: Uint8Array;
  value: T;
  next: Slot<T> | undefined;
}

export class HashTable<T> {
  readonly #slots = new Map<number, Slot<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(hash: Uint8Array): T | undefined {
    let slot = this.#slots.get(slotOf(hash));
    while (slot !== undefined && !equalBytes(slot.hash, hash)) slot = slot.next;
    return slot?.value;
  }

  /** Keeps `hash`, which must not be modified afterwards. */
  set(hash: Uint8Array, value: T): void {
    const index = slotOf(hash);
    const first = this.#slots.get(index);
    for (let slot = first; slot !== undefined; slot = slot.next) {
      if (equalBytes(slot.hash, hash)) {
        slot.value = value;
        return;
      }
    }
    this.#slots.set(index, { hash, value, next: first });
    this.#size++;
  }

  delete(hash: Uint8Array): boolean {
    const index = slotOf(hash);
    let before: Slot<T> | undefined;
    let slot = this.#slots.get(index);
    while (slot !== undefined && !equalBytes(slot.hash, hash)) {
      before = slot;
      slot = slot.next;
    }
    if (slot === undefined) return false;
    if (before !== undefined) before.next = slot.next;
    else if (slot.next !== undefined) this.#slots.set(index, slot.next);
    else this.#slots.delete(index);
    this.#size--;
    return true;
  }
}

/** 30 bits: a small integer on every engine. */
function slotOf(hash: Uint8Array): number {
  return (
    ((hash[0] ?? 0) << 22) | ((hash[1] ?? 0) << 14) | ((hash[2] ?? 0) << 6) | ((hash[3] ?? 0) >> 2)
  );
}
