/** What the RPC methods may use of the node. */

import type { Header } from "@pha/consensus";
import { PhaError } from "@pha/scale";
import { createOverlay, type Trie } from "@pha/state";
import { MINE_ENTRY } from "../authoring/election-thread.ts";
import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import type { Chain, ImportedBlock } from "../chain/chain.ts";
import type { NodeRuntime } from "../chain/node-runtime.ts";
import type { ChainSpec } from "../chain-spec.ts";
import type { GrandpaService } from "../finality/grandpa-service.ts";
import type { NodeNetwork } from "../network/node-network.ts";
import type { PoolService } from "../pool/pool-service.ts";
import type { SessionKeys } from "../signer/keystore.ts";
import { unknownBlock } from "./rpc-errors.ts";

export interface NodeContext {
  readonly chain: Chain;
  readonly runtime: NodeRuntime;
  readonly pool: PoolService;
  readonly grandpa: GrandpaService;
  readonly blobs: BlobKeeper;
  /** Absent: the node is alone. */
  readonly network?: NodeNetwork | undefined;
  readonly spec: ChainSpec;
  readonly nodeName: string;
  readonly nodeVersion: string;
  readonly isAuthority: boolean;
  /** Keys that RPC may make and ask for; absent: whoever connects may not. */
  readonly sessionKeys?: SessionKeys | undefined;
}

/** The block a method is about: the best one unless a hash is given. */
export function blockAt({ chain }: NodeContext, hash: Uint8Array | undefined): ImportedBlock {
  if (hash === undefined) return chain.best;
  const header = chain.header(hash);
  if (!header) throw unknownBlock();
  return { hash, header, number: header.number };
}

export function stateAt(context: NodeContext, hash: Uint8Array | undefined): Trie {
  return context.chain.stateOf(blockAt(context, hash).header);
}

/** Answer of a runtime API at a block; of those that only the node itself asks, none. */
export function callRuntime(
  context: NodeContext,
  header: Header,
  entry: string,
  args: Uint8Array,
): Uint8Array {
  if (entry === MINE_ENTRY)
    throw new PhaError("rpc/not-for-clients", `${entry} is asked by the node itself`, {
      facts: { entry },
      hint: "a whole election would be computed at every request; read ElectionProviderMultiPhase.QueuedSolution instead",
    });
  const overlay = createOverlay(context.chain.stateOf(header));
  const answer = context.runtime.runtimeApi(overlay, entry, args);
  if (answer.ok) return answer.value;
  throw new PhaError("rpc/invalid-runtime-call", `the runtime does not answer ${entry}`, {
    facts: { reason: answer.error.code },
    hint: "the runtime's metadata lists its APIs and their arguments",
  });
}
