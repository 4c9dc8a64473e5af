import {
  type BlockRequest,
  headerHash,
  Justification,
  verifyJustification,
  verifyStateRange,
} from "@pha/consensus";
import type { NetworkChain } from "@pha/network";
import { STORAGE } from "@pha/protocol";
import { decode, utf8 } from "@pha/scale";
import { storageProof, verifyProof } from "@pha/state";
import { beforeAll, describe, expect, test } from "vitest";
import { aDevChain, type DevChain } from "../testing/dev-chain.ts";
import { servedChain } from "./served-chain.ts";

let node: DevChain;
let served: NetworkChain;
const nowhere = new Uint8Array(32).fill(9);

beforeAll(async () => {
  node = aDevChain();
  for (let block = 0; block < 5; block++) await node.author();
  served = servedChain(node.chain);
});

const request = (change: Partial<BlockRequest>): BlockRequest => ({
  parts: { header: true, body: true, justification: true },
  from: { number: 1 },
  direction: "ascending",
  maxBlocks: 10,
  namesEngines: true,
  ...change,
});
const numbersOf = (change: Partial<BlockRequest>, maxBytes = 1 << 20): readonly number[] =>
  served.blocks(request(change), maxBytes).map(({ hash }) => node.chain.header(hash)?.number ?? -1);

describe("blocks", () => {
  test("go up the best chain and down to genesis", () => {
    const hash = node.chain.hashAt(3) ?? nowhere;
    expect(numbersOf({})).toEqual([1, 2, 3, 4, 5]);
    expect(numbersOf({ from: { hash }, maxBlocks: 2 })).toEqual([3, 4]);
    expect(numbersOf({ from: { hash }, direction: "descending" })).toEqual([3, 2, 1, 0]);
    expect(numbersOf({ from: { hash }, direction: "descending", maxBlocks: 2 })).toEqual([3, 2]);
  });

  test("that are not there are none", () => {
    expect(numbersOf({ from: { number: 6 } })).toEqual([]);
    expect(numbersOf({ from: { hash: nowhere } })).toEqual([]);
  });

  test("end where the answer is full, after one at least", () => {
    expect(numbersOf({}, 1)).toEqual([1]);
  });

  test("have the parts asked for, and justifications of set changes alone", () => {
    const [block] = served.blocks(request({ maxBlocks: 1 }), 1 << 20);
    expect(block?.body.length).toBeGreaterThan(0);
    expect(node.chain.justification(block?.hash ?? nowhere)).toBeDefined();
    expect(block?.justifications).toEqual([]);
    const alone = { header: false, body: false, justification: true };
    const [proof] = served.blocks(request({ parts: alone, maxBlocks: 1 }), 1 << 20);
    expect(proof?.justifications).toMatchObject([{ engine: "FRNK" }]);
    const parts = { header: false, body: false, justification: false };
    expect(served.blocks(request({ parts, maxBlocks: 1 }), 1 << 20)).toEqual([
      { hash: node.chain.hashAt(1), header: undefined, body: [], justifications: [] },
    ]);
  });
});

describe("proofs", () => {
  const rootOf = (number: number) =>
    node.chain.header(node.chain.hashAt(number) ?? nowhere)?.stateRoot ?? nowhere;

  test("of reads hold, for keys that are there, that are not, and that end inside an edge", () => {
    const keys = [utf8(":code"), utf8(":cod"), utf8(":heappages"), STORAGE.grandpaAuthorities.key];
    const proof = served.readProof(node.chain.best.hash, keys);
    const view = proof && verifyProof({ root: rootOf(5), proof });
    if (!view?.ok) throw new Error("the proof is one");
    for (const key of keys)
      expect(view.value.get(key)).toEqual({
        ok: true,
        value: node.chain.stateOf(node.chain.best.header).get(key),
      });
    expect(view.value.get(utf8(":cod"))).toEqual({ ok: true, value: undefined });
  });

  test("of calls cover what the call reads", () => {
    const block = node.chain.best.hash;
    const proof = served.callProof(block, "BabeApi_current_epoch", new Uint8Array(0));
    expect(proof && verifyProof({ root: rootOf(5), proof }).ok).toBe(true);
    expect(proof?.length).toBeGreaterThan(1);
  });

  test("of blocks that are not there, or of keys too long, are none", () => {
    expect(served.readProof(nowhere, [])).toBe(undefined);
    expect(served.readProof(node.chain.best.hash, [new Uint8Array(2000)])).toBe(undefined);
    expect(served.callProof(nowhere, "Core_version", new Uint8Array(0))).toBe(undefined);
  });
});

