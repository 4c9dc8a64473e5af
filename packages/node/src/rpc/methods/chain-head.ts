/** `chainHead_v1_*`: follows the head of the chain with pinned blocks and operations on them. */
import { encodeHeader } from "@pha/consensus";
import { PhaError } from "@pha/scale";
import type { ImportedBlock } from "../../chain/chain.ts";
import { toHex } from "../../hex.ts";
import { ChainHeadFollow, type Operation } from "../chain-head-follow.ts";
import type { MethodGroup, RpcCall, RpcConnection } from "../method.ts";
import { callRuntime, type NodeContext } from "../node-context.ts";
import {
  booleanParam,
  hashParam,
  hexParam,
  hexValue,
  listParam,
  optionalHexParam,
  stringParam,
} from "../params.ts";
import { invalidParams } from "../rpc-errors.ts";
import { readItems, type StorageItem, storageItems } from "../storage-items.ts";

/** Follows of one connection. */
const MAX_FOLLOWS = 4;
/** Items sent before the client must say that it wants more. */
const ITEMS_BEFORE_PAUSE = 1_024;
const LIMIT_REACHED = { result: "limitReached" };
const NOTHING: Operation = { stop: () => {}, resume: () => false };

type Follows = Map<string, ChainHeadFollow>;

export function chainHeadMethods(context: NodeContext): MethodGroup {
  const all = new WeakMap<RpcConnection, Follows>();
  const followsOf = (connection: RpcConnection): Follows => {
    const follows: Follows = all.get(connection) ?? new Map();
    all.set(connection, follows);
    return follows;
  };
  const followOf = ({ params, connection }: RpcCall): ChainHeadFollow | undefined =>
    followsOf(connection).get(stringParam(params, 0, "followSubscription"));

  /** Starts an operation on a pinned block. */
  const operate = (
    call: RpcCall,
    run: (follow: ChainHeadFollow, block: ImportedBlock, id: string) => Operation,
  ): object => {
    const follow = followOf(call);
    if (!follow) return LIMIT_REACHED;
    const block = pinnedBlock(follow, hashParam(call.params, 1, "hash"));
    const operationId = follow.operate((id) => run(follow, block, id));
    return operationId === undefined ? LIMIT_REACHED : { result: "started", operationId };
  };

  return {
    /**
     * Follows the chain: `chainHead_v1_followEvent` tells of new, best and finalized blocks, which stay pinned
     * until `chainHead_v1_unpin`.
     */
    chainHead_v1_follow: ({ params, connection }) => {
      const withRuntime = booleanParam(params, 0, "withRuntime");
      const follows = followsOf(connection);
      if (follows.size >= MAX_FOLLOWS)
        throw new PhaError("rpc/limit-reached", `at most ${MAX_FOLLOWS} follows a connection`, {
          facts: { limit: MAX_FOLLOWS },
          hint: "use the follow that is open, or end it with chainHead_v1_unfollow",
        });
      return connection.subscribe("chainHead_v1_followEvent", (sink) => {
        const follow = new ChainHeadFollow(sink, context, { withRuntime });
        follows.set(sink.subscription, follow);
        follow.start();
        return () => {
          follow.stop();
          follows.delete(sink.subscription);
        };
      });
    },
    /** Ends a follow, its operations and its pins. */
    chainHead_v1_unfollow: ({ params, connection }) => {
      connection.unsubscribe(stringParam(params, 0, "followSubscription"));
      return null;
    },
    /** SCALE header of a pinned block in hex; null when the follow has ended. */
    chainHead_v1_header: (call) => {
      const follow = followOf(call);
      if (!follow) return null;
      const { header } = pinnedBlock(follow, hashParam(call.params, 1, "hash"));
      return toHex(encodeHeader(header));
    },
    /** Starts an operation; the extrinsics come in `operationBodyDone`. */
    chainHead_v1_body: (call) =>
      operate(call, (follow, block, operationId) => {
        const value = (context.chain.body(block.hash) ?? []).map(toHex);
        follow.endOperation(operationId);
        follow.send({ event: "operationBodyDone", operationId, value });
        return NOTHING;
      }),
    /**
     * Starts an operation that runs a function of the runtime on a pinned block's state; the output comes in
     * `operationCallDone`.
     */
    chainHead_v1_call: (call) => {
      const entry = stringParam(call.params, 2, "function");
      const args = hexParam(call.params, 3, "callParameters");
      return operate(call, (follow, { header }, operationId) => {
        if (!context.chain.hasStateOf(header)) return inaccessible(follow, operationId);
        follow.endOperation(operationId);
        follow.send(callEvent(context, header, entry, args, operationId));
        return NOTHING;
      });
    },
    /**
     * Starts an operation that reads items of a pinned block's state; they come in `operationStorageItems`,
     * `operationStorageDone` last.
     */
    chainHead_v1_storage: (call) => {
      const items = storageItems(call.params, 2);
      if (optionalHexParam(call.params, 3, "childTrie"))
        throw invalidParams("this chain has no child tries");
      const started = operate(call, (follow, block, id) => {
        if (!context.chain.hasStateOf(block.header)) return inaccessible(follow, id);
        const state = context.chain.stateOf(block.header);
        // The client may unpin the block before it has everything.
        return startStorage(follow, state, items, id, context.chain.pinState(block));
      });
      return { ...started, ...("operationId" in started ? { discardedItems: 0 } : {}) };
    },
    /** Goes on with an operation that waits (`operationWaitingForContinue`). */
    chainHead_v1_continue: (call) => {
      const follow = followOf(call);
      const operation = follow?.operation(stringParam(call.params, 1, "operationId"));
      if (operation && !operation.resume())
        throw new PhaError("rpc/invalid-continue", "the operation does not wait for a continue", {
          hint: "continue only after operationWaitingForContinue",
        });
      return null;
    },
    /** Ends an operation. */
    chainHead_v1_stopOperation: (call) => {
      const follow = followOf(call);
      const id = stringParam(call.params, 1, "operationId");
      follow?.operation(id)?.stop();
      follow?.endOperation(id);
      return null;
    },
    /**
     * Lets pinned blocks go.
     *
     * @param hash one hash, or a list of at most 512
     */
    chainHead_v1_unpin: (call) => {
      const follow = followOf(call);
      if (!follow) return null;
      const [, given] = call.params;
      const hashes = Array.isArray(given)
        ? listParam(call.params, 1, "hashes", { max: 512 }).map((hash) => hexValue(hash, "hash"))
        : [hashParam(call.params, 1, "hash")];
      if (!follow.unpin(hashes)) throw notPinned();
      return null;
    },
  };
}

