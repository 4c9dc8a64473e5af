/** What enters the core and what leaves it; the shell turns these into pipe frames, files and processes. */
import type { DkgFailureCode } from "@pha/crypto";
import type {
  BlobRef,
  BlockRef,
  Registration,
  SealedAnswer,
  SealedQuery,
  SignedMessage,
  SignedReply,
  StateStep,
  SyncBatch,
  SyncWarp,
  WorkerRole,
} from "@pha/protocol";
import type { BlobKind } from "./blob-desk.ts";
import type { EngineRequest, EngineResponse } from "./engine-job.ts";
import type { ReleaseRefusal } from "./key-releaser.ts";
import type { RestoringRefusal } from "./restoring.ts";

export interface StartInput {
  readonly type: "start";
  readonly role: WorkerRole;
  /** 32 bytes. */
  readonly operator: Uint8Array;
  /** SCALE header of block 0; its hash is the network's name. */
  readonly genesisHeader: Uint8Array;
  /** Read proof of `GENESIS_KEYS` under the genesis state root. */
  readonly genesisProof: readonly Uint8Array[];
  /** Content of the sealed store, opened by the shell; absent at the first start. */
  readonly sealed: Uint8Array | undefined;
  /** 32 bytes from the platform. */
  readonly entropy: Uint8Array;
  /** `major << 16 | minor << 8 | patch`. */
  readonly version: number;
}

export type Input =
  | StartInput
  | { readonly type: "batch"; readonly batch: SyncBatch }
  /** Over blocks that a worker without a registered boot need not read. */
  | { readonly type: "warp"; readonly warp: SyncWarp }
  /** The host thinks that the head is recent enough to register. */
  | { readonly type: "register" }
  | { readonly type: "evidence"; readonly evidence: Uint8Array }
  | { readonly type: "query"; readonly id: number; readonly sealed: SealedQuery }
  /** Somebody wants evidence made now, over a nonce of 32 bytes. */
  | { readonly type: "challenge"; readonly id: number; readonly nonce: Uint8Array }
  | {
      readonly type: "proof";
      readonly id: number;
      /** Absent: the host does not have the state. */
      readonly proof: readonly Uint8Array[] | undefined;
    }
  | { readonly type: "steps"; readonly id: number; readonly steps: readonly StateStep[] }
  | { readonly type: "history"; readonly id: number; readonly batch: HistoryBatch | undefined }
  /** Absent: the source does not have it. */
  | { readonly type: "blob"; readonly id: number; readonly content: Uint8Array | undefined }
  /** The host keeps the blob, and of a manifest all that it names. */
  | { readonly type: "blobs-kept"; readonly digests: readonly Uint8Array[] }
  | { readonly type: "engine"; readonly cluster: Uint8Array; readonly response: EngineResponse }
  /** Monotonic time of the TEE in ms. */
  | { readonly type: "tick"; readonly monotonicMs: number };

/** Old blocks that end at a known one; proven by parent hashes instead of a justification. */
export type HistoryBatch = Pick<SyncBatch, "headers" | "proofs">;

