import type { Header } from "@pha/consensus";
import { describe, expect, test } from "vitest";
import type { ChainEvent, ImportedBlock } from "../chain/chain.ts";
import { createEmitter } from "../event-source.ts";
import { sharedDevelopment } from "../testing/dev-chain.ts";
import { ChainHeadFollow, MAX_OPERATIONS, MAX_PINNED } from "./chain-head-follow.ts";
import type { NodeContext } from "./node-context.ts";

function aBlock(number: number, digest: Header["digest"] = []): ImportedBlock {
  const hashOf = (n: number) => Uint8Array.of(n >> 16, n >> 8, n);
  const header = { number, parentHash: hashOf(number - 1), digest } as unknown as Header;
  return { hash: hashOf(number), number, header };
}

/** A follow on a chain that makes blocks on demand, each final at once. */
function aFollow() {
  const events = createEmitter<ChainEvent>((error) => {
    throw error;
  });
  const stateOf = () => ({ get: () => undefined });
  const pinned = new Set<object>();
  const pinState = (block: object) => {
    pinned.add(block);
    return () => pinned.delete(block);
  };
  const finalized = aBlock(1);
  const chain = {
    finalized,
    best: finalized,
    unfinalized: () => [],
    events,
    stateOf,
    pinState,
  };
  const context = { chain, runtime: sharedDevelopment().runtime } as unknown as NodeContext;
  const sent: { event: string; finalizedBlockHashes?: string[]; newRuntime?: object | null }[] = [];
  let hasEnded = false;
  const follow = new ChainHeadFollow(
    {
      subscription: "s",
      send: (event) => sent.push(event as { event: string }),
      end: () => {
        hasEnded = true;
      },
    },
    context,
    { withRuntime: true },
  );
  follow.start();
  let number = 1;
  return {
    follow,
    sent,
    pinned,
    hasEnded: () => hasEnded,
    block: (digest?: Header["digest"]): ImportedBlock => {
      const block = aBlock(++number, digest);
      events.emit({ type: "imported", block });
      events.emit({ type: "best", block, retracted: [], enacted: [block] });
      events.emit({
        type: "finalized",
        blocks: [block],
        pruned: [],
        justification: new Uint8Array(0),
      });
      return block;
    },
  };
}

describe("a follow", () => {
  test("tells of the runtime with the block that brings it, and with no other", () => {
    const { sent, block } = aFollow();
    block();
    block([{ type: "RuntimeEnvironmentUpdated", value: undefined }]);
    block();
    const told = sent.filter(({ event }) => event === "newBlock").map((one) => one.newRuntime);
    expect(told).toEqual([null, expect.objectContaining({ type: "valid" }), null]);
  });

  test("that never unpins is stopped at the limit, and nothing of it is kept", () => {
    const { follow, sent, pinned, hasEnded, block } = aFollow();
    const first = block();
    while (!hasEnded()) block();
    expect(sent.at(-1)).toEqual({ event: "stop" });
    expect(sent.filter(({ event }) => event === "newBlock")).toHaveLength(MAX_PINNED - 1);
    expect(follow.pinned(first.hash)).toBeUndefined();
    expect(pinned.size).toBe(0);
    const before = sent.length;
    block();
    expect(sent).toHaveLength(before);
  });

  test("that unpins goes on for 10,000 blocks with no more than it holds", () => {
    const { follow, sent, pinned, hasEnded, block } = aFollow();
    let last = aBlock(1);
    for (let n = 0; n < 10_000; n++) {
      const next = block();
      expect(follow.unpin([last.hash])).toBe(true);
      expect(follow.pinned(last.hash)).toBeUndefined();
      last = next;
      sent.length = 0;
    }
    expect(hasEnded()).toBe(false);
    expect([...pinned]).toEqual([last]);
    expect(follow.pinned(last.hash)).toBe(last);
  });

  test("unpins all of a list or none", () => {
    const { follow, block } = aFollow();
    const one = block();
    expect(follow.unpin([one.hash, Uint8Array.of(9, 9, 9)])).toBe(false);
    expect(follow.unpin([one.hash, one.hash])).toBe(false);
    expect(follow.pinned(one.hash)).toBe(one);
    expect(follow.unpin([one.hash])).toBe(true);
  });

  test("has a limited number of operations at a time", () => {
    const { follow } = aFollow();
    const nothing = { stop: () => {}, resume: () => false };
    const ids = Array.from({ length: MAX_OPERATIONS }, () => follow.operate(() => nothing));
    expect(ids).not.toContain(undefined);
    expect(follow.operate(() => nothing)).toBeUndefined();
    follow.endOperation(ids[3] ?? "");
    expect(follow.operate(() => nothing)).toBeDefined();
  });
});
