/** What the host asks of its chain node, typed; every answer is checked for its form, its content the pRuntimes prove. */
import { cidText, ReadProof } from "@pha/protocol";
import { concatBytes, decode, PhaError, parseHex, toHex } from "@pha/scale";
import {
  decodeMetadata,
  type RequestOptions,
  type RpcTransport,
  type SigningContext,
} from "@pha/sdk";
import { type ChainHead, headOfJson } from "./header-json.ts";

export interface Genesis {
  /** SCALE header of block 0. */
  readonly header: Uint8Array;
  /** Read proof of `GENESIS_KEYS`. */
  readonly proof: ReadProof;
}

export interface NodeClient {
  genesis(): Promise<Genesis>;
  genesisHash(): Promise<Uint8Array>;
  finalizedHead(): Promise<ChainHead>;
  /** Encoded `SyncBatch` from a block on; `undefined` when nothing later is finalized. */
  syncBatch(from: number, maxBlocks: number): Promise<Uint8Array | undefined>;
  /** Encoded `SyncWarp` over the blocks after one; `undefined` when the node has none to give. */
  syncWarp(after: number): Promise<Uint8Array | undefined>;
  readProof(keys: readonly Uint8Array[], at: Uint8Array): Promise<ReadProof>;
  /** Encoded `Vec<StateStep>`. */
  clusterSteps(cluster: Uint8Array, fromIndex: bigint, max: number): Promise<Uint8Array>;
  /** Headers and proofs of blocks, both ends included, as the pipe's `History` has them. */
  history(from: number, to: number): Promise<Uint8Array | undefined>;
  getBlob(digest: Uint8Array): Promise<Uint8Array | undefined>;
  /** @throws PhaError `rpc/refused` with `blob/not-announced` when the chain does not refer to it yet */
  putBlob(digest: Uint8Array, content: Uint8Array): Promise<void>;
  /** Values of storage keys at a block, same order. */
  storage(
    keys: readonly Uint8Array[],
    at: Uint8Array,
  ): Promise<readonly (Uint8Array | undefined)[]>;
  /** Next nonce of the account, with the pool's extrinsics counted. */
  nextNonce(address: string): Promise<number>;
  submit(extrinsic: Uint8Array): Promise<void>;
  /** "Live", "Local" or "Development", as the chain's specification says. */
  chainType(): Promise<string>;
  signingContext(): Promise<SigningContext>;
  /** Calls `onHead` for each finalized block; survives reconnections. */
  followFinalized(onHead: (head: ChainHead) => void): Promise<() => void>;
  close(): void;
}

const MAX_ANSWER_BYTES = 64 << 20;
const READ_TIMEOUT_MS = 10_000;
const BATCH_TIMEOUT_MS = 20_000;

