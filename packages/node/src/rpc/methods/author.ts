/** `author_*`: extrinsics on their way into blocks. */
import { PhaError } from "@pha/scale";
import { toHex } from "../../hex.ts";
import { hexOfText } from "../../pool/pool-service.ts";
import type { PoolEvent } from "../../pool/transaction.ts";
import type { MethodGroup, RpcCall, Sink } from "../method.ts";
import type { NodeContext } from "../node-context.ts";
import { hexParam, stringParam } from "../params.ts";

/**
 * A single authority finalizes within milliseconds; `@polkadot/api` looks up the block of a status and passes over the
 * status when the next one comes before that is done. On a busy machine it may still: a program has to take `Finalized`
 * for `InBlock`.
 */
const FINALIZED_AFTER_MS = 150;

export function authorMethods({ pool }: NodeContext): MethodGroup {
  const unwatch = ({ params, connection }: RpcCall): boolean =>
    connection.unsubscribe(stringParam(params, 0, "subscription"));
  const submitAndWatch = async ({ params, connection }: RpcCall): Promise<string> => {
    const id = await pool.submitSoon(hexParam(params, 0, "extrinsic"));
    return connection.subscribe("author_extrinsicUpdate", (sink) => watch(sink, id));
  };
  const watch = (sink: Sink, id: string): (() => void) => {
    let includedAt = Number.NEGATIVE_INFINITY;
    let timer: NodeJS.Timeout | undefined;
    const send = (event: PoolEvent): void => {
      sink.send(statusJson(event));
      if (isLast(event)) sink.end();
    };
    const stop = pool.watch(id, (event) => {
      if (event.type === "inBlock") includedAt = performance.now();
      const wait = includedAt + FINALIZED_AFTER_MS - performance.now();
      if (event.type === "finalized" && wait > 0) timer = setTimeout(() => send(event), wait);
      else send(event);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  };

  return {
    /**
     * Takes an extrinsic into the pool; its hash.
     *
     * @throws PhaError `extrinsic/malformed`, `extrinsic/invalid`, `extrinsic/unknown-validity`,
     * `pool/already-imported`, `pool/temporarily-banned`, `pool/too-low-priority`, `pool/stale`,
     * `pool/sender-limit`, `pool/full`
     */
    author_submitExtrinsic: async ({ params }) =>
      hexOfText(await pool.submitSoon(hexParam(params, 0, "extrinsic"))),
    /**
     * Takes an extrinsic into the pool and tells its way in notifications `author_extrinsicUpdate`: `ready`,
     * `future`, `inBlock`, `retracted`, `finalized`, `usurped`, `dropped`, `invalid`.
     *
     * @throws PhaError `extrinsic/malformed`, `extrinsic/invalid`, `extrinsic/unknown-validity`,
     * `pool/already-imported`, `pool/temporarily-banned`, `pool/too-low-priority`, `pool/stale`,
     * `pool/sender-limit`, `pool/full`
     */
    author_submitAndWatchExtrinsic: submitAndWatch,
    /** Ends the notifications; the extrinsic stays in the pool. */
    author_unwatchExtrinsic: unwatch,
    /** Extrinsics of the pool that may enter a block, in hex. */
    author_pendingExtrinsics: () => pool.pending().map(toHex),
    /** Always refused: nobody removes what others submitted. */
    author_removeExtrinsic: refuseRemoval,
  };
}

function refuseRemoval(): never {
  throw new PhaError("rpc/unsafe-method", "whoever connects cannot remove others' extrinsics", {
    hint: "replace your own with one of the same nonce and a higher tip",
  });
}

function statusJson(event: PoolEvent): unknown {
  switch (event.type) {
    case "ready":
    case "future":
    case "dropped":
    case "invalid":
      return event.type;
    case "inBlock":
      return { inBlock: hexOfText(event.block) };
    case "retracted":
      return { retracted: hexOfText(event.block) };
    case "finalized":
      return { finalized: hexOfText(event.block) };
    case "usurped":
      return { usurped: hexOfText(event.by) };
  }
}

function isLast({ type }: PoolEvent): boolean {
  return type === "finalized" || type === "usurped" || type === "dropped" || type === "invalid";
}
