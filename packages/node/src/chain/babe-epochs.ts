/** Epochs as the state of a parent block knows them. */
import { BabeEpoch, epochForSlot } from "@pha/consensus";
import { assert, decode } from "@pha/scale";
import { createOverlay, type Overlay, type Trie } from "@pha/state";
import type { NodeRuntime } from "./node-runtime.ts";

const NO_ARGUMENTS = new Uint8Array(0);

export interface EpochsAt {
  readonly current: BabeEpoch;
  readonly next: BabeEpoch;
}

export function epochsAt(runtime: NodeRuntime, parentState: Trie): EpochsAt {
  return epochsIn(runtime, createOverlay(parentState));
}

/** @param view overlay on the parent's state, without changes */
export function epochsIn(runtime: NodeRuntime, view: Overlay): EpochsAt {
  return {
    current: readEpoch(runtime, view, "BabeApi_current_epoch"),
    next: readEpoch(runtime, view, "BabeApi_next_epoch"),
  };
}

/**
 * Epoch of a block in `slot` above the parent.
 *
 * @param isFirst the parent is the genesis block: epoch 0 starts at the slot of block 1
 * @returns `undefined` for a slot before the parent's epoch
 */
export function epochOfSlot(
  epochs: EpochsAt,
  slot: bigint,
  { isFirst }: { readonly isFirst: boolean },
): BabeEpoch | undefined {
  return isFirst ? { ...epochs.current, index: 0n, startSlot: slot } : epochForSlot(epochs, slot);
}

function readEpoch(runtime: NodeRuntime, view: Overlay, entry: string): BabeEpoch {
  const answer = runtime.runtimeApi(view, entry, NO_ARGUMENTS);
  assert(answer.ok, `the runtime answers ${entry}`);
  const epoch = decode(BabeEpoch, answer.value);
  assert(epoch.ok, `${entry} answers an epoch`);
  return epoch.value;
}
