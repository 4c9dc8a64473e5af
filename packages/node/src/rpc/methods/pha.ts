/** `pha_*`: what relayers and Pha's own clients ask for. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { encodeHeader, type Header, Justification } from "@pha/consensus";
import type { NetworkChain } from "@pha/network";
import {
  BLOCK_KEYS,
  GENESIS_KEYS,
  MAX_BATCH_BLOCKS,
  MAX_BATCH_BYTES,
  ReadProof,
  STORAGE,
  StateStep,
  SyncBatch,
  SyncWarp,
} from "@pha/protocol";
import { assert, boundedBytes, decode, encode, vec } from "@pha/scale";
import { createProof, MemoryNodes, openTrie } from "@pha/state";
import { nextAuthoritiesOf } from "../../chain/chain.ts";
import { genesisBlock } from "../../chain-spec.ts";
import { toHex } from "../../hex.ts";
import { servedChain } from "../../network/served-chain.ts";
import type { MethodGroup } from "../method.ts";
import type { NodeContext } from "../node-context.ts";
import { hashParam, numberParam } from "../params.ts";
import { invalidParams } from "../rpc-errors.ts";

const MAX_STEPS = 256;
/** Blocks of a batch that are proven before others have the thread. */
const BLOCKS_PER_TURN = 24;
const Steps = vec(StateStep, MAX_STEPS);
const Headers = vec(boundedBytes(256 << 10), MAX_BATCH_BLOCKS);
const Proofs = vec(ReadProof, MAX_BATCH_BLOCKS);

export function phaMethods(context: NodeContext): MethodGroup {
  const { chain, spec } = context;
  const served = servedChain(chain);
  let genesis: ReturnType<typeof provenGenesis> | undefined;
  return {
    /**
     * Chain, genesis hash, program, best and finalized block, whether TEEs are SIMULATED, size of the pool.
     */
    pha_info: () => ({
      chain: spec.name,
      genesisHash: toHex(chain.genesisHash),
      node: `${context.nodeName} ${context.nodeVersion}`,
      best: { number: chain.best.number, hash: toHex(chain.best.hash) },
      finalized: { number: chain.finalized.number, hash: toHex(chain.finalized.hash) },
      simulated: spec.isSimulated,
      pool: context.pool.size,
    }),
    /**
     * SCALE `SyncBatch` in hex: finalized headers, the justification that covers them, and a proof of the block
     * keys under each; null when there is nothing yet.
     */
    pha_syncBatch: async ({ params }) => {
      const from = numberParam(params, 0, "fromNumber");
      const max = numberParam(params, 1, "maxBlocks");
      if (from === 0) throw invalidParams("fromNumber is at least 1: everyone has block 0");
      const batch = await syncBatch(context, from, Math.min(max, MAX_BATCH_BLOCKS), BLOCK_KEYS);
      return batch ? toHex(encode(SyncBatch, batch)) : null;
    },
    /** From a finalized block to the newest one, or as far as a warp's bytes go, without the blocks between. */
    pha_syncWarp: ({ params }) => {
      const from = numberParam(params, 0, "afterNumber");
      const warp = syncWarp(context, served, from);
      return warp ? toHex(encode(SyncWarp, warp)) : null;
    },
    /** As `pha_syncBatch`, without proofs: what a client needs to follow finality. */
    pha_finality: async ({ params }) => {
      const from = numberParam(params, 0, "fromNumber");
      const max = numberParam(params, 1, "maxBlocks");
      if (from === 0) throw invalidParams("fromNumber is at least 1: everyone has block 0");
      const batch = await syncBatch(context, from, Math.min(max, MAX_BATCH_BLOCKS), []);
      return batch ? toHex(encode(SyncBatch, batch)) : null;
    },
    /** Genesis header and a proof, under it, of the first voters and of what never changes. */
    pha_genesis: () => {
      genesis ??= provenGenesis(context);
      return genesis;
    },
    /** Finalized blocks `from` to `to` with proofs of the block keys, for a pRuntime that restores. */
    pha_history: async ({ params }) => {
      const from = numberParam(params, 0, "from");
      const to = Math.min(numberParam(params, 1, "to"), chain.finalized.number);
      if (from === 0 || to < from || to - from >= MAX_BATCH_BLOCKS)
        throw invalidParams(`from is at least 1, and at most ${MAX_BATCH_BLOCKS} blocks are given`);
      const headers: Uint8Array[] = [];
      const proofs: (readonly Uint8Array[])[] = [];
      for (let number = from; number <= to; number++) {
        if (headers.length % BLOCKS_PER_TURN === BLOCKS_PER_TURN - 1) await nextTurn();
        const hash = chain.hashAt(number);
        const header = hash && chain.header(hash);
        assert(header, "finalized blocks are stored");
        headers.push(encodeHeader(header));
        proofs.push([...createProof(chain.stateOf(header), BLOCK_KEYS)]);
      }
      return { headers: toHex(encode(Headers, headers)), proofs: toHex(encode(Proofs, proofs)) };
    },
    /**
     * SCALE list in hex of a cluster's steps in the best block; not proven, they authenticate themselves.
     */
    pha_clusterSteps: ({ params }) => {
      const cluster = hashParam(params, 0, "cluster");
      const from = numberParam(params, 1, "fromIndex");
      const max = Math.min(numberParam(params, 2, "max"), MAX_STEPS);
      return toHex(encode(Steps, clusterSteps(context, cluster, from, max)));
    },
  };
}

