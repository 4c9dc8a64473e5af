/**
 * The heap of a loaded contract, kept to be put back before each call.
 *
 * A snapshot holds the pages of static data and heap that are not zero. Putting it back copies them and zeroes what
 * a call may have touched beside them: the C stack down to its lowest use, empty pages, and the heap above.
 */

import { LAYOUT } from "./layout.ts";
import { heapTop, type QuickJs } from "./quickjs.ts";

const PAGE = 4096;
/** Zero pages between others that are cheaper to copy than to treat apart. */
const MERGED_GAP_PAGES = 4;
const UNTOUCHED = -1;
/** Leaf functions write below the stack pointer without setting it, 128 bytes at most. */
const RED_ZONE = 128;

interface Run {
  readonly at: number;
  readonly bytes: Uint8Array;
}

interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface Snapshot {
  readonly runs: readonly Run[];
  readonly gaps: readonly Gap[];
  readonly top: number;
  readonly stackPointer: number;
}

export function takeSnapshot(engine: QuickJs): Snapshot {
  const { memory } = engine;
  // At rest the whole C stack is free: what creation left there must not count.
  memory.fill(0, LAYOUT.staticEnd, LAYOUT.heapStart);
  const top = heapTop(engine);
  const runs: Run[] = [];
  const gaps: Gap[] = [];
  collect(memory, 0, LAYOUT.staticEnd, runs, gaps);
  collect(memory, LAYOUT.heapStart, top, runs, gaps);
  return { runs, gaps, top, stackPointer: engine.stackPointer.value };
}

function collect(memory: Uint8Array, from: number, to: number, runs: Run[], gaps: Gap[]): void {
  let start = -1;
  let end = from;
  const close = () => {
    if (start < 0) return;
    runs.push({ at: start, bytes: memory.slice(start, end) });
    start = -1;
  };
  for (let at = from; at < to; at += PAGE) {
    const next = Math.min(at + PAGE, to);
    if (isZero(memory, at, next)) continue;
    if (start < 0 || at - end > MERGED_GAP_PAGES * PAGE) {
      const gapFrom = end;
      close();
      if (at > gapFrom) gaps.push({ from: gapFrom, to: at });
      start = at;
    }
    end = next;
  }
  close();
  if (to > end) gaps.push({ from: end, to });
}

function isZero(memory: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (memory[i] !== 0) return false;
  return true;
}

/** @param highest greatest end of the heap since memory was last put back */
export function restore(engine: QuickJs, snapshot: Snapshot, highest: number): void {
  const { memory, lowest } = engine;
  if (lowest.value !== UNTOUCHED && lowest.value < LAYOUT.heapStart)
    memory.fill(0, lowest.value - RED_ZONE, LAYOUT.heapStart);
  for (const { from, to } of snapshot.gaps) memory.fill(0, from, to);
  for (const { at, bytes } of snapshot.runs) memory.set(bytes, at);
  if (highest > snapshot.top) memory.fill(0, snapshot.top, highest);
  engine.stackPointer.value = snapshot.stackPointer;
  engine.height.value = 0;
  lowest.value = UNTOUCHED;
}
