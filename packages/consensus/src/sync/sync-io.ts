/** What the sync machines are told and what they say. */
import type { BlockRef } from "../block-ref.ts";
import type { AuthoritySet } from "../grandpa/authority-set.ts";
import type { Justification } from "../grandpa/justification.ts";
import type { Header } from "../header.ts";
import type { BlockData, BlockRequest } from "./block-messages.ts";
import type { ReceivedBlock } from "./check-block-response.ts";

/** Name of a peer, the caller's. */
export type SyncPeerName = string;

/** The own chain as sync sees it; answers at once. */
export interface SyncChain {
  readonly best: BlockRef;
  readonly finalized: BlockRef;
  /** Header of an imported block. */
  header(hash: Uint8Array): Header | undefined;
  /** Hash at a height of the best chain. */
  hashAt(number: number): Uint8Array | undefined;
  /** `undefined`: unknown, or on a fork that finality left. */
  bestContaining(hash: Uint8Array): BlockRef | undefined;
  /** Set of the blocks after the finalized one. */
  authoritySet(): AuthoritySet;
}

/** What a peer did wrong, in the codes of `@pha/network`. */
export type SyncFault =
  | "peer/no-answer"
  | "peer/request-refused"
  | "peer/malformed-message"
  | "peer/not-asked-for"
  | "peer/bad-block"
  | "peer/bad-announce"
  | "peer/bad-justification"
  | "peer/bad-proof";

export type RequestFailure = "timed-out" | "refused" | "malformed";

/** What came of an import. `abandoned`: on a fork that finality left; `full`: the tree takes no more. */
export type ImportOutcome =
  | "imported"
  | "known"
  | "unknown-parent"
  | "abandoned"
  | "full"
  | "future"
  | "bad";

export type SyncInput =
  /** The peer says that this is its best block, or that it has it. */
  | { readonly type: "named"; readonly peer: SyncPeerName; readonly block: BlockRef }
  | { readonly type: "left"; readonly peer: SyncPeerName }
  /** Voters voted for a block that is not here. */
  | { readonly type: "wanted"; readonly block: BlockRef }
  | {
      readonly type: "blocks";
      readonly id: number;
      readonly peer: SyncPeerName;
      readonly blocks: readonly BlockData[];
    }
  | { readonly type: "failed"; readonly id: number; readonly reason: RequestFailure }
  | {
      readonly type: "import-done";
      readonly hash: Uint8Array;
      readonly outcome: ImportOutcome;
    }
  /** The block that was to be imported is of a slot that begins only in so long. */
  | { readonly type: "too-early"; readonly hash: Uint8Array; readonly waitMs: number }
  /** Time passed, or the own chain changed. */
  | { readonly type: "tick" };

export type SyncOutput =
  | {
      readonly type: "request";
      readonly id: number;
      readonly peer: SyncPeerName;
      readonly request: BlockRequest;
    }
  /** One at a time; `import-done` answers. */
  | { readonly type: "import"; readonly peer: SyncPeerName; readonly block: ReceivedBlock }
  /** Verified here, for the voter. */
  | { readonly type: "finalize"; readonly justification: Justification }
  | { readonly type: "report"; readonly peer: SyncPeerName; readonly code: SyncFault };