describe("state", () => {
  test("comes in ranges that make the whole, each proven", () => {
    const { hash, header } = node.chain.best;
    const trie = node.chain.stateOf(header);
    const seen: Uint8Array[] = [];
    for (let isComplete = false; !isComplete; ) {
      const last = seen.at(-1);
      const start = last === undefined ? [] : [last];
      const answer = served.state({ block: hash, start, noProof: false }, 20_000);
      const plain = served.state({ block: hash, start, noProof: true }, 20_000);
      const proof = answer && decode(storageProof, answer.proof);
      const after = last ?? new Uint8Array(0);
      const range = proof?.ok ? verifyStateRange(header.stateRoot, after, proof.value) : undefined;
      if (!range?.ok) throw new Error("there is a range");
      expect(answer?.tries).toEqual([]);
      const keys = plain?.tries[0]?.entries.map(({ key }) => key) ?? [];
      // What comes next is a part of the proof, to show that nothing lies between; short neighbours are inside their branch.
      const { keys: proven } = range.value;
      expect(proven - keys.length).toBeGreaterThanOrEqual(0);
      expect(proven - keys.length).toBeLessThanOrEqual(16);
      const inRange = trie.keys(new Uint8Array(0), { limit: proven, after });
      expect(inRange.slice(0, keys.length)).toEqual(keys);
      expect(inRange.at(-1) ?? after).toEqual(range.value.last);
      seen.push(...inRange);
      isComplete = range.value.isComplete;
    }
    expect(seen).toEqual(trie.keys(new Uint8Array(0)));
  });

  test("of child tries, or of blocks that are not there, is refused", () => {
    const { hash } = node.chain.best;
    const key = utf8("a");
    expect(served.state({ block: nowhere, start: [], noProof: true }, 1000)).toBe(undefined);
    expect(served.state({ block: hash, start: [key, key], noProof: true }, 1000)).toBe(undefined);
  });
});

describe("a warp proof", () => {
  test("ends with the newest finalized block and its justification", () => {
    const proof = served.warpProof(node.chain.genesisHash, 1 << 20);
    expect(proof?.isFinished).toBe(true);
    const fragment = proof?.fragments.at(-1);
    if (fragment === undefined) throw new Error("there is a fragment");
    expect(fragment.header.number).toBe(node.chain.finalized.number);
    const stored = decode(
      Justification,
      node.chain.justification(headerHash(fragment.header)) ?? nowhere,
    );
    expect({ ok: true, value: fragment.justification }).toEqual(stored);
    const authorities = [{ key: node.keystore.grandpaKey, weight: 1n }];
    const { justification } = fragment;
    expect(verifyJustification({ justification, set: { setId: 0n, authorities } }).ok).toBe(true);
  });

  test("from the finalized block on is empty, from elsewhere refused, and never longer than asked", () => {
    const { hash } = node.chain.finalized;
    expect(served.warpProof(hash, 1 << 20)).toEqual({ fragments: [], isFinished: true });
    expect(served.warpProof(nowhere, 1 << 20)).toBe(undefined);
    expect(served.warpProof(node.chain.genesisHash, 10)).toEqual({
      fragments: [],
      isFinished: false,
    });
  });
});
