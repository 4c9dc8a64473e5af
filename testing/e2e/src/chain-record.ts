/** What the finalized chain tells of commands and of the roots that replicas agreed on, block by block. */
import { toHex } from "@pha/scale";
import type { Chain } from "@pha/sdk";

export interface QueuedCommand {
  readonly block: number;
  readonly contract: string;
  readonly origin: string;
}

export interface FinalRoot {
  /** Block with the event. */
  readonly at: number;
  readonly cluster: string;
  /** Block whose commands it is of. */
  readonly block: number;
  readonly index: bigint;
}

export interface ChainRecord {
  readonly queued: readonly QueuedCommand[];
  readonly final: readonly FinalRoot[];
  /** Names of events that honest replicas never cause. */
  readonly trouble: readonly string[];
}

const TROUBLE = ["Equivocated", "Dissented", "NoMajority", "RootNamed"];

interface EventRecord {
  readonly event: {
    readonly type: string;
    readonly value: { readonly type: string; readonly value: unknown };
  };
}

/** Reads the events of every block. @param to absent: up to the chain's verified head, also when it moves meanwhile */
export async function readChainRecord(chain: Chain, from = 1, to?: number): Promise<ChainRecord> {
  const queued: QueuedCommand[] = [];
  const final: FinalRoot[] = [];
  const trouble: string[] = [];
  const item = chain.metadata.storage("System", "Events");
  if (!item) throw new Error("the chain has events");
  for (let block = from; block <= (to ?? chain.finality.head.number); block++) {
    const verified = chain.finality.block(block);
    if (!verified) throw new Error(`block ${block} was not followed`);
    const key = item.key();
    const stored = await chain.read({ key, value: chain.metadata.events }, verified);
    for (const { event } of (stored ?? []) as readonly EventRecord[]) {
      const { type, value } = event.value;
      if (event.type === "PhalaPhatContracts" && type === "CommandQueued") {
        const { contract, origin } = value as { contract: Uint8Array; origin: Uint8Array };
        queued.push({ block, contract: toHex(contract), origin: toHex(origin) });
      }
      if (event.type !== "PhaContractState") continue;
      if (TROUBLE.includes(type)) trouble.push(`${type} in ${block}`);
      if (type !== "RootFinal") continue;
      const root = value as { cluster: Uint8Array; block: { number: number }; index: bigint };
      const { cluster, index } = root;
      final.push({ at: block, cluster: toHex(cluster), block: root.block.number, index });
    }
  }
  return { queued, final, trouble };
}
