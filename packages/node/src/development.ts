/** The development chain: chain spec and runtime from the preset of `@pha/runtime`. */
import { blake2b256 } from "@pha/crypto";
import { type SignatureVerifier, verifySignature as verifyAtOnce } from "@pha/frame";
import {
  createDevelopmentRuntime,
  DEVELOPMENT,
  type DevelopmentOptions,
  developmentPreset,
  runtimeCode,
  SS58_PREFIX,
  TOKEN,
  transitionSections,
} from "@pha/runtime";
import { assert } from "@pha/scale";
import type { NodeRuntime } from "./chain/node-runtime.ts";
import { loadNative, openRealm, startTransition } from "./chain/realm/load-transition.ts";
import { realmRuntime } from "./chain/realm/realm-runtime.ts";
import { runtimeSwitch } from "./chain/runtime-switch.ts";
import type { ChainSpec } from "./chain-spec.ts";

export interface DevelopmentChain {
  readonly spec: ChainSpec;
  readonly runtime: NodeRuntime;
  readonly slotDurationMs: number;
}

export interface DevelopmentChainOptions extends DevelopmentOptions {
  /** @default verifies at once */
  readonly verifySignature?: SignatureVerifier;
  /**
   * The bundle of the state transition that the program comes with. It goes into the genesis and runs as the program's
   * own; whatever root puts in its place is loaded from state. Absent: the runtime of the sources, for ever.
   */
  readonly transition?: Uint8Array | undefined;
}

export function developmentChain(options: DevelopmentChainOptions = {}): DevelopmentChain {
  const { name, id, chainType, parameters, genesis } = developmentPreset(options);
  const { transition, verifySignature = verifyAtOnce } = options;
  assert(
    transition === undefined || parameters === DEVELOPMENT,
    "the bundle's parameters are those of the development chain",
  );
  const settings = { verifySignature, startTransition };
  const own = transition
    ? loadNative(transition, settings)
    : createDevelopmentRuntime(parameters, settings);
  const code = options.code ?? runtimeCode(own, transition ? transitionSections(transition) : {});
  const services = { verify: verifySignature, startTransition };
  return {
    spec: {
      name,
      id,
      chainType,
      properties: {
        ss58Format: SS58_PREFIX,
        tokenDecimals: TOKEN.decimals,
        tokenSymbol: TOKEN.symbol,
      },
      isSimulated: true,
      genesis: own.genesis({ ...genesis, System: { code, transition } }),
    },
    runtime: transition
      ? runtimeSwitch({
          native: { hash: blake2b256(transition), runtime: own },
          load: (script) => realmRuntime(openRealm(script, services)),
        })
      : own,
    slotDurationMs: Number(parameters.slotDurationMs),
  };
}
