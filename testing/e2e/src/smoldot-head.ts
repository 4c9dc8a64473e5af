/**
 * What unmodified smoldot says of the chain by `chainHead_v1`: blocks that it took for final, runtimes that it ran, values
 * that it has proofs of.
 *
 * smoldot 3.4.1 has a fault in its older methods (`chain_…`, `state_…`): thirty-two final blocks after it left a branch
 * whose runtime it was still fetching, it ends with "called `Result::unwrap()` on an `Err` value" in `runtime_service.rs`.
 * Branches at an upgrade do that. These methods have not the fault.
 */
import type { SmoldotChain } from "./smoldot-chain.ts";

export interface SmoldotHead {
  /** Hashes of the blocks that became final, in order, the one of the start first. */
  readonly finalized: readonly string[];
  /** Versions of the runtimes as blocks with another one came, the one of the start first. */
  readonly versions: readonly number[];
  /** Value under a key in the state of a block that became final a short time ago. */
  storage(block: string, key: string): Promise<string | undefined>;
  /** What the runtime of such a block answers. */
  runtimeCall(block: string, entry: string, args: string): Promise<string>;
}

interface Runtime {
  readonly type: string;
  readonly spec: { readonly specVersion: number };
}

interface FollowEvent {
  readonly event: string;
  readonly blockHash?: string;
  readonly finalizedBlockHashes?: readonly string[];
  readonly prunedBlockHashes?: readonly string[];
  readonly finalizedBlockRuntime?: Runtime;
  readonly newRuntime?: Runtime | null;
  readonly operationId?: string;
  readonly items?: readonly { readonly value: string }[];
  readonly output?: string;
}

interface Operation {
  value: string | undefined;
  readonly done: (event: FollowEvent) => void;
}

/** Final blocks that stay pinned: their states can be asked for. */
const PINNED = 16;

/** @param options `runtimes: "ignored"` for bursts of blocks, after which smoldot would end the subscription */
export async function followHead(
  chain: SmoldotChain,
  options: { readonly runtimes?: "followed" | "ignored" } = {},
): Promise<SmoldotHead> {
  const finalized: string[] = [];
  const versions: number[] = [];
  const pinned = new Set<string>();
  const operations = new Map<string, Operation>();
  let unpinned = 0;

  const onEvent = (event: FollowEvent): void => {
    const { blockHash, finalizedBlockHashes = [], prunedBlockHashes = [], operationId } = event;
    const runtime = event.finalizedBlockRuntime ?? event.newRuntime;
    // Of several branches, each with the new runtime in its first block, it tells it in each.
    if (runtime && runtime.spec.specVersion !== versions.at(-1))
      versions.push(runtime.spec.specVersion);
    if (blockHash !== undefined && event.event === "newBlock") pinned.add(blockHash);
    if (event.event === "initialized") for (const hash of finalizedBlockHashes) pinned.add(hash);
    finalized.push(...finalizedBlockHashes);
    // No block is called so: whoever waits or compares sees it.
    if (event.event === "stop") finalized.push("stop");
    const done = [...prunedBlockHashes];
    while (finalized.length - unpinned > PINNED) done.push(finalized[unpinned++] ?? "");
    // Of a branch that it left it may name blocks that it never told of.
    const told = done.filter((hash) => pinned.delete(hash));
    if (told.length > 0) void id.then((name) => chain.call("chainHead_v1_unpin", name, told));
    const operation = operationId === undefined ? undefined : operations.get(operationId);
    if (!operation) return;
    operation.value = event.output ?? event.items?.[0]?.value ?? operation.value;
    if (event.event !== "operationStorageItems") operation.done(event);
  };
  const withRuntime = options.runtimes !== "ignored";
  const id = chain.subscribe(onEvent, "chainHead_v1_follow", withRuntime);
  const name = await id;

  const operate = async (method: string, ...params: unknown[]): Promise<string | undefined> => {
    type Started = { readonly result: string; readonly operationId: string };
    const started = await chain.call<Started>(method, name, ...params);
    if (started.result !== "started") throw new Error(`${method}: ${started.result}`);
    const { operationId } = started;
    return new Promise((resolve, reject) => {
      const operation: Operation = {
        value: undefined,
        done: ({ event }) => {
          operations.delete(operationId);
          if (event.endsWith("Done")) resolve(operation.value);
          else reject(new Error(`${method}: ${event}`));
        },
      };
      operations.set(operationId, operation);
    });
  };
  return {
    finalized,
    versions,
    storage: (block, key) => operate("chainHead_v1_storage", block, [{ key, type: "value" }], null),
    async runtimeCall(block, entry, args) {
      const output = await operate("chainHead_v1_call", block, entry, args);
      if (output === undefined) throw new Error(`${entry} has no answer`);
      return output;
    },
  };
}
