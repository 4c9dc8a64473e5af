/** The development chain: chain spec and runtime from the preset of `@pha/runtime`. */
import type { SignatureVerifier } from "@pha/frame";
import {
  createDevelopmentRuntime,
  type DevelopmentOptions,
  developmentPreset,
  runtimeCode,
  SS58_PREFIX,
  TOKEN,
} from "@pha/runtime";
import type { NodeRuntime } from "./chain/node-runtime.ts";
import type { ChainSpec } from "./chain-spec.ts";

export interface DevelopmentChain {
  readonly spec: ChainSpec;
  readonly runtime: NodeRuntime;
  readonly slotDurationMs: number;
}

export interface DevelopmentChainOptions extends DevelopmentOptions {
  /** @default verifies at once */
  readonly verifySignature?: SignatureVerifier;
}

export function developmentChain(options: DevelopmentChainOptions = {}): DevelopmentChain {
  const { name, id, chainType, parameters, genesis } = developmentPreset(options);
  const { verifySignature } = options;
  const runtime = createDevelopmentRuntime(
    parameters,
    verifySignature === undefined ? {} : { verifySignature },
  );
  const code = options.code ?? runtimeCode(runtime);
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
      genesis: runtime.genesis({ ...genesis, System: { ...genesis.System, code } }),
    },
    runtime,
    slotDurationMs: Number(parameters.slotDurationMs),
  };
}
