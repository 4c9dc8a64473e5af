/**
 * Loads a state transition: as the program's own, or into a realm.
 *
 * Both evaluate the same bytes. The program's own is the one whose file lies beside the program; any other comes from
 * the state of the chain.
 */
import vm from "node:vm";
import { primitives } from "@pha/crypto";
import type { RuntimeSettings, TransitionModule } from "@pha/runtime";
import { PhaError, utf8ToText } from "@pha/scale";
import { createOverlay, type Overlay } from "@pha/state";
import type { NodeRuntime } from "../node-runtime.ts";
import { HOST_TABLE, HostCalls, type HostServices } from "./host-calls.ts";
import { type BundleFactory, prepareRealm, type RealmParts } from "./prepare-realm.ts";

/** A module that has not started by then never will; a good one takes a tenth of a second. */
const START_TIMEOUT_MS = 2_000;

/**
 * @typeParam R type of the script's runtime, as its entry makes it
 * @throws PhaError `runtime/not-loadable`
 */
export function loadNative<R extends NodeRuntime>(
  script: Uint8Array,
  settings: RuntimeSettings,
): R {
  const module: { exports: unknown } = { exports: {} };
  try {
    const factory: unknown = scriptOf(script).runInThisContext();
    // The script is one function expression, of that form.
    (factory as BundleFactory)({ backend: primitives }, module, module.exports);
    // The build made the bundle from the entry that exports this.
    return (module.exports as TransitionModule<R>).createRuntime(settings);
  } catch (cause) {
    throw notLoadable(cause);
  }
}

export interface Realm {
  /** Answer of an entry point on a state: 0 and the answer, or 1 and the code of the error. */
  call(overlay: Overlay, entry: string, args: Uint8Array): Uint8Array;
}

/** @throws PhaError `runtime/not-loadable` */
export function openRealm(
  script: Uint8Array,
  services: HostServices,
  timeoutMs: number = START_TIMEOUT_MS,
): Realm {
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
    codeGeneration: { strings: false, wasm: false },
  });
  const calls = new HostCalls(services);
  try {
    const prepare: unknown = vm.runInContext(`(${prepareRealm.toString()})`, context);
    // The text of this very function.
    const parts = (prepare as typeof prepareRealm)(JSON.stringify(HOST_TABLE), calls.call);
    const factory: unknown = scriptOf(script).runInContext(context);
    const within = deadline(context, timeoutMs);
    // The script is one function expression, of that form.
    within(() => parts.load(factory as BundleFactory));
    // The first answer is part of the start: a module that hangs in it is none.
    const empty = createOverlay({ get: () => undefined });
    within(() => calls.on(empty, () => parts.call(FIRST_STATE, "Core_version", NO_ARGUMENTS)));
    parts.forget(FIRST_STATE);
    return realmOf(calls, parts);
  } catch (cause) {
    throw notLoadable(cause);
  }
}

/** Encoded version that a transition says; `undefined` when it does not start. */
export function startTransition(
  script: Uint8Array,
  timeoutMs: number = START_TIMEOUT_MS,
): Uint8Array | undefined {
  const alone: HostServices = { verify: () => false, startTransition: () => undefined };
  try {
    const empty = createOverlay({ get: () => undefined });
    const answer = openRealm(script, alone, timeoutMs).call(empty, "Core_version", NO_ARGUMENTS);
    return answer[0] === 0 ? answer.subarray(1) : undefined;
  } catch (error) {
    if (error instanceof PhaError && error.code === "runtime/not-loadable") return undefined;
    throw error;
  }
}

const FIRST_STATE = 0;
const NO_ARGUMENTS = new Uint8Array(0);

function realmOf(calls: HostCalls, parts: RealmParts): Realm {
  let last = FIRST_STATE;
  const ids = new WeakMap<Overlay, number>();
  const gone = new FinalizationRegistry<number>((id) => parts.forget(id));
  return {
    call(overlay, entry, args) {
      let id = ids.get(overlay);
      if (id === undefined) {
        id = ++last;
        ids.set(overlay, id);
        gone.register(overlay, id);
      }
      const state = id;
      // A copy: what a realm gives is its own.
      return calls.on(overlay, () => Uint8Array.from(parts.call(state, entry, args)));
    },
  };
}

/** Runs something in a context with a deadline, which only scripts have. */
function deadline(context: vm.Context, timeoutMs: number): (run: () => void) => void {
  const hold: unknown = vm.runInContext("(run) => { globalThis.run = run; }", context);
  return (run) => {
    (hold as (run: () => void) => void)(run);
    vm.runInContext("run(); delete globalThis.run;", context, { timeout: timeoutMs });
  };
}

function scriptOf(script: Uint8Array): vm.Script {
  const text = utf8ToText(script);
  if (text === undefined) throw new TypeError("the script is no UTF-8");
  return new vm.Script(`(function (phaHost, module, exports) {${text}\n})`, {
    filename: "pha-runtime.js",
  });
}

function notLoadable(cause: unknown): PhaError {
  return new PhaError("runtime/not-loadable", "the state transition cannot be loaded", {
    facts: { reason: cause instanceof Error ? cause.message : String(cause) },
    hint: "root put a broken runtime on the chain, or this program is too old for it; update the program",
    cause,
  });
}
