/** Checkpoint of a chain for light clients, at its finalized head. */
import {
  Authorities,
  createLightSyncState,
  type LightSyncError,
  type LightSyncState,
} from "@pha/consensus";
import { assert, type Codec, decode, type Result, u64 } from "@pha/scale";
import { createOverlay, type Trie } from "@pha/state";
import { epochsAt } from "./babe-epochs.ts";
import type { Chain } from "./chain.ts";
import type { NodeRuntime } from "./node-runtime.ts";

const NO_ARGUMENTS = new Uint8Array(0);

/** From epoch 1 on; what it says of epochs and voters is what the state of the finalized block says. */
export function checkpointOf(
  chain: Chain,
  runtime: NodeRuntime,
): Result<LightSyncState, LightSyncError> {
  const { header } = chain.finalized;
  const state = chain.stateOf(header);
  return createLightSyncState({
    header,
    epochs: epochsAt(runtime, state),
    set: {
      setId: ask(runtime, state, "GrandpaApi_current_set_id", u64),
      authorities: ask(runtime, state, "GrandpaApi_grandpa_authorities", Authorities),
    },
    headerOf: (hash) => chain.header(hash),
  });
}

function ask<T>(runtime: NodeRuntime, state: Trie, entry: string, codec: Codec<T>): T {
  const answer = runtime.runtimeApi(createOverlay(state), entry, NO_ARGUMENTS);
  const value = answer.ok ? decode(codec, answer.value) : undefined;
  assert(value?.ok, `the runtime answers ${entry}`);
  return value.value;
}
