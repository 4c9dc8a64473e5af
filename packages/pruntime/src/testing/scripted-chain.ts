/**
 * A small real chain without a runtime: headers over state tries, GRANDPA justifications, read proofs.
 *
 * What stands in the state is up to the test. All in memory; a fork shares what came before it.
 */
import {
  encodeHeader,
  grandpaDigestItem,
  type Header,
  headerHash,
  Justification,
  signedPrecommitPayload,
} from "@pha/consensus";
import { blake2b256, ed25519PublicKey, ed25519Sign } from "@pha/crypto";
import {
  BLOCK_KEYS,
  type BlockRef,
  GENESIS_KEYS,
  type Message,
  STORAGE,
  type SyncBatch,
  type SyncWarp,
} from "@pha/protocol";
import { assert, encode, toHex, utf8 } from "@pha/scale";
import { applyChanges, createProof, EMPTY_ROOT, openTrie, type Trie } from "@pha/state";
import type { HistoryBatch } from "../core/index.ts";

export const BLOCK_MS = 1000;
const GENESIS_MS = 1_700_000_000_000n;

/** Seed of a GRANDPA voter. */
export function voterSeed(name: string): Uint8Array {
  return blake2b256(utf8(`voter ${name}`));
}

interface Block {
  readonly header: Header;
  readonly encoded: Uint8Array;
  readonly ref: BlockRef;
  readonly trie: Trie;
  readonly voters: readonly Uint8Array[];
  readonly setId: bigint;
  readonly endsSet: boolean;
}

export interface JustifyOptions {
  readonly voters?: readonly Uint8Array[];
  readonly setId?: bigint;
  readonly round?: bigint;
}

export interface ScriptedChain {
  readonly genesisHash: Uint8Array;
  readonly genesisHeader: Uint8Array;
  /** Of `Grandpa.Authorities`. */
  readonly genesisProof: readonly Uint8Array[];
  readonly head: BlockRef;
  /** Chain time of the next block in ms. */
  readonly nextTimeMs: bigint;
  put(key: Uint8Array, value: Uint8Array | undefined): void;
  get(key: Uint8Array): Uint8Array | undefined;
  push(message: Message): void;
  /** Makes the next block of what was put and pushed. */
  addBlock(options?: { readonly nextVoters?: readonly Uint8Array[] }): BlockRef;
  ref(number: number): BlockRef;
  header(number: number): Header;
  encodedHeader(number: number): Uint8Array;
  justification(number: number, options?: JustifyOptions): Uint8Array;
  /** Blocks from `from` on, up to the head or the end of an authority set; absent beyond the head. */
  batch(from: number, most?: number): SyncBatch | undefined;
  /** From set change to set change over the blocks after one, up to `to`; default: the head. */
  warp(after: number, to?: number): SyncWarp;
  history(from: number, to: number): HistoryBatch;
  /** Absent when the block is not of this chain. */
  proof(block: BlockRef, keys: readonly Uint8Array[]): readonly Uint8Array[] | undefined;
  /** Another chain that has the same blocks up to `number`. */
  fork(number: number): ScriptedChain;
}

export function createScriptedChain(options: {
  readonly voters?: readonly Uint8Array[];
  readonly state?: readonly (readonly [Uint8Array, Uint8Array])[];
}): ScriptedChain {
  const voters = options.voters ?? [voterSeed("one")];
  const nodes = new Map<string, Uint8Array>();
  const empty = openTrie({
    root: EMPTY_ROOT,
    version: 1,
    nodes: { getNode: (hash) => nodes.get(toHex(hash)) },
  });
  const trie = change(nodes, empty, [
    [
      STORAGE.grandpaAuthorities.key,
      encode(
        STORAGE.grandpaAuthorities.value,
        voters.map((seed): [Uint8Array, bigint] => [ed25519PublicKey(seed), 1n]),
      ),
    ],
    [STORAGE.now.key, encode(STORAGE.now.value, GENESIS_MS)],
    ...(options.state ?? []),
  ]);
  const genesis = blockOf(
    {
      parentHash: new Uint8Array(32),
      number: 0,
      stateRoot: trie.root,
      extrinsicsRoot: new Uint8Array(32),
      digest: [],
    },
    { trie, voters, setId: 0n, endsSet: false },
  );
  return chainOf([genesis], nodes);
}

function change(
  nodes: Map<string, Uint8Array>,
  trie: Trie,
  changes: readonly (readonly [Uint8Array, Uint8Array | undefined])[],
): Trie {
  const next = applyChanges(trie, changes);
  for (const { hash, bytes } of next.inserted) nodes.set(toHex(hash), bytes);
  return next.trie;
}

function blockOf(
  header: Header,
  rest: Pick<Block, "trie" | "voters" | "setId" | "endsSet">,
): Block {
  const encoded = encodeHeader(header);
  return { header, encoded, ref: { number: header.number, hash: headerHash(header) }, ...rest };
}

