/**
 * js-libp2p, loaded when a network starts: a node that is alone does without its time and memory.
 */
import "../polyfill.ts";

/** A file of its own, which the bundled node has as a script beside it. */
export function loadLibp2p() {
  return import("./libp2p-modules.ts");
}

export type Libp2pModules = Awaited<ReturnType<typeof loadLibp2p>>;
