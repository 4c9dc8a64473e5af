import { blake2b256, ed25519PublicKey, ed25519Sign } from "@pha/crypto";
import { utf8 } from "@pha/scale";
import {
  applyChanges,
  createProof,
  EMPTY_ROOT,
  encodeCompactProof,
  MemoryNodes,
  openTrie,
  orderedTrieRoot,
  type Trie,
} from "@pha/state";
import { beforeAll, describe, expect, test } from "vitest";
import type { AuthoritySet } from "../grandpa/authority-set.ts";
import { grandpaDigestItem } from "../grandpa/digest.ts";
import { signedPrecommitPayload } from "../grandpa/vote.ts";
import { type DigestItem, encodeHeader, type Header, headerHash } from "../header.ts";
import { startFromGenesis } from "../light-client/state.ts";
import type { BlockData, BlockRequest } from "./block-messages.ts";
import { createGapSync } from "./gap-sync.ts";
import { FETCH_MS, type FetchInput, type SerialFetch } from "./serial-fetch.ts";
import { createStateSync, verifyStateRange } from "./state-sync.ts";
import { verifyWarpProof } from "./verify-warp-proof.ts";
import { MAX_WARP_FRAGMENTS, type WarpFragment, type WarpProof } from "./warp-proof.ts";
import { createWarpSync, SETTLE_MS } from "./warp-sync.ts";

const NONE = new Uint8Array(0);
const seedOf = (set: number, voter: number) => blake2b256(Uint8Array.of(set, voter));
const setOf = (set: number): AuthoritySet => ({
  setId: BigInt(set),
  authorities: [0, 1, 2, 3].map((voter) => ({
    key: ed25519PublicKey(seedOf(set, voter)),
    weight: 1n,
  })),
});
const changeTo = (set: number): DigestItem =>
  grandpaDigestItem({
    type: "ScheduledChange",
    value: { authorities: setOf(set).authorities, delay: 0 },
  });
const header = (number: number, digest: readonly DigestItem[] = []): Header => ({
  parentHash: blake2b256(Uint8Array.of(number)),
  number,
  stateRoot: blake2b256(utf8(`state ${number}`)),
  extrinsicsRoot: EMPTY_ROOT,
  digest,
});
function fragment(of: Header, set: number): WarpFragment {
  const target = { hash: headerHash(of), number: of.number };
  const payload = signedPrecommitPayload({ ...target, round: 1n, setId: BigInt(set) });
  const precommits = [0, 1, 2].map((voter) => ({
    target,
    signature: ed25519Sign(seedOf(set, voter), payload),
    authority: ed25519PublicKey(seedOf(set, voter)),
  }));
  return { header: of, justification: { round: 1n, target, precommits, votesAncestries: [] } };
}
const genesis = startFromGenesis({ genesisHeader: header(0), set: setOf(0) });
const changes = [fragment(header(100, [changeTo(1)]), 0), fragment(header(200, [changeTo(2)]), 1)];
const newest = fragment(header(230), 2);
const whole: WarpProof = { fragments: [...changes, newest], isFinished: true };

/** Feeds a fetch with answers until it asks nothing more, and says what came of it. */
function drive<Request, Answer, Found>(
  fetch: SerialFetch<Request, Answer, Found>,
  peers: Readonly<Record<string, (request: Request) => Answer | "silent" | "refused">>,
) {
  const found: Found[] = [];
  const reports: [string, string][] = [];
  let now = 0;
  const inputs: FetchInput<Answer>[] = Object.keys(peers).map((peer) => ({ type: "joined", peer }));
  for (let steps = 0; steps < 200; steps++) {
    const input = inputs.shift() ?? { type: "tick" as const };
    if (input.type === "tick") now += 2_000;
    for (const output of fetch.step(input, now)) {
      if (output.type === "found") found.push(output.found);
      else if (output.type === "report") reports.push([output.peer, output.code]);
      else {
        const { id, peer, request } = output;
        const answer = peers[peer]?.(request);
        if (answer === "refused") inputs.push({ type: "failed", id, reason: "refused" });
        else if (answer !== undefined && answer !== "silent")
          inputs.push({ type: "answer", id, peer, answer });
      }
    }
  }
  return { found, reports };
}

