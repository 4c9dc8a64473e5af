/** The development chain: chain spec and runtime from the preset of `@pha/runtime`. */
import { type DevelopmentOptions, developmentPreset, SS58_PREFIX, TOKEN } from "@pha/runtime";
import type { NodeRuntime } from "./chain/node-runtime.ts";
import type { ChainSpec } from "./chain-spec.ts";
import { palletApi } from "./pallet-apis.ts";

export interface DevelopmentChain {
  readonly spec: ChainSpec;
  readonly runtime: NodeRuntime;
  readonly slotDurationMs: number;
}

export function developmentChain(options: DevelopmentOptions = {}): DevelopmentChain {
  const { name, id, chainType, parameters, runtime, genesis } = developmentPreset(options);
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
      genesis: runtime.genesis(genesis),
    },
    runtime: {
      ...runtime,
      runtimeApi: (overlay, entry, args) => palletApi(runtime, overlay, entry, args),
    },
    slotDurationMs: Number(parameters.slotDurationMs),
  };
}
