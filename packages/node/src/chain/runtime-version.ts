/** Version of the runtime that runs on a state: that of the blocks built on it. */
import type { Header } from "@pha/consensus";
import { RuntimeVersion } from "@pha/frame";
import { assert, decode } from "@pha/scale";
import { createOverlay, type Trie } from "@pha/state";
import type { NodeRuntime } from "./node-runtime.ts";

/** Whether the blocks after this one run another runtime. */
export function changesRuntime({ digest }: Header): boolean {
  return digest.some((item) => item.type === "RuntimeEnvironmentUpdated");
}

export function versionAt(runtime: NodeRuntime, state: Trie): RuntimeVersion {
  const answer = runtime.runtimeApi(createOverlay(state), "Core_version", new Uint8Array(0));
  assert(answer.ok, "every runtime answers Core_version");
  const version = decode(RuntimeVersion, answer.value);
  assert(version.ok, "Core_version answers a version");
  return version.value;
}
