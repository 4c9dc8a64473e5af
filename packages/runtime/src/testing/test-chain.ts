/** A development chain in memory for tests: signs, makes blocks, no trie and no network. */
import { BABE_ENGINE, BabePreDigest } from "@pha/consensus";
import { blake2b256, pairFromUri, type Sr25519Pair, sr25519Sign } from "@pha/crypto";
import {
  type AccountId,
  type ApplyOutcome,
  addressOf,
  type BlockHeader,
  BlockHeaderCodec,
  type Call,
  type Era,
  encodeExtra,
  encodeExtrinsic,
  IMMORTAL,
  type InvalidTransaction,
  type MemoryOverlay,
  memoryOverlay,
  signedPayload,
} from "@pha/frame";
import { assert, concatBytes, encode, type Result, u64 } from "@pha/scale";
import { type DevelopmentPreset, developmentPreset } from "../presets.ts";
import { System } from "../system/index.ts";
import { TIMESTAMP_INHERENT } from "../timestamp/index.ts";

export interface SignOptions {
  readonly nonce?: number;
  readonly tip?: bigint;
  readonly era?: Era;
  /** Pretends another chain. */
  readonly genesisHash?: Uint8Array;
}

export interface TestBlock {
  readonly header: BlockHeader;
  readonly extrinsics: readonly Uint8Array[];
  /** One per extrinsic given, inherents left out. */
  readonly outcomes: readonly Result<ApplyOutcome, InvalidTransaction>[];
}

const FIRST_SLOT = 1_000n;

export interface TestChain {
  readonly preset: DevelopmentPreset;
  readonly runtime: DevelopmentPreset["runtime"];
  readonly overlay: MemoryOverlay;
  readonly genesisHash: Uint8Array;
  /** Hash of the newest block. */
  hash(): Uint8Array;
  number(): number;
  account(uri: string): AccountId;
  nonceOf(uri: string): number;
  sign(uri: string, call: Call, options?: SignOptions): Uint8Array;
  /** Time of the newest block, Unix milliseconds. */
  nowMs(): bigint;
  /** Lets time pass in which nobody makes a block. */
  skip(ms: bigint): void;
  /** Makes a block of these by the authority at a position; refused extrinsics are left out of it. */
  block(extrinsics?: readonly Uint8Array[], slot?: bigint, author?: number): TestBlock;
}

const GENESIS_HASH = blake2b256(new Uint8Array([7]));

/** @param firstMs time of the first block, Unix milliseconds */
export function startTestChain(
  preset: DevelopmentPreset = developmentPreset(),
  firstMs?: bigint,
): TestChain {
  const overlay = memoryOverlay();
  for (const [key, value] of preset.runtime.genesis(preset.genesis)) overlay.put(key, value);
  const first = firstMs && firstMs / preset.parameters.slotDurationMs;
  return chainAt(preset, overlay, { hash: GENESIS_HASH, number: 0, slot: first ?? FIRST_SLOT });
}

/** Another chain with the same past; what happens on one, the other does not see. */
export function branchOf({ preset, overlay, hash, number, nowMs }: TestChain): TestChain {
  const slot = nowMs() / preset.parameters.slotDurationMs + 1n;
  return chainAt(preset, copyOf(overlay), { hash: hash(), number: number(), slot });
}

/** Newest block, and the slot of the next. */
interface Position {
  readonly hash: Uint8Array;
  readonly number: number;
  readonly slot: bigint;
}

