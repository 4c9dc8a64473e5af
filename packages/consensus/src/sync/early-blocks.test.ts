import { describe, expect, test } from "vitest";
import { EarlyBlocks, MAX_EARLY_BLOCKS, MAX_EARLY_BYTES } from "./early-blocks.ts";
import type { QueuedBlock } from "./import-queue.ts";

const zero = new Uint8Array(32);

function aBlock(peer: string, number: number, size = 1_000): QueuedBlock {
  const hash = new Uint8Array(32).fill(number);
  const header = { parentHash: zero, number, stateRoot: zero, extrinsicsRoot: zero, digest: [] };
  return { peer, block: { hash, header, body: [], justifications: [], size } };
}
const numbers = (blocks: readonly QueuedBlock[]): number[] =>
  blocks.map(({ block }) => block.header.number);

describe("blocks whose slots have not begun", () => {
  test("come out when they have, parents first, once", () => {
    const early = new EarlyBlocks();
    early.add(aBlock("a", 9), 100);
    early.add(aBlock("b", 8), 100);
    early.add(aBlock("c", 7), 101);
    expect(numbers(early.due(99))).toEqual([]);
    expect(numbers(early.due(100))).toEqual([8, 9]);
    expect(numbers(early.due(101))).toEqual([7]);
    expect(early.length + early.bytes).toBe(0);
  });

  test("are one of a peer, and go with it", () => {
    const early = new EarlyBlocks();
    const { block } = aBlock("a", 1);
    early.add(aBlock("a", 1), 1);
    early.add(aBlock("a", 2), 1);
    // Another peer has the same.
    early.add({ peer: "b", block }, 1);
    expect(early.length).toBe(1);
    early.leave("b");
    expect(early.has(block.hash)).toBe(true);
    early.leave("a");
    expect(early.has(block.hash)).toBe(false);
    expect(early.bytes).toBe(0);
  });

  test("are bounded in number and bytes, whoever sends them", () => {
    const early = new EarlyBlocks();
    for (let i = 1; i <= 100; i++) early.add(aBlock(`peer ${i}`, i), i);
    expect(early.length).toBe(MAX_EARLY_BLOCKS);
    const large = new EarlyBlocks();
    for (let i = 1; i <= 10; i++) large.add(aBlock(`peer ${i}`, i, MAX_EARLY_BYTES / 3), i);
    expect(large.length).toBe(3);
    expect(large.bytes).toBeLessThanOrEqual(MAX_EARLY_BYTES);
  });
});
