/** What may be wrong with a database. */
import type { Header } from "@pha/consensus";
import { checkTrie, type KeyValueStore, type NodeStore, type SoundNodes } from "@pha/state";
import { nodeKey } from "./columns.ts";

export interface DatabaseFault {
  readonly code: /** The height has no final block, or the one above it has no parent there. */
    | "database/broken-chain"
    | "database/damaged-header"
    | "database/damaged-body"
    /** A node or value of the state is missing or has another hash. */
    | "database/damaged-state"
    /** What is noted of the nodes that came and went with a block, in a pruned database. */
    | "database/damaged-change"
    /** A node is counted another number of times than the kept states need it, in a pruned database. */
    | "database/wrong-count"
    /** An entry that says where the chain stands is missing or does not decode. */
    | "database/damaged-entry";
  /** Height; absent for entries. */
  readonly block?: number;
  readonly what: string;
}

/** Whether a state is whole, to the last node. */
export function stateFault(
  store: KeyValueStore,
  { number, stateRoot }: Header,
  sound: SoundNodes,
): DatabaseFault | undefined {
  const nodes: NodeStore = { getNode: (hash) => store.get(nodeKey(hash)) };
  const fault = checkTrie(nodes, stateRoot, sound);
  return (
    fault && { code: "database/damaged-state", block: number, what: `a node is ${fault.kind}` }
  );
}
