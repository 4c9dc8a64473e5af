/** `transaction_v1_*`: hands a transaction in, again and again until it is in a block or the client stops. */
import { PhaError } from "@pha/scale";
import { extrinsicId } from "../../pool/pool-service.ts";
import type { MethodGroup, RpcConnection } from "../method.ts";
import type { NodeContext } from "../node-context.ts";
import { hexParam, stringParam } from "../params.ts";
import { invalidParams } from "../rpc-errors.ts";

const MAX_BROADCASTS = 64;

export function transactionMethods({ chain, pool }: NodeContext): MethodGroup {
  const all = new WeakMap<RpcConnection, Map<string, () => void>>();
  let nextId = 1;
  const broadcastsOf = (connection: RpcConnection): Map<string, () => void> => {
    const known = all.get(connection);
    if (known) return known;
    const broadcasts = new Map<string, () => void>();
    all.set(connection, broadcasts);
    connection.onClose(() => {
      for (const stop of broadcasts.values()) stop();
    });
    return broadcasts;
  };
  const submit = (bytes: Uint8Array): void => {
    try {
      pool.submit(bytes);
    } catch (error) {
      // Invalid now may be valid later; the method answers nothing either way.
      if (!(error instanceof PhaError)) throw error;
    }
  };

  return {
    /**
     * Hands a transaction in, again with each best block until it is in one; id of the operation, or null beyond
     * 64.
     */
    transaction_v1_broadcast: ({ params, connection }) => {
      const bytes = hexParam(params, 0, "transaction");
      const broadcasts = broadcastsOf(connection);
      if (broadcasts.size >= MAX_BROADCASTS) return null;
      const operationId = `t${nextId++}`;
      submit(bytes);
      const id = extrinsicId(bytes);
      let isDone = false;
      const stopPool = pool.watch(id, (event) => {
        if (event.type === "inBlock" || event.type === "finalized") isDone = true;
        if (event.type === "retracted") isDone = false;
      });
      const stopChain = chain.events.subscribe((event) => {
        if (event.type === "best" && !isDone) submit(bytes);
      });
      broadcasts.set(operationId, () => {
        stopPool();
        stopChain();
      });
      return operationId;
    },
    /** Ends a broadcast. */
    transaction_v1_stop: ({ params, connection }) => {
      const operationId = stringParam(params, 0, "operationId");
      const broadcasts = broadcastsOf(connection);
      const stop = broadcasts.get(operationId);
      if (!stop) throw invalidParams("there is no such broadcast");
      broadcasts.delete(operationId);
      stop();
      return null;
    },
  };
}
