/** Full sync of blocks of transfers, against their signatures and trie alone; warp sync, against its signatures alone. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import {
  type Authority,
  type AuthoritySet,
  createStateSync,
  createWarpSync,
  type FetchInput,
  grandpaDigestItem,
  type Header,
  headerHash,
  type SerialFetch,
  signedPrecommitPayload,
  startFromGenesis,
  type WarpFragment,
} from "@pha/consensus";
import {
  blake2b256,
  ed25519FromSeed,
  ed25519Sign,
  ed25519Verify,
  sr25519Sign,
  sr25519Verify,
} from "@pha/crypto";
import { developmentChain } from "@pha/node";
import {
  aDevChain,
  createSignatureQueue,
  createSigner,
  FIRST_SLOT,
  SLOT_MS,
  servedChain,
  syncFrom,
  testPair,
} from "@pha/node/testing";
import { developmentPreset } from "@pha/runtime";
import { concatBytes, decode, encode, u32 } from "@pha/scale";
import { applyChanges, EMPTY_ROOT, MemoryNodes, openTrie, storageProof } from "@pha/state";
import type { Bench } from "./bench.ts";

/** Enough that the start of the thread and of the engine's compilers is not most of it; real chains are longer. */
const BLOCKS = 2_000;
const TRANSFERS = 20;
const ACCOUNTS = 1_000;
/** Keys that a transfer changes: two accounts, its event, and its share of what a block writes. */
const KEYS_A_TRANSFER = 3;

export const fullSync: Bench = {
  id: "sync/full",
  async run() {
    const source = aDevChain();
    const { runtime } = developmentPreset();
    const signer = createSigner(runtime, source.chain.genesisHash, "//Alice");
    const targets = Array.from({ length: ACCOUNTS }, (_, i) => testPair(`//Sync//${i}`).publicKey);
    let nonce = 0;
    for (let block = 0; block < BLOCKS; block++) {
      for (let i = 0; i < TRANSFERS; i++)
        source.pool.submit(signer.transfer(targets[nonce % ACCOUNTS]!, 2_000_000_000n, nonce++));
      await source.author();
    }
    const root = process.env["PHA_ROOT"] ?? process.cwd();
    // A runtime of its own: the source's remembers the signatures.
    const signatures = createSignatureQueue(() => new Worker(join(root, "dist", "signatures.js")));
    const development = developmentChain({ verifySignature: signatures.verify });
    const verifier = signatures.header;
    const follower = aDevChain({ follows: true, development, verifier });
    const nowMs = (FIRST_SLOT + BLOCKS + 1) * SLOT_MS;
    const began = performance.now();
    await syncFrom(source, follower, { nowMs, signatures });
    const seconds = (performance.now() - began) / 1000;
    await signatures.stop();
    return [
      {
        id: "sync/full-20-transfers",
        value: BLOCKS / seconds,
        unit: "blocks/s",
        better: "larger",
        against: { name: "its signatures and trie alone", value: 1 / secondsOfLimit() },
        samples: BLOCKS,
        floor: 300,
        goal: 600,
        note: `a chain of ${BLOCKS} blocks, from a peer in this process`,
      },
    ];
  },
};

/** Time of a block's signatures and changes of state, nothing else. */
function secondsOfLimit(): number {
  const pair = testPair("//Alice");
  const message = new Uint8Array(120);
  const signature = sr25519Sign(pair, message);
  const rounds = 200;
  const nodes = new MemoryNodes();
  const state = Array.from(
    { length: ACCOUNTS },
    (_, i) => [blake2b256(encode(u32, i)), new Uint8Array(80)] as const,
  );
  const built = applyChanges(openTrie({ root: EMPTY_ROOT, version: 1, nodes }), state);
  nodes.insert(built.inserted);
  let { trie } = built;
  const began = performance.now();
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < TRANSFERS; i++) sr25519Verify(pair.publicKey, message, signature);
    const changes = Array.from({ length: TRANSFERS * KEYS_A_TRANSFER }, (_, i) => {
      const key = blake2b256(encode(u32, (round * 61 + i) % ACCOUNTS));
      return [key, concatBytes(encode(u32, round), new Uint8Array(76))] as const;
    });
    const applied = applyChanges(trie, changes);
    nodes.insert(applied.inserted);
    trie = applied.trie;
  }
  return (performance.now() - began) / 1000 / rounds;
}

const WARP_BLOCKS = 10_000;
/** Blocks of an epoch of the development chain: the voters change with each. */
const SET_BLOCKS = 200;
const VOTERS = 100;
const SIGNED = 67;

