/** System: accounts, the block being made, its events, and the code of the chain. */
import { blake2b256 } from "@pha/crypto";
import {
  accountId,
  anyOf,
  apiMethod,
  ensure,
  h256,
  RuntimeVersion,
  refuse,
  root,
  signed,
} from "@pha/frame";
import {
  boundedBytes,
  bytes,
  decode,
  encode,
  equalBytes,
  tuple,
  u32,
  u64,
  utf8,
  vec,
} from "@pha/scale";
import { type ArtefactParts, declaration, type SystemContext, ZERO_HASH } from "./declaration.ts";
import { WEIGHTS } from "./weights.ts";

/** `:code` */
export const CODE_KEY: Uint8Array = utf8(":code");
const HEAP_PAGES_KEY = utf8(":heappages");
/** Views and the bundled state transition. */
const MAX_CODE_BYTES = 4 << 20;

export interface SystemGenesis {
  /** What the chain starts with; empty on chains without views. */
  readonly code: Uint8Array;
  /** The transition that the code names; absent when it names none. */
  readonly transition?: Uint8Array | undefined;
}

export const System = declaration.implement(({ call }) => ({
  calls: {
    remark: call(
      0,
      {
        docs: "Says something on chain; does nothing.",
        origin: anyOf(signed, root),
        args: { remark: bytes },
        weight: {
          base: WEIGHTS.remark,
          each: { argument: "remark", weight: WEIGHTS.remark_per_byte },
        },
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
      (ctx, { code }) => setCode(ctx, code, true),
    ),
    set_code_without_checks: call(
      3,
      {
        docs: "Replaces the chain's code, whatever its name and version; it must start.",
        origin: root,
        args: { code: boundedBytes(MAX_CODE_BYTES) },
        weight: WEIGHTS.set_code,
        dispatchClass: "Operational",
      },
      (ctx, { code }) => setCode(ctx, code, false),
    ),
    set_storage: call(
      4,
      {
        docs: "Writes entries of state directly.",
        origin: root,
        args: { items: vec(tuple(bytes, bytes), 4096) },
        weight: {
          base: WEIGHTS.set_storage,
          each: { argument: "items", weight: WEIGHTS.set_storage_per_item },
        },
        dispatchClass: "Operational",
      },
      (ctx, { items }) => {
        for (const [key] of items) ensureWritable(ctx, key);
        for (const [key, stored] of items) ctx.env.state.put(key, stored);
      },
    ),
    kill_storage: call(
      5,
      {
        docs: "Removes entries of state.",
        origin: root,
        args: { keys: vec(bytes, 4096) },
        weight: {
          base: WEIGHTS.kill_storage,
          each: { argument: "keys", weight: WEIGHTS.kill_storage_per_item },
        },
        dispatchClass: "Operational",
      },
      (ctx, { keys }) => {
        for (const key of keys) ensureWritable(ctx, key);
        for (const key of keys) ctx.env.state.put(key, undefined);
      },
    ),
    kill_prefix: call(
      6,
      {
        docs: "Removes all entries of state under a prefix; `subkeys` says how many there are at most.",
        origin: root,
        args: { prefix: bytes, subkeys: u32 },
        weight: {
          base: WEIGHTS.kill_prefix,
          each: { argument: "subkeys", weight: WEIGHTS.kill_prefix_per_key },
        },
        dispatchClass: "Operational",
      },
      (ctx, { prefix, subkeys }) => {
        let left = subkeys;
        for (const key of [...ctx.env.state.keys(prefix)]) {
          if (left-- === 0) break;
          ensureWritable(ctx, key);
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
        weight: {
          base: WEIGHTS.remark_with_event,
          each: { argument: "remark", weight: WEIGHTS.remark_with_event_per_byte },
        },
      },
      (ctx, { remark }) => ctx.emit.Remarked({ sender: ctx.caller, hash: blake2b256(remark) }),
    ),
    authorize_upgrade: call(
      9,
      {
        docs: "Lets anyone bring code of this hash to take the place of the chain's, if its name and version allow it.",
        origin: root,
        args: { codeHash: h256 },
        weight: WEIGHTS.authorize_upgrade,
        dispatchClass: "Operational",
      },
      (ctx, { codeHash }) => authorize(ctx, codeHash, true),
    ),
    authorize_upgrade_without_checks: call(
      10,
      {
        docs: "Lets anyone bring code of this hash to take the place of the chain's, whatever its name and version.",
        origin: root,
        args: { codeHash: h256 },
        weight: WEIGHTS.authorize_upgrade,
        dispatchClass: "Operational",
      },
      (ctx, { codeHash }) => authorize(ctx, codeHash, false),
    ),
    apply_authorized_upgrade: call(
      11,
      {
        docs: "Brings the code that was authorized, which takes the place of the chain's; free when it is that.",
        origin: anyOf(signed, root),
        args: { code: boundedBytes(MAX_CODE_BYTES) },
        weight: WEIGHTS.set_code,
        dispatchClass: "Operational",
      },
      (ctx, { code }) => {
        const { AuthorizedUpgrade } = ctx.storage;
        const authorized = AuthorizedUpgrade.get() ?? refuse(ctx.errors.NothingAuthorized);
        ensure(equalBytes(authorized.codeHash, blake2b256(code)), ctx.errors.Unauthorized);
        setCode(ctx, code, authorized.checkVersion);
        AuthorizedUpgrade.kill();
        return { paysFee: false };
      },
    ),
  },
  genesis: (ctx, { code, transition }: SystemGenesis) => {
    ctx.storage.BlockHash.put(0, ZERO_HASH);
    ctx.storage.ParentHash.put(ZERO_HASH);
    ctx.storage.UpgradedToU32RefCount.put(true);
    ctx.storage.UpgradedToTripleRefCount.put(true);
    const { specName, specVersion } = ctx.constants.Version;
    ctx.storage.LastRuntimeUpgrade.put({ specName, specVersion });
    ctx.env.state.put(CODE_KEY, code);
    if (transition) ctx.env.state.put(ctx.config.transitionKey, transition);
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
          (ctx: SystemContext, { account }) => ctx.storage.Account.get(account).nonce,
        ),
      },
    },
  },
}));

