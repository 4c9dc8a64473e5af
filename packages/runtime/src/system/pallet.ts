/** System: accounts, the block being made, its events, and the code of the chain. */
import { blake2b256 } from "@pha/crypto";
import {
  accountId,
  addWeights,
  anyOf,
  apiMethod,
  blake2_128Concat,
  type ContextOf,
  configOf,
  constant,
  Digest,
  DispatchError,
  DispatchInfoCodec,
  definePallet,
  ensure,
  error,
  event,
  h256,
  map,
  NO_WEIGHT,
  RuntimeVersion,
  root,
  runtimeEvents,
  scaleWeight,
  signed,
  twox64Concat,
  value,
  Weight,
} from "@pha/frame";
import { bool, boundedBytes, bytes, encode, tuple, u16, u32, u64, utf8, vec } from "@pha/scale";
import {
  AccountInfo,
  BlockLength,
  BlockWeights,
  LastRuntimeUpgradeInfo,
  NO_ACCOUNT,
  perDispatchClass,
  RuntimeDbWeight,
} from "./types.ts";
import { WEIGHTS } from "./weights.ts";

export interface SystemConfig {
  readonly blockWeights: BlockWeights;
  readonly blockLength: BlockLength;
  /** Blocks whose hashes are kept. */
  readonly blockHashCount: number;
  /** Of addresses. */
  readonly ss58Prefix: number;
  /** Spec name and version that a runtime artefact carries; `undefined` when it has none. */
  readonly versionOfCode: (
    code: Uint8Array,
  ) => { readonly specName: string; readonly specVersion: number } | undefined;
}

/** `:code` */
export const CODE_KEY: Uint8Array = utf8(":code");
const HEAP_PAGES_KEY = utf8(":heappages");
const EXTRINSIC_INDEX_KEY = utf8(":extrinsic_index");
/** Views and the bundled state transition. */
const MAX_CODE_BYTES = 4 << 20;
const ZERO_HASH = new Uint8Array(32);
const NO_WEIGHTS = { normal: NO_WEIGHT, operational: NO_WEIGHT, mandatory: NO_WEIGHT };

/** Code the chain starts with; empty on chains without views. */
export interface SystemGenesis {
  readonly code: Uint8Array;
}

