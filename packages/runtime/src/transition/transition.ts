/**
 * What a bundled state transition exports: the runtime for the program that trusts it as its own, and a server of bytes
 * for a realm.
 *
 * A bundle is a script in the form of CommonJS; the node wraps it in a function of `phaHost`, `module` and `exports`.
 * Both ways run the same code. In a realm nothing but bytes crosses: entry points of runtime APIs with encoded
 * arguments come in, encoded answers go out, and state is read and written through the functions given to `serve`.
 *
 * **Trust**: a bundle is trusted like a release of the node; the realm is there for determinism.
 */
import {
  type AnyPallet,
  type Installed,
  MultiSignature,
  type Overlay,
  type Runtime,
  type SignatureVerifier,
} from "@pha/frame";
import { assert, concatBytes, encode, utf8 } from "@pha/scale";
import type { RuntimeSettings } from "../runtime.ts";

/** State as a realm reaches it; keys and values are its own copies. */
export interface RealmState {
  get(key: Uint8Array): Uint8Array | undefined;
  put(key: Uint8Array, value: Uint8Array): void;
  remove(key: Uint8Array): void;
  begin(): void;
  commit(): void;
  rollback(): void;
  clearPrefix(prefix: Uint8Array): void;
  nextKey(key: Uint8Array): Uint8Array | undefined;
  /** @param signature encoded `MultiSignature` */
  verify(signature: Uint8Array, payload: Uint8Array, signer: Uint8Array): boolean;
  /** Encoded version that a transition gives when it is started; `undefined` when it does not start. */
  startTransition(script: Uint8Array): Uint8Array | undefined;
}

/** Entry points on states that the caller numbers; all reach the state through one `RealmState`. */
export interface RealmServer {
  /** 0 and the answer, or 1 and the code of the error. */
  call(state: number, entry: string, args: Uint8Array): Uint8Array;
  /** No call on that state comes any more. */
  forget(state: number): void;
}

export interface TransitionModule<R> {
  createRuntime(settings: RuntimeSettings): R;
  serve(state: RealmState): RealmServer;
}

type AnyRuntime = Pick<Runtime<readonly Installed<AnyPallet>[]>, "runtimeApi">;

export function transitionModule<R extends AnyRuntime>(
  createRuntime: (settings: RuntimeSettings) => R,
): TransitionModule<R> {
  return {
    createRuntime,
    serve(state) {
      const verifySignature: SignatureVerifier = (signature, payload, signer) =>
        state.verify(encode(MultiSignature, signature), payload, signer);
      const { startTransition } = state;
      const runtime = createRuntime({ verifySignature, startTransition });
      const overlays = new Map<number, Overlay>();
      return {
        call(id, entry, args) {
          let overlay = overlays.get(id);
          if (overlay === undefined) {
            overlay = realmOverlay(state);
            overlays.set(id, overlay);
          }
          const answer = runtime.runtimeApi(overlay, entry, args);
          return answer.ok
            ? concatBytes(Uint8Array.of(0), answer.value)
            : concatBytes(Uint8Array.of(1), utf8(answer.error.code));
        },
        forget: (id) => void overlays.delete(id),
      };
    },
  };
}

/** One object per state: the runtime remembers the block under way by it. */
function realmOverlay(state: RealmState): Overlay {
  return {
    kept: new Map(),
    get: state.get,
    put: (key, value) => (value === undefined ? state.remove(key) : state.put(key, value)),
    begin: state.begin,
    commit: state.commit,
    rollback: state.rollback,
    clearPrefix: state.clearPrefix,
    *keys(prefix) {
      if (state.get(prefix) !== undefined) yield prefix;
      for (let key = state.nextKey(prefix); key && startsWith(key, prefix); ) {
        yield key;
        const next = state.nextKey(key);
        assert(next === undefined || next.length > 0, "only the first key may be empty");
        key = next;
      }
    },
  };
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return key.length >= prefix.length && prefix.every((byte, i) => key[i] === byte);
}