describe("a warp proof", () => {
  const codeOf = (proof: WarpProof) => {
    const warped = verifyWarpProof(genesis, proof);
    return warped.ok ? "ok" : warped.error.code;
  };
  test("leads from set to set to the newest block", () => {
    const warped = verifyWarpProof(genesis, whole);
    expect(warped.ok && warped.value.state).toMatchObject({
      finalized: { hash: headerHash(newest.header), number: 230 },
      set: setOf(2),
    });
    expect(codeOf({ fragments: changes, isFinished: false })).toBe("ok");
    expect(codeOf({ fragments: [], isFinished: true })).toBe("ok");
  });

  test.each([
    ["without anything", "warp/empty", { fragments: [], isFinished: false }],
    [
      "with a change left out",
      "justification/unknown-authority",
      { ...whole, fragments: [changes[1]!, newest] },
    ],
    ["with the newest block before the end", "warp/no-set-change", { ...whole, isFinished: false }],
    ["out of order", "warp/not-ascending", { ...whole, fragments: [changes[0]!, changes[0]!] }],
    [
      "by another set",
      "justification/unknown-authority",
      { ...whole, fragments: [fragment(header(9), 1)] },
    ],
    [
      "with more fragments than there may be",
      "warp/too-long",
      { ...whole, fragments: new Array<WarpFragment>(MAX_WARP_FRAGMENTS + 1).fill(newest) },
    ],
    [
      "for another header",
      "justification/wrong-target",
      { ...whole, fragments: [{ ...newest, header: header(10) }] },
    ],
  ] as const)("%s is refused: %s", (_what, code, proof) => {
    expect(codeOf(proof)).toBe(code);
  });

  test("is asked of everyone before its end is believed; who lies is reported", () => {
    const sync = createWarpSync(genesis);
    const behind = { fragments: [changes[0]!], isFinished: true };
    const { reports, found } = drive(sync.fetch, {
      behind: ({ begin }) => (begin === genesis.finalized.hash ? behind : "refused"),
      forged: () => ({ fragments: [fragment(header(300), 7)], isFinished: true }),
      silent: () => "silent",
      honest: ({ begin }) => {
        const at = [
          genesis.finalized.hash,
          ...whole.fragments.map((one) => headerHash(one.header)),
        ];
        const from = at.findIndex((hash) => hash.every((byte, i) => byte === begin[i]));
        return { fragments: whole.fragments.slice(from), isFinished: true };
      },
    });
    expect(sync.state.finalized.number).toBe(230);
    expect(found.flatMap(({ fragments }) => fragments)).toEqual(whole.fragments);
    expect(reports).toContainEqual(["forged", "peer/bad-proof"]);
    expect(reports).toContainEqual(["silent", "peer/no-answer"]);
    expect(reports.filter(([peer]) => peer === "honest")).toEqual([]);
    expect(sync.isFinished(0)).toBe(true);
  });

  test("waits for those who were not asked, but not for ever", () => {
    const sync = createWarpSync(genesis);
    sync.fetch.step({ type: "joined", peer: "one" }, 0);
    sync.fetch.step({ type: "answer", id: 1, peer: "one", answer: whole }, 0);
    sync.fetch.step({ type: "joined", peer: "two" }, 0);
    expect(sync.isFinished(0)).toBe(false);
    expect(sync.isFinished(SETTLE_MS)).toBe(true);
  });
});

