/** `chainSpec_v1_*`: constants of the chain; `sync_state_genSyncSpec` gives the whole specification. */
import { chainSpecJson } from "../../chain-spec.ts";
import { toHex } from "../../hex.ts";
import type { MethodGroup } from "../method.ts";
import type { NodeContext } from "../node-context.ts";

export function chainSpecMethods({ spec, chain }: NodeContext): MethodGroup {
  return {
    chainSpec_v1_chainName: () => spec.name,
    chainSpec_v1_genesisHash: () => toHex(chain.genesisHash),
    chainSpec_v1_properties: () => spec.properties,
    sync_state_genSyncSpec: () => chainSpecJson(spec),
  };
}
