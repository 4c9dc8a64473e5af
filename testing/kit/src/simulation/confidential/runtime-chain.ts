/**
 * A chain of the real runtime in memory: blocks over state tries, finality of one voter, read proofs.
 *
 * Signatures of extrinsics are not checked: who may send what is not the subject here, and it is half of a block's time.
 */
import {
  BABE_ENGINE,
  BabePreDigest,
  encodeHeader,
  type Header,
  headerHash,
  Justification,
  scheduledChangeOf,
  signedPrecommitPayload,
} from "@pha/consensus";
import { ed25519PublicKey, ed25519Sign, pairFromUri } from "@pha/crypto";
import {
  type AccountId,
  addressOf,
  type Call,
  type DispatchError,
  encodeExtra,
  encodeExtrinsic,
  IMMORTAL,
} from "@pha/frame";
import {
  BLOCK_KEYS,
  type BlockRef,
  GENESIS_KEYS,
  STORAGE,
  type StateStep,
  type SyncBatch,
} from "@pha/protocol";
import {
  type ChainParameters,
  createDevelopmentRuntime,
  type DevelopmentClusterOptions,
  developmentPreset,
  System,
  TIMESTAMP_INHERENT,
} from "@pha/runtime";
import { assert, decode, encode, equalBytes, u64 } from "@pha/scale";
import {
  applyChanges,
  createOverlay,
  createProof,
  EMPTY_ROOT,
  MemoryNodes,
  openTrie,
  type Trie,
} from "@pha/state";

export type SimRuntime = ReturnType<typeof createDevelopmentRuntime>;

interface Block {
  /** Of the voter; made when it is asked for. */
  justification: Uint8Array | undefined;
  readonly blockProof: readonly Uint8Array[];
  readonly header: Header;
  readonly encoded: Uint8Array;
  readonly ref: BlockRef;
  readonly trie: Trie;
  readonly setId: bigint;
  readonly endsSet: boolean;
}

/** What became of an extrinsic; `undefined`: it did what it says. */
export type Outcome = string | undefined;

export interface RuntimeChain {
  readonly runtime: SimRuntime;
  readonly genesisHash: Uint8Array;
  readonly genesisHeader: Uint8Array;
  readonly genesisProof: readonly Uint8Array[];
  readonly head: BlockRef;
  /** Chain time of the next block in ms. */
  readonly nextTimeMs: bigint;
  /** What the nodes keep beside the chain, by hex digest. */
  readonly blobs: Map<string, Uint8Array>;
  /** Every extrinsic there is, in order. */
  readonly extrinsics: readonly Uint8Array[];
  account(uri: string): AccountId;
  /** Makes the next block of these calls; gives the error of each by its name. */
  block(calls: readonly (readonly [uri: string, call: Call])[]): readonly Outcome[];
  /** The storage of a pallet in the newest block, typed. */
  env(): ReturnType<SimRuntime["env"]>;
  get(key: Uint8Array, block?: number): Uint8Array | undefined;
  ref(number: number): BlockRef;
  header(number: number): Header;
  steps(cluster: Uint8Array, from: bigint): readonly StateStep[];
  batch(from: number, most?: number): SyncBatch | undefined;
  history(from: number, to: number): Pick<SyncBatch, "headers" | "proofs">;
  proof(block: BlockRef, keys: readonly Uint8Array[]): readonly Uint8Array[] | undefined;
  /** A justification by the chain's voter for any header, or by a stranger. */
  justify(header: Header, options?: { readonly byStranger?: boolean }): Uint8Array;
}

/** The next block has other voters, or the same anew. */
function isEnd(header: Header): boolean {
  const change = scheduledChangeOf(header);
  return change.ok && change.value !== undefined;
}

const ZERO = new Uint8Array(32);
const NO_SIGNATURE = new Uint8Array(64);
const MAX_BATCH = 512;
const MAX_STEPS = 64;