describe("state", () => {
  let trie: Trie;
  beforeAll(() => {
    const nodes = new MemoryNodes();
    const entries = Array.from(
      { length: 200 },
      (_, i) => [blake2b256(Uint8Array.of(i)), new Uint8Array(10 + (i % 60)).fill(i)] as const,
    );
    const empty = openTrie({ root: EMPTY_ROOT, version: 1, nodes });
    const { root, inserted } = applyChanges(empty, entries);
    nodes.insert(inserted);
    trie = openTrie({ root, version: 1, nodes });
  });
  const rangeAfter = (after: Uint8Array, limit = 30): readonly Uint8Array[] => {
    const keys = trie.keys(NONE, { limit, ...(after.length > 0 ? { after } : {}) });
    const nextKeys = [after, keys.at(-1) ?? after];
    return encodeCompactProof(trie.root, createProof(trie, keys, { nextKeys }));
  };
  const start = () => ({ block: headerHash(header(230)), stateRoot: trie.root });

  test("comes in ranges whose nodes are the whole trie; bad proofs change nothing", () => {
    const sync = createStateSync(start());
    const flipped = (proof: readonly Uint8Array[]) =>
      proof.map((one, i) => (i === 1 ? one.map((byte) => byte ^ 1) : one));
    const { found, reports } = drive(sync.fetch, {
      forged: ({ after }) => flipped(rangeAfter(after)),
      empty: () => [],
      idle: ({ after }) => encodeCompactProof(trie.root, createProof(trie, [after])),
      none: () => "refused",
      honest: ({ after }) => rangeAfter(after),
    });
    expect(sync.isComplete).toBe(true);
    const nodes = new Map(
      found.flatMap((range) => range.nodes.map(({ hash, bytes }) => [`${hash}`, bytes] as const)),
    );
    const copy = openTrie({
      root: trie.root,
      version: 1,
      nodes: { getNode: (hash) => nodes.get(`${hash}`) },
    });
    expect(copy.keys(NONE)).toEqual(trie.keys(NONE));
    for (const key of copy.keys(NONE)) expect(copy.get(key)).toEqual(trie.get(key));
    expect(reports).toContainEqual(["forged", "peer/bad-proof"]);
    expect(reports).toContainEqual(["empty", "peer/bad-proof"]);
    expect(reports).toContainEqual(["idle", "peer/bad-proof"]);
    expect(reports).toContainEqual(["none", "peer/request-refused"]);
    expect(reports.filter(([peer]) => peer === "honest")).toEqual([]);
  });

  test("goes on after the key that is here", () => {
    const after = trie.keys(NONE, { limit: 150 }).at(-1) ?? NONE;
    const sync = createStateSync({ ...start(), after });
    const { found } = drive(sync.fetch, { honest: (request) => rangeAfter(request.after) });
    expect(found.reduce((sum, { keys }) => sum + keys, 0)).toBe(50);
    expect(sync.isComplete).toBe(true);
  });

  test("that nobody has is unavailable", () => {
    const sync = createStateSync(start());
    drive(sync.fetch, { one: () => "refused", two: () => "refused" });
    expect([sync.isComplete, sync.isUnavailable]).toEqual([false, true]);
  });

  test.each([
    [
      "of another root",
      () => verifyStateRange(blake2b256(trie.root), NONE, rangeAfter(NONE)),
      "proof/root-missing",
    ],
    [
      "that shows nothing",
      () => verifyStateRange(trie.root, NONE, encodeCompactProof(trie.root, createProof(trie, []))),
      "state-range/no-progress",
    ],
  ] as const)("%s is refused: %s", (_what, verify, code) => {
    expect(verify()).toMatchObject({ ok: false, error: { code } });
  });

  test("with more keys than an answer may have is refused", () => {
    const nodes = new MemoryNodes();
    const entries = Array.from({ length: 66_000 }, (_, i) => {
      const key = Uint8Array.of(i >> 16, i >> 8, i);
      return [key, Uint8Array.of(1)] as const;
    });
    const { root, inserted } = applyChanges(
      openTrie({ root: EMPTY_ROOT, version: 1, nodes }),
      entries,
    );
    const proof = encodeCompactProof(root, [
      ...new Map(inserted.map(({ hash, bytes }) => [`${hash}`, bytes])).values(),
    ]);
    expect(verifyStateRange(root, NONE, proof)).toMatchObject({
      error: { code: "state-range/too-many-keys" },
    });
  });

  test("of the empty trie is complete at once", () => {
    expect(verifyStateRange(EMPTY_ROOT, NONE, [Uint8Array.of(0)])).toMatchObject({
      ok: true,
      value: { keys: 0, isComplete: true },
    });
  });
});

