/** Declaration of System: names and indexes are Substrate's. */
import {
  accountId,
  blake2_128Concat,
  type ContextOf,
  configOf,
  constant,
  Digest,
  DispatchError,
  DispatchInfoCodec,
  definePallet,
  error,
  event,
  type HasEnv,
  h256,
  map,
  NO_WEIGHT,
  RuntimeVersion,
  runtimeEvents,
  twox64Concat,
  value,
  Weight,
} from "@pha/frame";
import { bool, type Result, tuple, u16, u32, vec } from "@pha/scale";
import {
  AccountInfo,
  BlockLength,
  BlockWeights,
  CodeUpgradeAuthorization,
  LastRuntimeUpgradeInfo,
  NO_ACCOUNT,
  perDispatchClass,
  RuntimeDbWeight,
} from "./types.ts";

/** What a runtime artefact holds. */
export interface ArtefactParts {
  readonly code: Uint8Array;
  readonly transition: Uint8Array;
  readonly version: RuntimeVersion;
}

export interface SystemConfig {
  readonly blockWeights: BlockWeights;
  readonly blockLength: BlockLength;
  /** Blocks whose hashes are kept. */
  readonly blockHashCount: number;
  /** Of addresses. */
  readonly ss58Prefix: number;
  /** Takes an artefact apart. */
  readonly splitArtefact: (
    artefact: Uint8Array,
  ) => Result<ArtefactParts, { readonly code: string }>;
  /** Key under which the state transition is kept. */
  readonly transitionKey: Uint8Array;
  /** Encoded version that a transition gives when it is started; `undefined` when it does not start. */
  readonly startTransition: (transition: Uint8Array) => Uint8Array | undefined;
  /** Told of what becomes of the chain's code. */
  readonly onCode: (ctx: HasEnv, change: CodeChange) => void;
  /** What no call writes directly: others hear of every change there. */
  readonly protectedPrefixes: readonly Uint8Array[];
}

export interface CodeChange {
  /** `authorized`: it may follow; `replaced`: the next block runs it. */
  readonly type: "authorized" | "replaced";
  /** blake2b-256 of the artefact. */
  readonly codeHash: Uint8Array;
}

export const ZERO_HASH = new Uint8Array(32);
const NO_WEIGHTS = { normal: NO_WEIGHT, operational: NO_WEIGHT, mandatory: NO_WEIGHT };

export const declaration = definePallet("System", {
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
    AuthorizedUpgrade: value(CodeUpgradeAuthorization, {
      docs: "Code that anyone may bring to take the place of the chain's.",
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
    UpgradeAuthorized: event(
      6,
      { codeHash: h256, checkVersion: bool },
      "Code was authorized to take the place of the chain's.",
    ),
  },
  errors: {
    InvalidSpecName: error(0, "The new code is of another chain."),
    SpecVersionNeedsToIncrease: error(1, "The new code's spec version is not higher."),
    FailedToExtractRuntimeVersion: error(2, "The new code has no readable version."),
    NonDefaultComposite: error(3, "The account holds something that would be lost."),
    NonZeroRefCount: error(4, "Something depends on the account."),
    CallFiltered: error(5, "The call is switched off."),
    NothingAuthorized: error(7, "No code is authorized."),
    Unauthorized: error(8, "The code is not the one that is authorized."),
    TransitionMissing: error(
      32,
      "The new code comes without the state transition that belongs to it.",
    ),
    TransitionMismatch: error(33, "The state transition is not the one that the new code names."),
    TransitionDoesNotStart: error(
      34,
      "The state transition does not start, or says another version than the new code.",
    ),
    ProtectedStorage: error(
      35,
      "Calls of their own write there: set_code for the chain's code, none for messages.",
    ),
  },
});

export type SystemContext = ContextOf<typeof declaration>;