export type Output =
  /** Bytes to seal; replaces the former content. */
  | { readonly type: "seal"; readonly content: Uint8Array }
  | {
      readonly type: "ready";
      readonly identity: Uint8Array;
      readonly boot: Uint8Array;
      readonly bootEncryption: Uint8Array;
      /** Where it goes on: the checkpoint of the sealed store, or genesis. */
      readonly head: BlockRef;
    }
  | { readonly type: "evidence-request"; readonly reportData: Uint8Array }
  /** Evidence for who asked, which is none of the core's business: it goes out as it is made. */
  | { readonly type: "challenge-evidence"; readonly id: number; readonly reportData: Uint8Array }
  | {
      readonly type: "registration";
      readonly registration: Registration;
      readonly evidence: Uint8Array;
    }
  | { readonly type: "message"; readonly message: SignedMessage }
  | {
      readonly type: "read";
      readonly id: number;
      readonly block: BlockRef;
      readonly keys: readonly Uint8Array[];
    }
  | {
      readonly type: "read-steps";
      readonly id: number;
      readonly cluster: Uint8Array;
      readonly fromIndex: bigint;
    }
  /** Blocks `from` to `to`, both included; `to` is the parent of a block the core knows. */
  | {
      readonly type: "read-history";
      readonly id: number;
      readonly from: number;
      readonly to: number;
    }
  /** To be kept where others find it, as soon as the chain refers to it. */
  | {
      readonly type: "blob";
      readonly kind: BlobKind;
      readonly digest: Uint8Array;
      readonly content: Uint8Array;
    }
  | {
      readonly type: "read-blob";
      readonly id: number;
      readonly blob: BlobRef;
      /** Which of the host's sources to ask, modulo of how many it has. */
      readonly source: number;
    }
  | { readonly type: "engine"; readonly cluster: Uint8Array; readonly request: EngineRequest }
  | {
      readonly type: "answer";
      readonly id: number;
      readonly sealed: SealedAnswer;
      readonly proofOf: AnswerProof;
    }
  | { readonly type: "query-refused"; readonly id: number; readonly code: QueryRefusal }
  | { readonly type: "reply"; readonly reply: SignedReply }
  | { readonly type: "synced"; readonly status: Status }
  /** The batch is wrong; the host must give another. */
  | { readonly type: "batch-refused"; readonly code: string }
  | {
      readonly type: "log";
      readonly event: LogEvent;
      readonly block: number;
      readonly subject?: Uint8Array;
    };

/** Refusals before a request could be opened; later ones travel inside the sealed answer. */
export type QueryRefusal =
  | "query/wrong-boot"
  | "query/not-opened"
  | "query/malformed"
  | "query/overloaded";

/** Public keys under which the host proves an answer. */
export interface AnswerProof {
  readonly block: BlockRef;
  readonly identity: Uint8Array;
  readonly boot: Uint8Array;
  readonly cluster: Uint8Array;
}

export interface Status {
  readonly head: BlockRef;
  readonly registered: boolean;
  readonly clusters: readonly ClusterStatus[];
  /** Generations for which a gatekeeper holds its share. */
  readonly generations: readonly bigint[];
}

export interface ClusterStatus {
  readonly cluster: Uint8Array;
  readonly phase: "reading" | "waiting-for-key" | "restoring" | "serving" | "diverged";
  /** Block whose commands are executed; 0 before the first. */
  readonly executed: number;
  /** Block of the final root; 0 before the first. */
  readonly final: number;
  readonly waiting: number;
}

/** Names of log lines; the shell's log takes nothing else. */
export type LogEvent =
  | "registered"
  | "displaced"
  | "clock-frozen"
  | "head-stale"
  | "assigned"
  | "unassigned"
  | "key-requested"
  | "key-received"
  | "key-refused"
  | "state-created"
  | "state-restored"
  | "state-diverged"
  | "snapshot-made"
  /** A snapshot under the newest state key is final: the one before is overwritten. */
  | "state-key-erased"
  | "restore-refused"
  /** Why what the host gave does not lead to the final root. */
  | RestoringRefusal
  | "history-refused"
  | "commit-sent"
  | "command-not-opened"
  | "dkg-started"
  | "dkg-confirmed"
  | "generation-active"
  | "share-released"
  /** The current root was made without this boot: it releases nothing until the next run. */
  | "share-missing"
  /** Nothing hangs on an older root any more: its share is overwritten. */
  | "shares-erased"
  /** Why this boot has no share of the run's root. */
  | DkgFailureCode
  | ReleaseRefusal
  /** A declaration of what may get keys that this version cannot read: it releases nothing any more. */
  | "admission-unreadable"
  | "admission-full"
  | "engine-restarted"
  | "message-malformed";
