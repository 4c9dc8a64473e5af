import { BLOCK_KEYS, type ReadProof, STORAGE } from "@pha/protocol";
import { encode, toHex } from "@pha/scale";
import { applyChanges, createProof, EMPTY_ROOT, openTrie } from "@pha/state";
import { expect, test } from "vitest";
import { createScriptedChain } from "../testing/scripted-chain.ts";
import { createFollower } from "./follower.ts";
import type { HistoryBatch } from "./inputs.ts";
import { readBlock } from "./read-block.ts";
import { readGenesis } from "./read-genesis.ts";

/** Reads block 7, whose state is these pairs. */
function blockWith(pairs: readonly (readonly [Uint8Array, Uint8Array])[], keys = BLOCK_KEYS) {
  const nodes = new Map<string, Uint8Array>();
  const empty = openTrie({
    root: EMPTY_ROOT,
    version: 1,
    nodes: { getNode: (hash) => nodes.get(toHex(hash)) },
  });
  const { trie, inserted } = applyChanges(empty, pairs);
  for (const { hash, bytes } of inserted) nodes.set(toHex(hash), bytes);
  const ref = { number: 7, hash: new Uint8Array(32) };
  const header = { ref, stateRoot: trie.root, parentHash: new Uint8Array(32) };
  return readBlock(header, createProof(trie, keys));
}

const now = [STORAGE.now.key, encode(STORAGE.now.value, 5n)] as const;
const { key: messages } = STORAGE.outboundMessages;

test("a block tells its time and its messages", () => {
  expect(blockWith([now])).toMatchObject({ ok: true, value: { timestampMs: 5n, messages: [] } });
});

test.each([
  ["batch/no-time", [[messages, Uint8Array.of(0)]]],
  ["batch/no-time", [[STORAGE.now.key, Uint8Array.of(1)]]],
  ["batch/malformed-messages", [now, [messages, Uint8Array.of(255)]]],
  ["batch/malformed-messages", [now, [messages, Uint8Array.of(4, 1, 2)]]],
] as const)("%s is refused with the block's number: %#", (code, pairs) => {
  expect(blockWith(pairs)).toEqual({ ok: false, error: { code, number: 7 } });
});

const chain = createScriptedChain({});
for (let i = 0; i < 12; i++) chain.addBlock();
const genesis = readGenesis(chain);
if (!genesis.ok) throw new Error(genesis.error.code);
const start = genesis.value.light;
/** Starts behind a block, as from a checkpoint: it knows that block's hash and nothing before. */
function startedAt(number: number, maxBytes?: number) {
  const before = createFollower(start);
  const batch = chain.batch(1, number);
  if (batch === undefined || !before.take(batch).ok) throw new Error("the batch is good");
  return createFollower(before.light, maxBytes);
}

const proof = (number: number): ReadProof => [...(chain.history(number, number).proofs[0] ?? [])];

test("history that ends at the oldest block is taken, and leads further back", () => {
  const follower = startedAt(8);
  expect(follower.oldest).toBe(9);
  expect(follower.takeHistory(chain.history(5, 8))).toEqual({ ok: true, value: undefined });
  expect(follower.oldest).toBe(5);
  expect(follower.takeHistory(chain.history(1, 4))).toEqual({ ok: true, value: undefined });
  expect(follower.oldest).toBe(1);
});

test.each<readonly [code: string, batch: HistoryBatch]>([
  ["history/not-linked", chain.history(4, 7)],
  [
    "history/not-linked",
    { headers: chain.history(5, 8).headers.toReversed(), proofs: chain.history(5, 8).proofs },
  ],
  ["history/not-linked", { headers: [chain.encodedHeader(8).subarray(1)], proofs: [proof(8)] }],
  ["history/malformed", { headers: [chain.encodedHeader(8)], proofs: [] }],
  ["batch/bad-proof", { headers: [chain.encodedHeader(8)], proofs: [proof(7)] }],
])("%s: nothing of it is kept: %#", (code, batch) => {
  const follower = startedAt(8);
  expect(follower.takeHistory(batch)).toMatchObject({ ok: false, error: { code } });
  expect(follower.oldest).toBe(9);
  expect(follower.block(8)).toBeUndefined();
});

test("history/too-much: no more is kept than the window may hold", () => {
  const follower = startedAt(8, 3 * 256);
  expect(follower.takeHistory(chain.history(6, 8))).toEqual({ ok: true, value: undefined });
  expect(follower.takeHistory(chain.history(5, 5))).toEqual({
    ok: false,
    error: { code: "history/too-much" },
  });
  expect(follower.oldest).toBe(6);
});
