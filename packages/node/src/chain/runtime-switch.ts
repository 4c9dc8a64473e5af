/**
 * Executes every block with the runtime whose code is in its parent's state.
 *
 * A state names its transition in `:code`. The one that equals the program's own is run as that; every other is loaded
 * from the state into a realm. A block keeps the runtime it was begun with: new code counts from the next one on.
 *
 * **Bounds**: `LOADED` realms; the least recently used goes first. **Trust**: transitions come from the chain's own
 * state, where root put them; see `load-transition.ts`.
 */
import { blake2b256 } from "@pha/crypto";
import { CODE_KEY, TRANSITION_KEY, transitionHashOf } from "@pha/runtime";
import { equalBytes, PhaError, toHex } from "@pha/scale";
import type { Overlay } from "@pha/state";
import type { NodeRuntime } from "./node-runtime.ts";

const LOADED = 4;

export interface RuntimeSwitchOptions {
  /** The program's own runtime, and the hash of the bundle it is. */
  readonly native: { readonly hash: Uint8Array; readonly runtime: NodeRuntime };
  /** Loads any other from its script. */
  readonly load: (script: Uint8Array) => NodeRuntime;
}

export function runtimeSwitch({ native, load }: RuntimeSwitchOptions): NodeRuntime {
  const ofOverlay = new WeakMap<Overlay, NodeRuntime>();
  /** By hash; states give the same array of code again and again. */
  const hashes = new WeakMap<Uint8Array, Uint8Array>();
  const loaded = new Map<string, NodeRuntime>();

  const hashIn = (overlay: Overlay): Uint8Array => {
    const code = overlay.get(CODE_KEY);
    const hash = code && (hashes.get(code) ?? transitionHashOf(code));
    if (code === undefined || hash === undefined)
      throw broken("no-transition", "the chain's code names no state transition");
    hashes.set(code, hash);
    return hash;
  };

  const other = (hash: Uint8Array, overlay: Overlay): NodeRuntime => {
    const key = toHex(hash);
    let runtime = loaded.get(key);
    if (runtime === undefined) {
      const script = overlay.get(TRANSITION_KEY);
      if (script === undefined || !equalBytes(blake2b256(script), hash))
        throw broken("wrong-transition", "the state transition is not the one that the code names");
      runtime = load(script);
    }
    loaded.delete(key);
    loaded.set(key, runtime);
    if (loaded.size > LOADED)
      for (const oldest of loaded.keys()) {
        loaded.delete(oldest);
        break;
      }
    return runtime;
  };

  const on = (overlay: Overlay): NodeRuntime => {
    const known = ofOverlay.get(overlay);
    if (known) return known;
    const hash = hashIn(overlay);
    const runtime = equalBytes(hash, native.hash) ? native.runtime : other(hash, overlay);
    ofOverlay.set(overlay, runtime);
    return runtime;
  };

  return {
    version: native.runtime.version,
    initializeBlock: (overlay, header) => on(overlay).initializeBlock(overlay, header),
    inherentExtrinsics: (overlay, data) => on(overlay).inherentExtrinsics(overlay, data),
    checkInherents: (overlay, extrinsics, data) =>
      on(overlay).checkInherents(overlay, extrinsics, data),
    applyExtrinsic: (overlay, bytes) => on(overlay).applyExtrinsic(overlay, bytes),
    finalizeBlock: (overlay) => on(overlay).finalizeBlock(overlay),
    executeBlock: (overlay, header, extrinsics) =>
      on(overlay).executeBlock(overlay, header, extrinsics),
    validateTransaction: (overlay, source, bytes, blockHash) =>
      on(overlay).validateTransaction(overlay, source, bytes, blockHash),
    runtimeApi: (overlay, entry, args) => on(overlay).runtimeApi(overlay, entry, args),
  };
}

function broken(what: "no-transition" | "wrong-transition", message: string): PhaError {
  return new PhaError(`runtime/${what}`, message, {
    hint: "root wrote the code of the chain by hand; undo it before this block",
  });
}
