/** Chains by the name of a preset: specs and runtimes from the presets of `@pha/runtime`. */
import { type SignatureVerifier, verifySignature as verifyAtOnce } from "@pha/frame";
import {
  createDevelopmentRuntime,
  DEVELOPMENT,
  type DevelopmentOptions,
  type DevelopmentRuntime,
  developmentPreset,
  localPreset,
  type PublicRuntime,
  runtimeCode,
  SS58_PREFIX,
  type TestnetOptions,
  TOKEN,
  testnetPreset,
  transitionSections,
} from "@pha/runtime";
import { assert } from "@pha/scale";
import { loadNative, startTransition } from "./chain/realm/load-transition.ts";
import type { ChainSpec } from "./chain-spec.ts";
import { type NodeChain, openChain } from "./open-chain.ts";

/** What every chain of ours shows of itself. */
const PROPERTIES: ChainSpec["properties"] = {
  ss58Format: SS58_PREFIX,
  tokenDecimals: TOKEN.decimals,
  tokenSymbol: TOKEN.symbol,
};

export interface DevelopmentChainOptions extends DevelopmentOptions {
  /** @default verifies at once */
  readonly verifySignature?: SignatureVerifier;
  /**
   * The bundle of the state transition that the program comes with. It goes into the genesis and runs as the program's
   * own; whatever root puts in its place is loaded from state. Absent: the runtime of the sources, for ever.
   */
  readonly transition?: Uint8Array | undefined;
}

/** One authority on one machine; evidence of workers is simulated. */
export function developmentChain(options: DevelopmentChainOptions = {}): NodeChain {
  const { name, id, chainType, parameters, genesis } = developmentPreset(options);
  const { transition, verifySignature = verifyAtOnce } = options;
  assert(
    transition === undefined || parameters === DEVELOPMENT,
    "the bundle's parameters are those of the development chain",
  );
  const settings = { verifySignature, startTransition };
  const own = transition
    ? loadNative<DevelopmentRuntime>(transition, settings)
    : createDevelopmentRuntime(parameters, settings);
  const code = options.code ?? runtimeCode(own, transition ? transitionSections(transition) : {});
  const spec: ChainSpec = {
    name,
    id,
    chainType,
    properties: PROPERTIES,
    isSimulated: true,
    genesis: own.genesis({ ...genesis, System: { code, transition } }),
  };
  return transition
    ? openChain(spec, { transitions: [transition], verifySignature })
    : { spec, runtime: own, slotDurationMs: Number(parameters.slotDurationMs) };
}

/** @param transition bundle of the local network's runtime */
export function localSpec(transition: Uint8Array, options: DevelopmentOptions = {}): ChainSpec {
  const { name, id, chainType, genesis } = localPreset(options);
  const own = loadNative<DevelopmentRuntime>(transition, { startTransition });
  const code = runtimeCode(own, transitionSections(transition));
  return {
    name,
    id,
    chainType,
    properties: PROPERTIES,
    isSimulated: options.devnet !== undefined,
    genesis: own.genesis({ ...genesis, System: { code, transition } }),
  };
}

/** @param transition bundle of the public test network's runtime */
export function testnetSpec(
  transition: Uint8Array,
  validators: TestnetOptions["validators"],
): ChainSpec {
  const { name, id, chainType, genesis } = testnetPreset({ validators });
  const own = loadNative<PublicRuntime>(transition, { startTransition });
  const code = runtimeCode(own, transitionSections(transition));
  return {
    name,
    id,
    chainType,
    properties: PROPERTIES,
    isSimulated: false,
    genesis: own.genesis({ ...genesis, System: { code, transition } }),
  };
}
