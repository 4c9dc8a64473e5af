/** The cluster's queue as the chain ordered it: commands and instantiations of finalized blocks. */
import { type BlockRef, ClusterEvent, Command, type Contract, TOPIC } from "@pha/protocol";
import { decode, equalBytes, toHex } from "@pha/scale";
import type { FinalizedBlock } from "./block.ts";
import type { Position } from "./position.ts";

export type QueueItem =
  | {
      readonly type: "command";
      readonly at: Position;
      /** Block that included it. */
      readonly block: BlockRef;
      readonly command: Command;
    }
  | {
      readonly type: "instantiate";
      readonly at: Position;
      readonly block: BlockRef;
      readonly contract: Uint8Array;
      readonly record: Contract;
    };

/**
 * Items of a block that belong to `cluster`, in chain order. A contract instantiated in the block counts for the
 * commands after it.
 *
 * @param contracts hex ids of the cluster's contracts; instantiations of this block are added
 */
export function itemsOf(
  block: FinalizedBlock,
  cluster: Uint8Array,
  contracts: Set<string>,
): readonly QueueItem[] {
  const items: QueueItem[] = [];
  const next = (): Position => ({ block: block.ref.number, index: items.length });
  for (const { sender, destination, payload } of block.messages) {
    if (sender.type === "AccountId" && equalBytes(destination, TOPIC.command)) {
      const command = decode(Command, payload);
      // The origin that a command names is the account that the chain says sent it.
      if (!command.ok || !equalBytes(command.value.origin, sender.value)) continue;
      if (contracts.has(toHex(command.value.contract)))
        items.push({ type: "command", at: next(), block: block.ref, command: command.value });
    } else if (sender.type === "Pallet" && equalBytes(destination, TOPIC.cluster)) {
      const event = decode(ClusterEvent, payload);
      if (!event.ok || event.value.type !== "Instantiated") continue;
      const { contract, record } = event.value.value;
      if (!equalBytes(event.value.value.cluster, cluster)) continue;
      contracts.add(toHex(contract));
      items.push({ type: "instantiate", at: next(), block: block.ref, contract, record });
    }
  }
  return items;
}
