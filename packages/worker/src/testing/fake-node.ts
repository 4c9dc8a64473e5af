/** A chain node for tests of the host: answers from memory, finality moves when the test says so. */
import { BootRecord, type Registration, SyncBatch, SyncWarp } from "@pha/protocol";
import { encode, struct, toHex, u32, u64, u128 } from "@pha/scale";
import type { RuntimeMetadata, SigningContext } from "@pha/sdk";
import type { ChainHead } from "../node/header-json.ts";
import type { NodeClient } from "../node/node-client.ts";

export interface FakeNode {
  readonly client: NodeClient;
  readonly submitted: Uint8Array[];
  /** Storage of every block, by hex key. */
  readonly storage: Map<string, Uint8Array>;
  finalize(number: number): void;
  /** The chain takes everything that was submitted. */
  include(nonce: number): void;
}

const AccountInfo = struct({
  nonce: u32,
  consumers: u32,
  providers: u32,
  sufficients: u32,
  free: u128,
});
export const ACCOUNT_KEY = Uint8Array.of(1);

export function fakeNode(overrides: Partial<NodeClient> = {}): FakeNode {
  let head: ChainHead = { number: 0, hash: new Uint8Array(32) };
  let onHead: (head: ChainHead) => void = () => {};
  const storage = new Map<string, Uint8Array>();
  const submitted: Uint8Array[] = [];
  const client: NodeClient = {
    genesis: async () => ({ header: new Uint8Array(100), proof: [] }),
    genesisHash: async () => new Uint8Array(32),
    finalizedHead: async () => head,
    syncBatch: async (from, maxBlocks) => {
      const blocks = Math.min(head.number - from + 1, maxBlocks);
      if (blocks <= 0) return undefined;
      return encode(SyncBatch, {
        headers: Array.from({ length: blocks }, () => new Uint8Array(8)),
        justification: new Uint8Array(4),
        proofs: Array.from({ length: blocks }, () => []),
      });
    },
    syncWarp: async (after) =>
      head.number <= after
        ? undefined
        : encode(SyncWarp, {
            headers: [new Uint8Array(8)],
            justifications: [new Uint8Array(4)],
            proof: [],
          }),
    readProof: async () => [Uint8Array.of(1, 2, 3)],
    clusterSteps: async () => Uint8Array.of(0),
    history: async () => undefined,
    getBlob: async () => undefined,
    putBlob: async () => undefined,
    storage: async (keys) => keys.map((key) => storage.get(toHex(key))),
    nextNonce: async () => 0,
    submit: async (extrinsic) => {
      submitted.push(extrinsic);
    },
    chainType: async () => "Development",
    signingContext: async () => signingContext(),
    followFinalized: async (listener) => {
      onHead = listener;
      listener(head);
      return () => {};
    },
    close: () => {},
    ...overrides,
  };
  return {
    client,
    submitted,
    storage,
    finalize(number) {
      head = { number, hash: new Uint8Array(32).fill(number) };
      onHead(head);
    },
    include(nonce) {
      const info = { nonce, consumers: 0, providers: 1, sufficients: 0, free: 5_000n };
      storage.set(toHex(ACCOUNT_KEY), encode(AccountInfo, info));
    },
  };
}

export function bootRecord(registration: Registration): Uint8Array {
  return encode(BootRecord, { registration, registeredAt: registration.at });
}

const CALLS = {
  System: "remark",
  PhalaMq: "sync_offchain_message",
  PhalaRegistry: "register_worker_v2",
  PhaAttestation: "submit_collateral",
};

/** Metadata with the calls that the host makes: pallets 0 to 3, call 0 each. */
function signingContext(): SigningContext {
  const names = Object.entries(CALLS);
  const metadata: Partial<RuntimeMetadata> = {
    pallets: names.map(([name], index) => ({
      name,
      index,
      calls: index,
      storage: undefined,
      events: undefined,
      constants: [],
      errors: undefined,
    })),
    types: {
      of: (id) => ({
        shape: {
          kind: "variant",
          variants: [{ name: names[id]?.[1] ?? "", index: 0, fields: [] }],
        },
        minBytes: 1,
        write: () => undefined,
        read: () => undefined,
      }),
    },
    signedExtensions: [],
    storage: (pallet) => ({
      key: (...keys) => (pallet === "System" ? ACCOUNT_KEY : ingressKey(keys[0])),
      value: u64,
      fallback: encode(u64, 0n),
    }),
  };
  return {
    // Only what the submitter reads.
    metadata: metadata as RuntimeMetadata,
    genesisHash: new Uint8Array(32),
    specVersion: 1,
    transactionVersion: 1,
  };
}

export function ingressKey(origin: unknown): Uint8Array {
  const { value } = origin as { readonly value: Uint8Array };
  return Uint8Array.of(2, ...value);
}
