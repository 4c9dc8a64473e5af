/**
 * A chain that can be run: its spec, and the runtime that executes its blocks.
 *
 * The genesis state names its state transition. One whose bundle lies beside the program runs as the program's own;
 * every other is loaded from the state into a realm.
 */

import { BabeConfiguration } from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { type SignatureVerifier, verifySignature as verifyAtOnce } from "@pha/frame";
import { CODE_KEY, TRANSITION_KEY, transitionHashOf } from "@pha/runtime";
import { assert, decode, PhaError, toHex } from "@pha/scale";
import { createOverlay } from "@pha/state";
import type { NodeRuntime } from "./chain/node-runtime.ts";
import { loadNative, openRealm, startTransition } from "./chain/realm/load-transition.ts";
import { realmRuntime } from "./chain/realm/realm-runtime.ts";
import { runtimeSwitch } from "./chain/runtime-switch.ts";
import type { ChainSpec } from "./chain-spec.ts";

export interface NodeChain {
  readonly spec: ChainSpec;
  readonly runtime: NodeRuntime;
  readonly slotDurationMs: number;
}

export interface OpenChainOptions {
  /** Bundles of state transitions that the program came with. */
  readonly transitions: readonly Uint8Array[];
  /** @default verifies at once */
  readonly verifySignature?: SignatureVerifier;
  /** @default starts it in a realm of its own, with the deadline of realms */
  readonly startTransition?: typeof startTransition;
}

/** @throws PhaError `chain-spec/no-runtime`, `runtime/not-loadable` */
export function openChain(spec: ChainSpec, options: OpenChainOptions): NodeChain {
  const { transitions, verifySignature = verifyAtOnce } = options;
  const start = options.startTransition ?? startTransition;
  const own = new Set(transitions.map((script) => toHex(blake2b256(script))));
  const services = { verify: verifySignature, startTransition: start };
  const load = (script: Uint8Array): NodeRuntime =>
    own.has(toHex(blake2b256(script)))
      ? loadNative<NodeRuntime>(script, { verifySignature, startTransition: start })
      : realmRuntime(openRealm(script, services));

  const entries = new Map(spec.genesis.map(([key, value]) => [toHex(key), value]));
  const code = entries.get(toHex(CODE_KEY));
  const hash = code && transitionHashOf(code);
  const script = entries.get(toHex(TRANSITION_KEY));
  if (hash === undefined || script === undefined)
    throw new PhaError("chain-spec/no-runtime", "the genesis state holds no runtime", {
      facts: { chain: spec.id },
      hint: "make the chain spec with `pha chain-spec raw`: it puts code and state transition into the genesis",
    });
  const runtime = runtimeSwitch({ native: { hash, runtime: load(script) }, load });
  const overlay = createOverlay({ get: (key) => entries.get(toHex(key)) });
  const answer = runtime.runtimeApi(overlay, "BabeApi_configuration", new Uint8Array(0));
  const configuration = answer.ok ? decode(BabeConfiguration, answer.value) : undefined;
  assert(configuration?.ok, "a runtime answers its configuration");
  return { spec, runtime, slotDurationMs: Number(configuration.value.slotDurationMs) };
}