export function createRuntimeChain(
  parameters: ChainParameters,
  devnet: DevelopmentClusterOptions,
): RuntimeChain {
  const preset = developmentPreset({ parameters, devnet });
  const runtime = createDevelopmentRuntime(parameters, { verifySignature: () => true });
  const nodes = new MemoryNodes();
  const built = applyChanges(
    openTrie({ root: EMPTY_ROOT, version: 1, nodes }),
    runtime.genesis(preset.genesis),
  );
  nodes.insert(built.inserted);
  const voter = pairFromUri("//Alice", "ed25519");
  assert(voter.ok, "the voter's URI is readable");
  const { seed } = voter.value;
  const slotMs = parameters.slotDurationMs;
  const firstSlot = 1_700_000_000_000n / slotMs;
  const accounts = new Map<string, AccountId>();
  const extrinsics: Uint8Array[] = [];
  const blocks: Block[] = [];

  function push(header: Header, trie: Trie): void {
    const encoded = encodeHeader(header);
    const before = blocks.at(-1);
    blocks.push({
      justification: undefined,
      blockProof: createProof(trie, BLOCK_KEYS),
      header,
      encoded,
      ref: { number: header.number, hash: headerHash(header) },
      trie,
      setId: before === undefined ? 0n : before.setId + (before.endsSet ? 1n : 0n),
      endsSet: isEnd(header),
    });
  }
  push(
    { parentHash: ZERO, number: 0, stateRoot: built.trie.root, extrinsicsRoot: ZERO, digest: [] },
    built.trie,
  );

  const at = (number: number): Block => {
    const block = blocks[number];
    assert(block, "the chain has this block");
    return block;
  };
  const head = (): Block => at(blocks.length - 1);
  const slot = (): bigint => firstSlot + BigInt(blocks.length);

  function account(uri: string): AccountId {
    const known = accounts.get(uri);
    if (known) return known;
    const pair = pairFromUri(uri, "sr25519");
    assert(pair.ok, "an account's URI is readable");
    accounts.set(uri, pair.value.publicKey);
    return pair.value.publicKey;
  }

  function extrinsicOf(uri: string, call: Call, nonce: number): Uint8Array {
    const { extensions } = runtime.format;
    const values = new Map<string, unknown>([
      ["CheckMortality", IMMORTAL],
      ["CheckNonce", nonce],
      ["ChargeTransactionPayment", 0n],
    ]);
    return encodeExtrinsic(encode(runtime.format.call, call), {
      address: addressOf(account(uri)),
      signature: { type: "Sr25519", value: NO_SIGNATURE },
      extraBytes: encodeExtra(
        extensions,
        extensions.map(({ name }) => values.get(name)),
      ),
    });
  }

  function nameOf(error: DispatchError): string {
    if (error.type !== "Module") return error.type;
    const entry = runtime.tables.byIndex[error.value.index];
    const found = Object.entries(entry?.pallet.errors ?? {}).find(
      ([, { index }]) => index === error.value.error[0],
    );
    return found?.[0] ?? "unknown";
  }

  const justify: RuntimeChain["justify"] = (header, { byStranger = false } = {}) => {
    const target = { hash: headerHash(header), number: header.number };
    const setId = blocks[header.number]?.setId ?? head().setId;
    const round = BigInt(header.number);
    const signing = byStranger ? new Uint8Array(32).fill(0x66) : seed;
    return encode(Justification, {
      round,
      target,
      precommits: [
        {
          target,
          signature: ed25519Sign(signing, signedPrecommitPayload({ ...target, round, setId })),
          authority: ed25519PublicKey(seed),
        },
      ],
      votesAncestries: [],
    });
  };

  function range(from: number, to: number): Pick<SyncBatch, "headers" | "proofs"> {
    const wanted = blocks.slice(from, to + 1);
    return {
      headers: wanted.map(({ encoded }) => encoded.slice()),
      proofs: wanted.map(({ blockProof }) => blockProof.map((node) => node.slice())),
    };
  }

  return {
    runtime,
    blobs: new Map(),
    extrinsics,
    account,
    genesisHash: at(0).ref.hash,
    genesisHeader: at(0).encoded,
    genesisProof: createProof(at(0).trie, GENESIS_KEYS),
    get head() {
      return head().ref;
    },
    get nextTimeMs() {
      return slot() * slotMs;
    },
    block(calls) {
      const parent = head();
      const overlay = createOverlay(parent.trie);
      const data = encode(BabePreDigest, {
        type: "SecondaryPlain",
        value: { authorityIndex: 0, slot: slot() },
      });
      const start = {
        parentHash: parent.ref.hash,
        number: parent.ref.number + 1,
        digest: [{ type: "PreRuntime", value: { engine: BABE_ENGINE, data } }],
      } as const;
      runtime.initializeBlock(overlay, { ...start, stateRoot: ZERO, extrinsicsRoot: ZERO });
      const clock = encode(u64, slot() * slotMs);
      for (const inherent of runtime.inherentExtrinsics(
        overlay,
        new Map([[TIMESTAMP_INHERENT, clock]]),
      )) {
        const applied = runtime.applyExtrinsic(overlay, inherent);
        assert(applied.ok && applied.value.error === undefined, "inherents apply");
      }
      const outcomes = calls.map(([uri, call]): Outcome => {
        const { nonce } = runtime.env(overlay).of(System).storage.Account.get(account(uri));
        const extrinsic = extrinsicOf(uri, call, nonce);
        const applied = runtime.applyExtrinsic(overlay, extrinsic);
        if (!applied.ok) return `Invalid.${String(applied.error.value.type)}`;
        extrinsics.push(extrinsic);
        return applied.value.error && nameOf(applied.value.error);
      });
      const { digest } = runtime.finalizeBlock(overlay);
      const state = applyChanges(parent.trie, overlay.changes());
      nodes.insert(state.inserted);
      push({ ...start, digest, stateRoot: state.root, extrinsicsRoot: ZERO }, state.trie);
      return outcomes;
    },
    env: () => runtime.env(createOverlay(head().trie)),
    get: (key, block = head().ref.number) => at(block).trie.get(key),
    ref: (number) => at(number).ref,
    header: (number) => at(number).header,
    steps(cluster, from) {
      const steps: StateStep[] = [];
      while (steps.length < MAX_STEPS) {
        const stored = head().trie.get(STORAGE.step.key(cluster, from + BigInt(steps.length)));
        const step = stored && decode(STORAGE.step.value, stored);
        if (!step?.ok) break;
        steps.push(step.value);
      }
      return steps;
    },
    batch(from, most = MAX_BATCH) {
      if (from >= blocks.length) return undefined;
      let to = Math.min(blocks.length - 1, from + most - 1);
      const end = blocks.find(({ ref, endsSet }) => endsSet && ref.number >= from);
      if (end) to = Math.min(to, end.ref.number);
      const last = at(to);
      last.justification ??= justify(last.header);
      return { ...range(from, to), justification: last.justification.slice() };
    },
    history: range,
    proof(block, keys) {
      const known = blocks[block.number];
      if (known === undefined || !equalBytes(known.ref.hash, block.hash)) return undefined;
      return createProof(known.trie, keys).map((node) => node.slice());
    },
    justify,
  };
}