function artefactOf(ctx: SystemContext, bytes: Uint8Array): ArtefactParts {
  const parts = ctx.config.splitArtefact(bytes);
  const { errors } = ctx;
  if (parts.ok) return parts.value;
  switch (parts.error.code) {
    case "runtime/missing-transition":
      return refuse(errors.TransitionMissing);
    case "runtime/mismatched-transition":
      return refuse(errors.TransitionMismatch);
    default:
      return refuse(errors.FailedToExtractRuntimeVersion);
  }
}

function authorize(ctx: SystemContext, codeHash: Uint8Array, checkVersion: boolean): void {
  ctx.storage.AuthorizedUpgrade.put({ codeHash, checkVersion });
  ctx.emit.UpgradeAuthorized({ codeHash, checkVersion });
  ctx.config.onCode(ctx, { type: "authorized", codeHash });
}

function ensureWritable(ctx: SystemContext, key: Uint8Array): void {
  const isProtected = ctx.config.protectedPrefixes.some((prefix) =>
    equalBytes(key.subarray(0, prefix.length), prefix),
  );
  ensure(!isProtected, ctx.errors.ProtectedStorage);
}

/** Swaps views and transition at once; the next block is the first that runs the new one. */
function setCode(ctx: SystemContext, bytes: Uint8Array, checkVersion: boolean): void {
  const { code, transition, version } = artefactOf(ctx, bytes);
  if (checkVersion) {
    const { specName, specVersion } = ctx.constants.Version;
    ensure(version.specName === specName, ctx.errors.InvalidSpecName);
    ensure(version.specVersion > specVersion, ctx.errors.SpecVersionNeedsToIncrease);
  }
  const started = ctx.config.startTransition(transition);
  // The section of the version leaves the APIs out: they have a section of their own.
  const said = started && decode(RuntimeVersion, started);
  ensure(
    said?.ok === true &&
      equalBytes(
        encode(RuntimeVersion, { ...said.value, apis: [] }),
        encode(RuntimeVersion, version),
      ),
    ctx.errors.TransitionDoesNotStart,
  );
  ctx.env.state.put(CODE_KEY, code.slice());
  ctx.env.state.put(ctx.config.transitionKey, transition.slice());
  ctx.env.depositLog({ type: "RuntimeEnvironmentUpdated", value: undefined });
  ctx.emit.CodeUpdated();
  ctx.config.onCode(ctx, { type: "replaced", codeHash: blake2b256(bytes) });
}