const declaration = definePallet("System", {
  docs: "Accounts, the block being made, its events, and the code of the chain.",
  config: configOf<SystemConfig>(),
  constants: {
    BlockWeights: constant(
      BlockWeights,
      (c: SystemConfig) => c.blockWeights,
      "Limits of weight per block and dispatch class.",
    ),
    BlockLength: constant(
      BlockLength,
      (c: SystemConfig) => c.blockLength,
      "Limits of length per block and dispatch class, in bytes.",
    ),
    BlockHashCount: constant(
      u32,
      (c: SystemConfig) => c.blockHashCount,
      "Number of recent blocks whose hashes are kept.",
    ),
    DbWeight: constant(
      RuntimeDbWeight,
      (_: SystemConfig) => ({ read: 2_000_000n, write: 6_000_000n }),
      "Reference time of one read and one write of state, in picoseconds.",
    ),
    Version: constant(
      RuntimeVersion,
      (_: SystemConfig, { version }) => version,
      "Version of the runtime.",
    ),
    SS58Prefix: constant(u16, (c: SystemConfig) => c.ss58Prefix, "Prefix of printed addresses."),
  },
  storage: {
    Account: map(blake2_128Concat, accountId, AccountInfo, {
      default: NO_ACCOUNT,
      docs: "Nonce, reference counts and balances of each account.",
    }),
    ExtrinsicCount: value(u32, { docs: "Number of extrinsics of the last block." }),
    BlockWeight: value(perDispatchClass(Weight), {
      default: NO_WEIGHTS,
      docs: "Weight of the last block by dispatch class.",
    }),
    AllExtrinsicsLen: value(u32, { docs: "Length of all extrinsics of the last block, in bytes." }),
    BlockHash: map(twox64Concat, u32, h256, {
      default: ZERO_HASH,
      docs: "Hashes of recent blocks by number.",
    }),
    Number: value(u32, { default: 0, docs: "Number of the block being made, or made last." }),
    ParentHash: value(h256, { default: ZERO_HASH, docs: "Hash of its parent." }),
    Digest: value(Digest, { default: [], docs: "Digest of the last block, without its seal." }),
    Events: value(runtimeEvents, { default: [], docs: "Events of the last block." }),
    EventCount: value(u32, { default: 0, docs: "Number of events of the last block." }),
    EventTopics: map(blake2_128Concat, h256, vec(tuple(u32, u32)), {
      default: [],
      docs: "Events by topic; no event of this runtime has topics.",
    }),
    LastRuntimeUpgrade: value(LastRuntimeUpgradeInfo, {
      docs: "Spec name and version that ran last; differs right after an upgrade.",
    }),
    UpgradedToU32RefCount: value(bool, {
      default: true,
      docs: "Reference counts have 32 bits.",
    }),
    UpgradedToTripleRefCount: value(bool, {
      default: true,
      docs: "Accounts count consumers, providers and sufficients.",
    }),
  },
  events: {
    ExtrinsicSuccess: event(0, { dispatchInfo: DispatchInfoCodec }, "An extrinsic succeeded."),
    ExtrinsicFailed: event(
      1,
      { dispatchError: DispatchError, dispatchInfo: DispatchInfoCodec },
      "An extrinsic failed; only its fee and nonce took effect.",
    ),
    CodeUpdated: event(2, {}, "The code of the chain was replaced."),
    NewAccount: event(3, { account: accountId }, "An account came into being."),
    KilledAccount: event(4, { account: accountId }, "An account was removed."),
    Remarked: event(5, { sender: accountId, hash: h256 }, "A remark was made."),
  },
  errors: {
    InvalidSpecName: error(0, "The new code is of another chain."),
    SpecVersionNeedsToIncrease: error(1, "The new code's spec version is not higher."),
    FailedToExtractRuntimeVersion: error(2, "The new code has no readable version."),
    NonDefaultComposite: error(3, "The account holds something that would be lost."),
    NonZeroRefCount: error(4, "Something depends on the account."),
    CallFiltered: error(5, "The call is switched off."),
  },
});