export const warpSync: Bench = {
  id: "sync/warp",
  async run() {
    const source = aDevChain();
    for (let block = 0; block < 3; block++) await source.author();
    const { fragments, start } = warpChain(source.chain.best.header.stateRoot);
    const began = performance.now();
    const warp = createWarpSync(start);
    drive(warp.fetch, () => ({ fragments, isFinished: true }));
    const { hash, number, stateRoot } = warp.state.finalized;
    if (number !== WARP_BLOCKS) throw new Error(`warped to ${number}`);
    const state = createStateSync({ block: hash, stateRoot });
    const served = servedChain(source.chain);
    const block = source.chain.best.hash;
    drive(state.fetch, ({ after }) => {
      const from = after.length === 0 ? [] : [after];
      const answer = served.state({ block, start: from, noProof: false }, 1 << 20);
      const proof = decode(storageProof, answer?.proof ?? new Uint8Array(0));
      return proof.ok ? proof.value : [];
    });
    if (!state.isComplete) throw new Error("the state is not whole");
    const seconds = (performance.now() - began) / 1000;
    return [
      {
        id: "sync/warp-10000",
        value: seconds,
        unit: "s",
        better: "smaller",
        against: { name: "its signatures alone", value: secondsOfSignatures(fragments.length) },
        samples: fragments.length,
        floor: 10,
        goal: 2,
      },
    ];
  },
};

function secondsOfSignatures(fragments: number): number {
  const pair = ed25519FromSeed(new Uint8Array(32).fill(2));
  const message = new Uint8Array(53);
  const signature = ed25519Sign(pair.seed, message);
  const began = performance.now();
  for (let i = 0; i < fragments * SIGNED; i++) ed25519Verify(pair.publicKey, message, signature);
  return (performance.now() - began) / 1000;
}

/** Finality of a long chain whose voters change every epoch; its newest block has a real state. */
function warpChain(stateRoot: Uint8Array) {
  const pairs = Array.from({ length: VOTERS }, (_, i) =>
    ed25519FromSeed(blake2b256(encode(u32, i))),
  );
  const authoritiesOf = (set: number): readonly Authority[] =>
    pairs.map((_, i) => ({ key: pairs[(i + set) % VOTERS]!.publicKey, weight: 1n }));
  const setOf = (set: number): AuthoritySet => ({
    setId: BigInt(set),
    authorities: authoritiesOf(set),
  });
  const zero = new Uint8Array(32);
  const headerAt = (number: number): Header => ({
    parentHash: blake2b256(encode(u32, number)),
    number,
    stateRoot,
    extrinsicsRoot: zero,
    digest:
      number > 0 && number < WARP_BLOCKS
        ? [
            grandpaDigestItem({
              type: "ScheduledChange",
              value: { authorities: authoritiesOf(number / SET_BLOCKS), delay: 0 },
            }),
          ]
        : [],
  });
  const fragments: WarpFragment[] = [];
  for (let number = SET_BLOCKS; number <= WARP_BLOCKS; number += SET_BLOCKS) {
    const header = headerAt(number);
    const target = { hash: headerHash(header), number };
    const setId = BigInt(number / SET_BLOCKS - 1);
    const payload = signedPrecommitPayload({ ...target, round: 1n, setId });
    const precommits = pairs.slice(0, SIGNED).map(({ seed, publicKey }) => ({
      target,
      signature: ed25519Sign(seed, payload),
      authority: publicKey,
    }));
    fragments.push({
      header,
      justification: { round: 1n, target, precommits, votesAncestries: [] },
    });
  }
  const start = startFromGenesis({ genesisHeader: headerAt(0), set: setOf(0) });
  return { fragments, start };
}

/** Answers a fetch until it asks nothing more. */
function drive<Request, Answer, Found>(
  fetch: SerialFetch<Request, Answer, Found>,
  answer: (request: Request) => Answer,
): void {
  let input: FetchInput<Answer> | undefined = { type: "joined", peer: "source" };
  // An hour passes between two requests: their pace is not what is measured.
  for (let now = 0; input !== undefined; now += 3_600_000) {
    let next: FetchInput<Answer> | undefined;
    for (const output of fetch.step(input, now)) {
      if (output.type === "report") throw new Error(output.code);
      if (output.type === "request")
        next = { type: "answer", id: output.id, peer: "source", answer: answer(output.request) };
    }
    input = next;
  }
}