/** The client unpinned the block at once, and its state is gone by now. */
function inaccessible(follow: ChainHeadFollow, operationId: string): Operation {
  follow.endOperation(operationId);
  follow.send({ event: "operationInaccessible", operationId });
  return NOTHING;
}

function pinnedBlock(follow: ChainHeadFollow, hash: Uint8Array): ImportedBlock {
  const block = follow.pinned(hash);
  if (!block) throw notPinned();
  return block;
}

function notPinned(): PhaError {
  return new PhaError("rpc/invalid-block", "the block is not pinned by this follow", {
    hint: "use blocks that the follow announced and that were not unpinned",
  });
}

function callEvent(
  context: NodeContext,
  header: ImportedBlock["header"],
  entry: string,
  args: Uint8Array,
  operationId: string,
): object {
  try {
    const output = toHex(callRuntime(context, header, entry, args));
    return { event: "operationCallDone", operationId, output };
  } catch (error) {
    if (!(error instanceof PhaError)) throw error;
    return { event: "operationError", operationId, error: `${error.code}: ${error.message}` };
  }
}

/** Sends pages of items, one per turn of the event loop, and pauses when the client should catch up. */
function startStorage(
  follow: ChainHeadFollow,
  state: Parameters<typeof readItems>[0],
  items: readonly StorageItem[],
  operationId: string,
  unpin: () => void,
): Operation {
  const pages = readItems(state, items);
  let isStopped = false;
  let isWaiting = false;
  let sent = 0;
  const work = (): void => {
    if (isStopped) return;
    const page = pages.next();
    if (page.done) {
      unpin();
      follow.endOperation(operationId);
      follow.send({ event: "operationStorageDone", operationId });
      return;
    }
    if (page.value.length > 0)
      follow.send({ event: "operationStorageItems", operationId, items: page.value });
    sent += page.value.length;
    if (sent < ITEMS_BEFORE_PAUSE) {
      setImmediate(work);
      return;
    }
    sent = 0;
    isWaiting = true;
    follow.send({ event: "operationWaitingForContinue", operationId });
  };
  work();
  return {
    stop: () => {
      isStopped = true;
      unpin();
    },
    resume: () => {
      if (!isWaiting) return false;
      isWaiting = false;
      setImmediate(work);
      return true;
    },
  };
}