function chainOf(known: readonly Block[], nodes: Map<string, Uint8Array>): ScriptedChain {
  const blocks = [...known];
  let changes = new Map<string, readonly [Uint8Array, Uint8Array | undefined]>();
  let messages: Message[] = [];
  /** Voters of the next block when they are others than its parent's. */
  let upcoming: readonly Uint8Array[] | undefined;

  function at(number: number): Block {
    const block = blocks[number];
    assert(block, "the chain has this block");
    return block;
  }
  const head = () => at(blocks.length - 1);

  function put(key: Uint8Array, value: Uint8Array | undefined): void {
    changes.set(toHex(key), [key, value]);
  }

  function nextTimeMs(): bigint {
    return GENESIS_MS + BigInt(blocks.length * BLOCK_MS);
  }

  function justification(number: number, options: JustifyOptions = {}): Uint8Array {
    const block = at(number);
    const { voters = block.voters, setId = block.setId, round = BigInt(number) } = options;
    const target = block.ref;
    const payload = signedPrecommitPayload({ ...target, round, setId });
    return encode(Justification, {
      round,
      target,
      precommits: voters.map((seed) => ({
        target,
        signature: ed25519Sign(seed, payload),
        authority: ed25519PublicKey(seed),
      })),
      votesAncestries: [],
    });
  }

  function range(from: number, to: number): HistoryBatch {
    const wanted = blocks.slice(from, to + 1);
    return {
      headers: wanted.map(({ encoded }) => encoded.slice()),
      proofs: wanted.map(({ trie }) => copies(createProof(trie, BLOCK_KEYS))),
    };
  }

  return {
    genesisHash: at(0).ref.hash,
    genesisHeader: at(0).encoded,
    genesisProof: createProof(at(0).trie, GENESIS_KEYS),
    get head() {
      return head().ref;
    },
    get nextTimeMs() {
      return nextTimeMs();
    },
    put,
    get(key) {
      const changed = changes.get(toHex(key));
      return changed ? changed[1] : head().trie.get(key);
    },
    push(message) {
      messages.push(message);
    },
    addBlock({ nextVoters } = {}) {
      const parent = head();
      put(STORAGE.now.key, encode(STORAGE.now.value, nextTimeMs()));
      put(
        STORAGE.outboundMessages.key,
        messages.length === 0 ? undefined : encode(STORAGE.outboundMessages.value, messages),
      );
      const trie = change(nodes, parent.trie, [...changes.values()]);
      changes = new Map();
      messages = [];
      const { endsSet, setId } = parent;
      const scheduled = nextVoters?.map((seed) => ({ key: ed25519PublicKey(seed), weight: 1n }));
      const block = blockOf(
        {
          parentHash: parent.ref.hash,
          number: blocks.length,
          stateRoot: trie.root,
          extrinsicsRoot: new Uint8Array(32),
          digest: scheduled
            ? [
                grandpaDigestItem({
                  type: "ScheduledChange",
                  value: { authorities: scheduled, delay: 0 },
                }),
              ]
            : [],
        },
        {
          trie,
          voters: upcoming ?? parent.voters,
          setId: endsSet ? setId + 1n : setId,
          endsSet: scheduled !== undefined,
        },
      );
      upcoming = nextVoters;
      blocks.push(block);
      return block.ref;
    },
    ref: (number) => at(number).ref,
    header: (number) => at(number).header,
    encodedHeader: (number) => at(number).encoded,
    justification,
    batch(from, most = 512) {
      if (from >= blocks.length) return undefined;
      let to = Math.min(blocks.length - 1, from + most - 1);
      const end = blocks.findIndex(({ ref, endsSet }) => endsSet && ref.number >= from);
      if (end >= 0) to = Math.min(to, end);
      return { ...range(from, to), justification: justification(to) };
    },
    warp(after, to = blocks.length - 1) {
      const between = blocks.slice(after + 1, to).filter(({ endsSet }) => endsSet);
      const numbers = [...between.map(({ ref }) => ref.number), to];
      return {
        headers: numbers.map((number) => at(number).encoded.slice()),
        justifications: numbers.map((number) => justification(number)),
        proof: copies(createProof(at(to).trie, BLOCK_KEYS)),
      };
    },
    history: range,
    proof(block, keys) {
      const known = blocks[block.number];
      if (known === undefined || toHex(known.ref.hash) !== toHex(block.hash)) return undefined;
      return copies(createProof(known.trie, keys));
    },
    fork: (number) => chainOf(blocks.slice(0, number + 1), nodes),
  };
}

/** Own buffers, as frames of a pipe have. */
function copies(proof: readonly Uint8Array[]): readonly Uint8Array[] {
  return proof.map((node) => node.slice());
}
