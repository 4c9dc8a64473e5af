/** `chainSpec_v1_*`: constants of the chain; `sync_state_genSyncSpec` gives the whole specification. */
import { checkpointOf } from "../../chain/checkpoint.ts";
import { chainSpecJson } from "../../chain-spec.ts";
import { toHex } from "../../hex.ts";
import type { MethodGroup } from "../method.ts";
import type { NodeContext } from "../node-context.ts";

export function chainSpecMethods({ spec, chain, runtime, network }: NodeContext): MethodGroup {
  return {
    /** Name of the chain. */
    chainSpec_v1_chainName: () => spec.name,
    /** Hash of block 0. */
    chainSpec_v1_genesisHash: () => toHex(chain.genesisHash),
    /** Token symbol, decimals and address format. */
    chainSpec_v1_properties: () => spec.properties,
    /** The chain specification in raw form, with a checkpoint at the finalized head from epoch 1 on: light clients start there. */
    sync_state_genSyncSpec: async () => {
      await network?.open();
      const checkpoint = checkpointOf(chain, runtime);
      return chainSpecJson(spec, {
        bootNodes: network?.listenAddresses() ?? [],
        checkpoint: checkpoint.ok ? checkpoint.value : undefined,
      });
    },
  };
}