export function createNodeClient(rpc: RpcTransport): NodeClient {
  async function bytes(
    method: string,
    params: readonly unknown[],
    options: RequestOptions = { timeoutMs: READ_TIMEOUT_MS },
  ): Promise<Uint8Array | undefined> {
    const answer = await rpc.request(method, params, options);
    return answer === null || answer === undefined ? undefined : hexBytes(method, answer);
  }

  async function someBytes(method: string, params: readonly unknown[]): Promise<Uint8Array> {
    const answer = await bytes(method, params);
    if (answer === undefined) throw unexpected(method);
    return answer;
  }

  return {
    async genesis() {
      const answer = await rpc.request("pha_genesis", []);
      const header = hexBytes("pha_genesis", field(answer, "header"));
      const proof = decode(ReadProof, hexBytes("pha_genesis", field(answer, "proof")));
      if (!proof.ok) throw unexpected("pha_genesis");
      return { header, proof: proof.value };
    },
    genesisHash: () => someBytes("chain_getBlockHash", [0]),
    async finalizedHead() {
      const hash = await rpc.request("chain_getFinalizedHead", []);
      const head = headOfJson(await rpc.request("chain_getHeader", [hash]));
      if (head === undefined) throw unexpected("chain_getHeader");
      return head;
    },
    syncBatch: (from, maxBlocks) =>
      bytes("pha_syncBatch", [from, maxBlocks], { timeoutMs: BATCH_TIMEOUT_MS }),
    syncWarp: (after) => bytes("pha_syncWarp", [after], { timeoutMs: BATCH_TIMEOUT_MS }),
    async readProof(keys, at) {
      const method = "state_getReadProof";
      const answer = await rpc.request(method, [keys.map(toHex), toHex(at)], {
        timeoutMs: READ_TIMEOUT_MS,
      });
      const nodes = field(answer, "proof");
      if (!Array.isArray(nodes)) throw unexpected(method);
      return nodes.map((node) => hexBytes(method, node));
    },
    clusterSteps: (cluster, fromIndex, max) =>
      someBytes("pha_clusterSteps", [toHex(cluster), Number(fromIndex), max]),
    async history(from, to) {
      const method = "pha_history";
      const answer = await rpc.request(method, [from, to], { timeoutMs: BATCH_TIMEOUT_MS });
      if (answer === null || answer === undefined) return undefined;
      if (typeof answer === "string") return hexBytes(method, answer);
      return concatBytes(
        hexBytes(method, field(answer, "headers")),
        hexBytes(method, field(answer, "proofs")),
      );
    },
    getBlob: (digest) => bytes("pha_getBlob", [cidText(digest)]),
    async putBlob(digest, content) {
      await rpc.request("pha_putBlob", [cidText(digest), toHex(content)], {
        timeoutMs: BATCH_TIMEOUT_MS,
      });
    },
    async storage(keys, at) {
      const method = "state_queryStorageAt";
      const names = keys.map(toHex);
      const answer = await rpc.request(method, [names, toHex(at)], { timeoutMs: READ_TIMEOUT_MS });
      const changes = Array.isArray(answer) ? field(answer[0], "changes") : undefined;
      if (!Array.isArray(changes)) throw unexpected(method);
      const values = new Map<string, Uint8Array | undefined>();
      for (const change of changes) {
        if (!Array.isArray(change) || typeof change[0] !== "string") throw unexpected(method);
        const value: unknown = change[1];
        values.set(change[0], value === null ? undefined : hexBytes(method, value));
      }
      return names.map((name) => values.get(name));
    },
    async nextNonce(address) {
      const answer = await rpc.request("system_accountNextIndex", [address]);
      if (typeof answer !== "number" || !Number.isInteger(answer) || answer < 0)
        throw unexpected("system_accountNextIndex");
      return answer;
    },
    async submit(extrinsic) {
      await rpc.request("author_submitExtrinsic", [toHex(extrinsic)]);
    },
    async chainType() {
      const answer = await rpc.request("system_chainType", []);
      if (typeof answer !== "string") throw unexpected("system_chainType");
      return answer;
    },
    async signingContext() {
      const [encoded, version, genesisHash] = await Promise.all([
        someBytes("state_getMetadata", []),
        rpc.request("state_getRuntimeVersion", []),
        someBytes("chain_getBlockHash", [0]),
      ]);
      const metadata = decodeMetadata(encoded);
      if (!metadata.ok) throw unexpected("state_getMetadata");
      return {
        metadata: metadata.value,
        genesisHash,
        specVersion: count(version, "specVersion"),
        transactionVersion: count(version, "transactionVersion"),
      };
    },
    followFinalized: (onHead) =>
      rpc.subscribe(
        "chain_subscribeFinalizedHeads",
        [],
        "chain_unsubscribeFinalizedHeads",
        (json) => {
          const head = headOfJson(json);
          if (head !== undefined) onHead(head);
        },
      ),
    close: () => rpc.close(),
  };
}

function field(answer: unknown, name: string): unknown {
  if (typeof answer !== "object" || answer === null) return undefined;
  const fields: Readonly<Record<string, unknown>> = { ...answer };
  return fields[name];
}

function count(answer: unknown, name: string): number {
  const value = field(answer, name);
  if (typeof value !== "number") throw unexpected("state_getRuntimeVersion");
  return value;
}

function hexBytes(method: string, value: unknown): Uint8Array {
  const parsed = typeof value === "string" ? parseHex(value, MAX_ANSWER_BYTES) : undefined;
  if (!parsed?.ok) throw unexpected(method);
  return parsed.value;
}

function unexpected(method: string): PhaError {
  return new PhaError(
    "worker/unexpected-answer",
    `the node's answer to ${method} has no known form`,
    {
      facts: { method },
      hint: "Node and worker host must be of the same release.",
    },
  );
}