function chainAt(preset: DevelopmentPreset, overlay: MemoryOverlay, newest: Position): TestChain {
  const { runtime } = preset;
  const genesisHash = GENESIS_HASH;
  let parentHash = newest.hash;
  let number = newest.number;
  let nextSlot = newest.slot;
  const pairs = new Map<string, Sr25519Pair>();

  const pairOf = (uri: string): Sr25519Pair => {
    const known = pairs.get(uri);
    if (known) return known;
    const pair = pairFromUri(uri, "sr25519");
    assert(pair.ok, "a test account has a readable URI");
    pairs.set(uri, pair.value);
    return pair.value;
  };
  const account = (uri: string): AccountId => pairOf(uri).publicKey;
  const nonceOf = (uri: string): number =>
    runtime.env(overlay).of(System).storage.Account.get(account(uri)).nonce;

  return {
    preset,
    runtime,
    overlay,
    genesisHash,
    hash: () => parentHash,
    number: () => number,
    account,
    nonceOf,
    nowMs: () => (nextSlot - 1n) * preset.parameters.slotDurationMs,
    skip(ms) {
      nextSlot += ms / preset.parameters.slotDurationMs;
    },
    sign(uri, call, options = {}) {
      const { nonce = nonceOf(uri), tip = 0n, era = IMMORTAL } = options;
      const { extensions } = runtime.format;
      const values = new Map<string, unknown>([
        ["CheckMortality", era],
        ["CheckNonce", nonce],
        ["ChargeTransactionPayment", tip],
      ]);
      const extra = encodeExtra(
        extensions,
        extensions.map(({ name }) => values.get(name)),
      );
      const genesis = options.genesisHash ?? genesisHash;
      const additional = new Map<string, unknown>([
        ["CheckSpecVersion", runtime.version.specVersion],
        ["CheckTxVersion", runtime.version.transactionVersion],
        ["CheckGenesis", genesis],
        ["CheckMortality", era.type === "Immortal" ? genesis : parentHash],
      ]);
      const additionalBytes = concatBytes(
        ...extensions.map((one) => encode(one.additional, additional.get(one.name))),
      );
      const callBytes = encode(runtime.format.call, call);
      const payload = signedPayload(callBytes, extra, additionalBytes);
      const pair = pairOf(uri);
      return encodeExtrinsic(callBytes, {
        address: addressOf(pair.publicKey),
        signature: { type: "Sr25519", value: sr25519Sign(pair, payload) },
        extraBytes: extra,
      });
    },
    block(extrinsics = [], slot = nextSlot, author = 0) {
      number += 1;
      nextSlot = slot + 1n;
      runtime.initializeBlock(overlay, headerOf(parentHash, number, slot, author));
      const clock = encode(u64, slot * preset.parameters.slotDurationMs);
      const inherents = runtime.inherentExtrinsics(overlay, new Map([[TIMESTAMP_INHERENT, clock]]));
      for (const inherent of inherents) {
        const applied = runtime.applyExtrinsic(overlay, inherent);
        assert(applied.ok && applied.value.error === undefined, "inherents apply");
      }
      const outcomes = extrinsics.map((bytes) => runtime.applyExtrinsic(overlay, bytes));
      const header = runtime.finalizeBlock(overlay);
      parentHash = blake2b256(encode(BlockHeaderCodec, header));
      const included = extrinsics.filter((_, i) => outcomes[i]?.ok);
      return { header, extrinsics: [...inherents, ...included], outcomes };
    },
  };
}

/** Header to initialize a block with: claimed by an authority, the first one, as a plain secondary slot. */
export function headerOf(
  parentHash: Uint8Array,
  number: number,
  slot: bigint,
  authorityIndex = 0,
): BlockHeader {
  const data = encode(BabePreDigest, {
    type: "SecondaryPlain",
    value: { authorityIndex, slot },
  });
  return {
    parentHash,
    number,
    stateRoot: new Uint8Array(32),
    extrinsicsRoot: new Uint8Array(32),
    digest: [{ type: "PreRuntime", value: { engine: BABE_ENGINE, data } }],
  };
}

/** A copy of a state, to execute the same block on again. */
export function copyOf(overlay: MemoryOverlay): MemoryOverlay {
  const copy = memoryOverlay();
  for (const [key, value] of overlay.entries()) copy.put(key, value);
  return copy;
}
