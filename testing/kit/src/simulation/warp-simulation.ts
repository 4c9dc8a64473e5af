/** A node that starts in the middle of a chain from honest and bad peers: warp, state, then the past, on a virtual clock. */
import {
  type BlockData,
  type BlockRequest,
  bytesKey,
  createGapSync,
  createStateSync,
  createWarpSync,
  type FetchInput,
  Justification,
  type SerialFetch,
  startFromGenesis,
  type WarpFragment,
  type WarpProof,
} from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { createPeerManager, DEFAULT_PEER_LIMITS } from "@pha/network/peers";
import { decode, encode, equalBytes, u32 } from "@pha/scale";
import {
  applyChanges,
  createProof,
  EMPTY_ROOT,
  encodeCompactProof,
  MemoryNodes,
  openTrie,
  type Trie,
} from "@pha/state";
import { EventQueue } from "./event-queue.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";
import { blockOf, SyncTruth } from "./sync-blocks.ts";
import { Trace } from "./trace.ts";

export const WARP_MISBEHAVIOURS = ["forges", "cuts", "shows nothing", "stalls", "refuses"] as const;
export type WarpMisbehaviour = (typeof WARP_MISBEHAVIOURS)[number];

export interface WarpResult {
  readonly violation: string | undefined;
  readonly digest: string;
  readonly banned: readonly WarpMisbehaviour[];
}

const LONGEST_MS = 3_600_000;
const NONE = new Uint8Array(0);

interface Peer {
  readonly name: string;
  readonly misbehaviour: WarpMisbehaviour | undefined;
  readonly latencyMs: number;
}

/** Answers of the honest, and what a forger makes of them. */
interface Source<Request, Answer> {
  honest(request: Request): Answer;
  forged(answer: Answer): Answer;
  cut(answer: Answer): Answer;
  readonly nothing: Answer;
}

export function simulateWarp(seed: number): WarpResult {
  const random = seededRandom(seed * 7_907 + 3);
  const truth = new SyncTruth(random);
  for (let i = random.between(30, 400); i > 0; i--) truth.author();
  const trie = stateOf(random);
  const trace = new Trace();
  const banned: WarpMisbehaviour[] = [];
  const manager = createPeerManager({
    self: "node",
    reserved: [],
    bootNodes: [],
    reservedOnly: false,
    limits: DEFAULT_PEER_LIMITS,
  });
  const peers = new Map<string, Peer>();
  const add = (name: string, misbehaviour: WarpMisbehaviour | undefined): void => {
    peers.set(name, { name, misbehaviour, latencyMs: random.between(5, 500) });
    manager.connected(name, "in", 0);
  };
  add("honest", undefined);
  if (random.chance(0.5)) add("honest too", undefined);
  for (let i = random.between(0, 5); i > 0; i--) add(`bad ${i}`, random.pick(WARP_MISBEHAVIOURS));
  const loss = random.chance(0.5) ? 0 : random.unit() * 0.04;
  let startedMs = 0;
  let violation: string | undefined;

  /** Runs one fetch to its end. */
  const run = <Request, Answer, Found>(
    fetch: SerialFetch<Request, Answer, Found>,
    source: Source<Request, Answer>,
    onFound: (found: Found) => void,
    isOver: (nowMs: number) => boolean,
  ): void => {
    const queue = new EventQueue<FetchInput<Answer>>();
    for (const name of random.shuffled([...peers.keys()]))
      queue.add(random.between(0, 2_000), { type: "joined", peer: name });
    queue.add(500, { type: "tick" });
    for (let next = queue.next(); next && violation === undefined; next = queue.next()) {
      const now = startedMs + next.atMs;
      trace.add(`${now} ${next.what.type}`);
      if (next.what.type === "tick") queue.add(500, next.what);
      for (const output of fetch.step(next.what, now)) {
        if (output.type === "found") onFound(output.found);
        else if (output.type === "report") {
          const peer = peers.get(output.peer);
          trace.add(`report ${output.peer} ${output.code}`);
          if (manager.report(output.peer, output.code, now).length === 0 || !peer) continue;
          if (peer.misbehaviour) banned.push(peer.misbehaviour);
          else violation = `an honest peer is banned: ${output.code}`;
          peers.delete(output.peer);
          queue.add(0, { type: "left", peer: output.peer });
        } else answer(output, source, queue);
      }
      if (isOver(now)) {
        startedMs = now;
        return;
      }
      if (now > LONGEST_MS) violation = "it does not arrive";
    }
  };
  const answer = <Request, Answer>(
    { id, peer: name, request }: { id: number; peer: string; request: Request },
    source: Source<Request, Answer>,
    queue: EventQueue<FetchInput<Answer>>,
  ): void => {
    const peer = peers.get(name);
    if (!peer || peer.misbehaviour === "stalls" || random.chance(loss)) return;
    if (peer.misbehaviour === "refuses") {
      queue.add(peer.latencyMs, { type: "failed", id, reason: "refused" });
      return;
    }
    const honest = source.honest(request);
    const given =
      peer.misbehaviour === "forges"
        ? source.forged(honest)
        : peer.misbehaviour === "cuts"
          ? source.cut(honest)
          : peer.misbehaviour === "shows nothing"
            ? source.nothing
            : honest;
    queue.add(peer.latencyMs, { type: "answer", id, peer: name, answer: given });
  };

  const genesis = truth.at(0);
  const warp = createWarpSync(
    startFromGenesis({ genesisHeader: genesis.header, set: truth.setOf(1) }),
  );
  run(
    warp.fetch,
    warpSource(truth),
    () => {},
    (now) => warp.isFinished(now),
  );
  const { hash, number } = warp.state.finalized;
  if (violation === undefined && !equalBytes(truth.at(number).hash, hash))
    violation = `a block is final that is not: ${number}`;

  const state = createStateSync({ block: hash, stateRoot: trie.root });
  const nodes = new Map<string, Uint8Array>();
  run(
    state.fetch,
    stateSource(trie),
    (range) => {
      for (const { hash: at, bytes } of range.nodes) nodes.set(bytesKey(at), bytes);
    },
    () => state.isComplete,
  );
  const getNode = (at: Uint8Array) => nodes.get(bytesKey(at));
  if (
    violation === undefined &&
    !isSameState(openTrie({ root: trie.root, version: 1, nodes: { getNode } }), trie)
  )
    violation = "the state is another";

  if (violation === undefined && number > 0) {
    const gap = createGapSync({ hash, number }, genesis.hash);
    let at = number;
    run(
      gap.fetch,
      pastSource(truth),
      ({ blocks }) => {
        for (const block of blocks)
          if (!equalBytes(block.hash, truth.at(at--).hash)) violation = "the past is another";
      },
      () => gap.next === undefined,
    );
    if (violation === undefined && at !== 0) violation = "the past is not whole";
  }
  return { violation, digest: trace.digest(), banned };
}

