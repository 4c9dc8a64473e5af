/** Executes blocks on a parent's state: to build our own, and to check those of others. */
import type { DigestItem, Header } from "@pha/consensus";
import type { InvalidTransaction } from "@pha/frame";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import {
  applyChanges,
  createOverlay,
  type Overlay,
  orderedTrieRoot,
  type Trie,
  type TrieChanges,
} from "@pha/state";
import type { InherentData, NodeRuntime } from "./node-runtime.ts";

export interface ExecutedBlock {
  readonly header: Header;
  readonly body: readonly Uint8Array[];
  readonly state: TrieChanges;
}

/** A block between its start and its end. */
export interface OpenBlock {
  inherents(data: InherentData): readonly Uint8Array[];
  apply(extrinsic: Uint8Array): Result<unknown, InvalidTransaction>;
  /** Answer of an entry point of the runtime within this block. */
  ask(entry: string, args: Uint8Array): ReturnType<NodeRuntime["runtimeApi"]>;
  /** Ends the block over the extrinsics that were applied, in order. */
  finish(body: readonly Uint8Array[]): ExecutedBlock;
}

export interface BlockStart {
  readonly parentHash: Uint8Array;
  readonly number: number;
  /** Pre-runtime digests. */
  readonly digest: readonly DigestItem[];
}

const NO_HASH = new Uint8Array(32);

export function beginBlock(runtime: NodeRuntime, parentState: Trie, start: BlockStart): OpenBlock {
  const overlay = createOverlay(parentState);
  runtime.initializeBlock(overlay, { ...start, stateRoot: NO_HASH, extrinsicsRoot: NO_HASH });
  return {
    inherents: (data) => runtime.inherentExtrinsics(overlay, data),
    apply: (extrinsic) => runtime.applyExtrinsic(overlay, extrinsic),
    ask: (entry, args) => runtime.runtimeApi(overlay, entry, args),
    finish: (body) => {
      const { digest } = runtime.finalizeBlock(overlay);
      const state = applyChanges(parentState, overlay.changes());
      const extrinsicsRoot = orderedTrieRoot(body);
      return { header: { ...start, digest, stateRoot: state.root, extrinsicsRoot }, body, state };
    },
  };
}

export type ExecutionError =
  | { readonly code: "import/refused"; readonly reason: string }
  | { readonly code: "import/inherent"; readonly reason: string }
  | { readonly code: "import/wrong-state-root" };

/** State that a block is executed on. */
export interface ParentState {
  readonly state: Trie;
  /** On that state, without changes. */
  readonly overlay: Overlay;
}

/** Executes a foreign block and compares everything its header claims. */
export function executeBlock(
  runtime: NodeRuntime,
  parent: ParentState,
  header: Header,
  body: readonly Uint8Array[],
  inherentData: InherentData,
): Result<ExecutedBlock, ExecutionError> {
  const [objection] = runtime.checkInherents(parent.overlay, body, inherentData);
  if (objection)
    return fail({
      code: "import/inherent",
      reason: `${objection.identifier}: ${objection.reason}`,
    });
  const overlay = createOverlay(parent.state);
  const executed = runtime.executeBlock(overlay, header, body);
  if (!executed.ok) return fail({ code: "import/refused", reason: executed.error.code });
  const state = applyChanges(parent.state, overlay.changes());
  return equalBytes(state.root, header.stateRoot)
    ? ok({ header, body, state })
    : fail({ code: "import/wrong-state-root" });
}