export const System = declaration.implement(({ call }) => ({
  calls: {
    remark: call(
      0,
      {
        docs: "Says something on chain; does nothing.",
        origin: anyOf(signed, root),
        args: { remark: bytes },
        weight: ({ remark }) => perItem(WEIGHTS.remark, WEIGHTS.remark_per_byte, remark.length),
      },
      () => undefined,
    ),
    set_heap_pages: call(
      1,
      {
        docs: "Sets the memory of the Wasm views, in pages of 64 KiB.",
        origin: root,
        args: { pages: u64 },
        weight: WEIGHTS.set_heap_pages,
        dispatchClass: "Operational",
      },
      (ctx, { pages }) => {
        ctx.env.state.put(HEAP_PAGES_KEY, encode(u64, pages));
      },
    ),
    set_code: call(
      2,
      {
        docs: "Replaces the chain's code by one of the same chain and a higher spec version.",
        origin: root,
        args: { code: boundedBytes(MAX_CODE_BYTES) },
        weight: WEIGHTS.set_code,
        dispatchClass: "Operational",
      },
      (ctx, { code }) => {
        const found = ctx.config.versionOfCode(code);
        ensure(found, ctx.errors.FailedToExtractRuntimeVersion);
        ensure(found.specName === ctx.constants.Version.specName, ctx.errors.InvalidSpecName);
        ensure(
          found.specVersion > ctx.constants.Version.specVersion,
          ctx.errors.SpecVersionNeedsToIncrease,
        );
        setCode(ctx, code);
      },
    ),
    set_code_without_checks: call(
      3,
      {
        docs: "Replaces the chain's code, unchecked.",
        origin: root,
        args: { code: boundedBytes(MAX_CODE_BYTES) },
        weight: WEIGHTS.set_code,
        dispatchClass: "Operational",
      },
      (ctx, { code }) => setCode(ctx, code),
    ),
    set_storage: call(
      4,
      {
        docs: "Writes entries of state directly.",
        origin: root,
        args: { items: vec(tuple(bytes, bytes), 4096) },
        weight: ({ items }) =>
          perItem(WEIGHTS.set_storage, WEIGHTS.set_storage_per_item, items.length),
        dispatchClass: "Operational",
      },
      (ctx, { items }) => {
        for (const [key, stored] of items) ctx.env.state.put(key, stored);
      },
    ),
    kill_storage: call(
      5,
      {
        docs: "Removes entries of state.",
        origin: root,
        args: { keys: vec(bytes, 4096) },
        weight: ({ keys }) =>
          perItem(WEIGHTS.kill_storage, WEIGHTS.kill_storage_per_item, keys.length),
        dispatchClass: "Operational",
      },
      (ctx, { keys }) => {
        for (const key of keys) ctx.env.state.put(key, undefined);
      },
    ),
    kill_prefix: call(
      6,
      {
        docs: "Removes all entries of state under a prefix; `subkeys` says how many there are at most.",
        origin: root,
        args: { prefix: bytes, subkeys: u32 },
        weight: ({ subkeys }) => perItem(WEIGHTS.kill_prefix, WEIGHTS.kill_prefix_per_key, subkeys),
        dispatchClass: "Operational",
      },
      (ctx, { prefix, subkeys }) => {
        let left = subkeys;
        for (const key of [...ctx.env.state.keys(prefix)]) {
          if (left-- === 0) break;
          ctx.env.state.put(key, undefined);
        }
      },
    ),
    remark_with_event: call(
      7,
      {
        docs: "Says something on chain and deposits its hash as an event.",
        origin: signed,
        args: { remark: bytes },
        weight: ({ remark }) =>
          perItem(WEIGHTS.remark_with_event, WEIGHTS.remark_with_event_per_byte, remark.length),
      },
      (ctx, { remark }) => ctx.emit.Remarked({ sender: ctx.caller, hash: blake2b256(remark) }),
    ),
  },
  genesis: (ctx, { code }: SystemGenesis) => {
    ctx.storage.BlockHash.put(0, ZERO_HASH);
    ctx.storage.ParentHash.put(ZERO_HASH);
    ctx.storage.UpgradedToU32RefCount.put(true);
    ctx.storage.UpgradedToTripleRefCount.put(true);
    const { specName, specVersion } = ctx.constants.Version;
    ctx.storage.LastRuntimeUpgrade.put({ specName, specVersion });
    ctx.env.state.put(EXTRINSIC_INDEX_KEY, encode(u32, 0));
    ctx.env.state.put(CODE_KEY, code);
  },
  runtimeApis: {
    AccountNonceApi: {
      id: "bc9d89904f5b923f",
      version: 1,
      docs: "Nonces of accounts.",
      methods: {
        account_nonce: apiMethod(
          {
            docs: "Nonce of the account's next transaction.",
            inputs: { account: accountId },
            output: u32,
          },
          (ctx: ContextOf<typeof declaration>, { account }) =>
            ctx.storage.Account.get(account).nonce,
        ),
      },
    },
  },
}));

function perItem(base: Weight, each: Weight, count: number): Weight {
  return addWeights(base, scaleWeight(each, BigInt(count)));
}

function setCode(ctx: ContextOf<typeof declaration>, code: Uint8Array): void {
  ctx.env.state.put(CODE_KEY, code);
  ctx.env.depositLog({ type: "RuntimeEnvironmentUpdated", value: undefined });
  ctx.emit.CodeUpdated();
}