function isSameState(found: Trie, truth: Trie): boolean {
  const keys = found.keys(NONE);
  return (
    keys.length === truth.keys(NONE).length &&
    keys.every((key) => equalBytes(found.get(key) ?? NONE, truth.get(key) ?? NONE))
  );
}

function stateOf(random: SeededRandom): Trie {
  const nodes = new MemoryNodes();
  const entries = Array.from(
    { length: random.between(1, 300) },
    (_, i) => [blake2b256(encode(u32, i)), new Uint8Array(random.between(1, 80)).fill(i)] as const,
  );
  const empty = openTrie({ root: EMPTY_ROOT, version: 1, nodes });
  const { root, inserted } = applyChanges(empty, entries);
  nodes.insert(inserted);
  return openTrie({ root, version: 1, nodes });
}

function warpSource(truth: SyncTruth): Source<{ readonly begin: Uint8Array }, WarpProof> {
  const fragmentAt = (number: number): WarpFragment | undefined => {
    const proof = truth.proofOf(number);
    const justification = proof && decode(Justification, proof);
    return justification?.ok
      ? { header: truth.at(number).header, justification: justification.value }
      : undefined;
  };
  return {
    honest({ begin }) {
      const from = truth.main.findIndex(({ hash }) => equalBytes(hash, begin));
      const provable = truth.main.filter(({ number }) => number > from && fragmentAt(number));
      const fragments = provable
        .filter(({ number }, i) => truth.isChange(number) || i === provable.length - 1)
        .flatMap(({ number }) => fragmentAt(number) ?? []);
      return { fragments, isFinished: true };
    },
    forged: (proof) => ({
      ...proof,
      fragments: proof.fragments.map(({ justification }) => ({
        header: blockOf({ parent: truth.best, nonce: 7, isForged: true }).header,
        justification,
      })),
    }),
    cut: ({ fragments }) => ({ fragments: fragments.slice(0, 1), isFinished: true }),
    nothing: { fragments: [], isFinished: false },
  };
}

function stateSource(trie: Trie): Source<{ readonly after: Uint8Array }, readonly Uint8Array[]> {
  return {
    honest({ after }) {
      const keys = trie.keys(NONE, { limit: 40, ...(after.length > 0 ? { after } : {}) });
      const nextKeys = [after, keys.at(-1) ?? after];
      return encodeCompactProof(trie.root, createProof(trie, keys, { nextKeys }));
    },
    forged: (proof) =>
      proof.map((one, i) => (i === proof.length - 1 ? one.map((byte) => byte ^ 1) : one)),
    cut: (proof) => proof.slice(0, -1),
    nothing: [],
  };
}

function pastSource(truth: SyncTruth): Source<BlockRequest, readonly BlockData[]> {
  return {
    honest({ from, maxBlocks, parts }) {
      const top = truth.main.findIndex(({ hash }) => equalBytes(hash, from.hash ?? NONE));
      return Array.from({ length: Math.min(maxBlocks, top + 1) }, (_, i) =>
        truth.data(truth.at(top - i), parts),
      );
    },
    forged: (blocks) => blocks.map((one) => ({ ...one, body: [Uint8Array.of(4, 9)] })),
    cut: (blocks) => blocks.slice(0, 1),
    nothing: [],
  };
}