/** From the chain spec: a pruned node has let the state of block 0 go. */
function provenGenesis({ chain, spec }: NodeContext) {
  const header = chain.header(chain.genesisHash);
  assert(header, "block 0 is stored");
  const { root, inserted } = genesisBlock(spec).state;
  const nodes = new MemoryNodes();
  nodes.insert(inserted);
  const proof = createProof(openTrie({ root, version: 1, nodes }), GENESIS_KEYS);
  return { header: toHex(encodeHeader(header)), proof: toHex(encode(ReadProof, [...proof])) };
}

/** Finalized blocks from `from` on that one justification covers: at most up to the next change of the voters. */
async function syncBatch(
  { chain }: NodeContext,
  from: number,
  max: number,
  keys: readonly Uint8Array[],
): Promise<SyncBatch | undefined> {
  const headers: Header[] = [];
  const proofs: (readonly Uint8Array[])[] = [];
  let bytes = 0;
  let end: { readonly count: number; readonly justification: Uint8Array } | undefined;
  for (let number = from; number <= chain.finalized.number && headers.length < max; number++) {
    if (headers.length % BLOCKS_PER_TURN === BLOCKS_PER_TURN - 1) await nextTurn();
    const hash = chain.hashAt(number);
    const header = hash && chain.header(hash);
    assert(header, "finalized blocks are stored");
    const proof = keys.length === 0 ? undefined : createProof(chain.stateOf(header), keys);
    for (const node of proof ?? []) bytes += node.length;
    if (bytes > MAX_BATCH_BYTES && headers.length > 0) break;
    headers.push(header);
    if (proof) proofs.push(proof);
    const justification = chain.justification(hash);
    if (justification) end = { count: headers.length, justification };
    if (nextAuthoritiesOf(header)) break;
  }
  if (!end) return undefined;
  return {
    headers: headers.slice(0, end.count).map(encodeHeader),
    justification: end.justification,
    proofs: proofs.slice(0, end.count).map((proof) => [...proof]),
  };
}

function syncWarp(
  { chain }: NodeContext,
  served: NetworkChain,
  after: number,
): SyncWarp | undefined {
  const begin = after < chain.finalized.number ? chain.hashAt(after) : undefined;
  const fragments = begin && served.warpProof(begin, MAX_BATCH_BYTES)?.fragments;
  const last = fragments?.at(-1)?.header;
  if (fragments === undefined || last === undefined || !chain.hasStateOf(last)) return undefined;
  return {
    headers: fragments.map(({ header }) => encodeHeader(header)),
    justifications: fragments.map(({ justification }) => encode(Justification, justification)),
    proof: [...createProof(chain.stateOf(last), BLOCK_KEYS)],
  };
}

/** Steps of the cluster's state in the best block, in order; not proven, they authenticate themselves. */
function clusterSteps(
  { chain }: NodeContext,
  cluster: Uint8Array,
  from: number,
  max: number,
): StateStep[] {
  const state = chain.stateOf(chain.best.header);
  const steps: StateStep[] = [];
  while (steps.length < max) {
    const stored = state.get(STORAGE.step.key(cluster, BigInt(from + steps.length)));
    const step = stored && decode(STORAGE.step.value, stored);
    if (!step?.ok) break;
    steps.push(step.value);
  }
  return steps;
}