describe("the past", () => {
  const bodies = Array.from({ length: 151 }, (_, i) => [Uint8Array.of(4, i)]);
  const chain: Header[] = [];
  for (const [number, body] of bodies.entries()) {
    const parent = chain.at(-1);
    chain.push({
      ...header(number),
      parentHash: parent ? headerHash(parent) : new Uint8Array(32),
      extrinsicsRoot: orderedTrieRoot(body),
    });
  }
  const hashes = chain.map(headerHash);
  const serve = ({ from, maxBlocks }: BlockRequest): readonly BlockData[] => {
    const top = hashes.findIndex((hash) => `${hash}` === `${from.hash}`);
    return Array.from({ length: Math.min(maxBlocks, top + 1) }, (_, i) => ({
      hash: hashes[top - i]!,
      header: encodeHeader(chain[top - i]!),
      body: bodies[top - i]!,
      justifications: [],
    }));
  };

  test("comes downwards, to block 1, from whoever sends what its hashes say", () => {
    const sync = createGapSync({ hash: hashes[150]!, number: 150 }, hashes[0]!);
    const { found, reports } = drive(sync.fetch, {
      otherBodies: (request) =>
        serve(request).map((one) => ({ ...one, body: [Uint8Array.of(4, 0xff)] })),
      others: (request) => serve(request).slice(1),
      nothing: () => [],
      honest: serve,
    });
    expect(found.flatMap(({ blocks }) => blocks.map(({ header: { number } }) => number))).toEqual(
      Array.from({ length: 150 }, (_, i) => 150 - i),
    );
    expect(sync.next).toBe(undefined);
    expect(reports).toContainEqual(["otherBodies", "peer/bad-block"]);
    expect(reports).toContainEqual(["others", "peer/not-asked-for"]);
    expect(reports).toContainEqual(["nothing", "peer/request-refused"]);
    expect(reports.filter(([peer]) => peer === "honest")).toEqual([]);
  });

  test("of another genesis is refused", () => {
    const sync = createGapSync({ hash: hashes[20]!, number: 20 }, blake2b256(NONE));
    const { found, reports } = drive(sync.fetch, { other: serve });
    expect(found).toEqual([]);
    expect(reports[0]).toEqual(["other", "peer/bad-block"]);
  });
});

describe("a serial fetch", () => {
  test("waits for no peer longer than its deadline, and takes no answer that was not asked for", () => {
    const sync = createGapSync({ hash: new Uint8Array(32), number: 5 }, NONE);
    expect(sync.fetch.step({ type: "joined", peer: "one" }, 0)).toMatchObject([
      { type: "request", id: 1 },
    ]);
    const unasked = { type: "answer", id: 99, peer: "one", answer: [] } as const;
    expect(sync.fetch.step(unasked, 1)).toEqual([
      { type: "report", peer: "one", code: "peer/not-asked-for" },
    ]);
    expect(sync.fetch.step({ type: "tick" }, FETCH_MS)).toEqual([
      { type: "report", peer: "one", code: "peer/no-answer" },
    ]);
    const late = { type: "answer", id: 1, peer: "one", answer: [] } as const;
    expect(sync.fetch.step(late, FETCH_MS + 1)).toEqual([]);
    expect(sync.fetch.step({ type: "left", peer: "one" }, FETCH_MS + 2)).toEqual([]);
    expect(sync.fetch.peerNames).toEqual([]);
  });

  test("reports answers that are no messages", () => {
    const sync = createGapSync({ hash: new Uint8Array(32), number: 5 }, NONE);
    sync.fetch.step({ type: "joined", peer: "one" }, 0);
    expect(sync.fetch.step({ type: "failed", id: 1, reason: "malformed" }, 1)).toEqual([
      { type: "report", peer: "one", code: "peer/malformed-message" },
    ]);
  });
});
