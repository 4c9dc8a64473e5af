/** `chain_*`: headers, blocks and heads. */

import { toHex } from "../../hex.ts";
import { blockJson, headerJson } from "../block-json.ts";
import type { MethodGroup, RpcCall, Sink } from "../method.ts";
import { blockAt, type NodeContext } from "../node-context.ts";
import { isAbsent, numberValue, optionalHashParam, stringParam } from "../params.ts";

export function chainMethods(context: NodeContext): MethodGroup {
  const { chain } = context;
  const hashAt = (height: unknown): string | null => {
    const hash = chain.hashAt(numberValue(height, "number"));
    return hash ? toHex(hash) : null;
  };
  const finalizedHead = (): string => toHex(chain.finalized.hash);

  const subscribeBest = (sink: Sink): (() => void) => {
    sink.send(headerJson(chain.best.header));
    return chain.events.subscribe((event) => {
      if (event.type === "best") sink.send(headerJson(event.block.header));
    });
  };
  const subscribeAll = (sink: Sink): (() => void) => {
    sink.send(headerJson(chain.best.header));
    return chain.events.subscribe((event) => {
      if (event.type === "imported") sink.send(headerJson(event.block.header));
    });
  };
  const subscribeFinalized = (sink: Sink): (() => void) => {
    sink.send(headerJson(chain.finalized.header));
    return chain.events.subscribe((event) => {
      if (event.type !== "finalized") return;
      for (const { header } of event.blocks) sink.send(headerJson(header));
    });
  };
  const newHeads = ({ connection }: RpcCall): string =>
    connection.subscribe("chain_newHead", subscribeBest);
  const allHeads = ({ connection }: RpcCall): string =>
    connection.subscribe("chain_allHead", subscribeAll);
  const finalizedHeads = ({ connection }: RpcCall): string =>
    connection.subscribe("chain_finalizedHead", subscribeFinalized);
  const unsubscribe = ({ params, connection }: RpcCall): boolean =>
    connection.unsubscribe(stringParam(params, 0, "subscription"));

  const block = ({ params }: RpcCall): object | null => {
    const hash = optionalHashParam(params, 0, "hash") ?? chain.best.hash;
    const header = chain.header(hash);
    const body = chain.body(hash);
    return header && body ? blockJson(header, body, chain.justification(hash)) : null;
  };
  const blockHash = ({ params }: RpcCall): unknown => {
    const [at] = params;
    if (isAbsent(at)) return toHex(blockAt(context, undefined).hash);
    return Array.isArray(at) ? at.slice(0, 256).map(hashAt) : hashAt(at);
  };

  return {
    /** Header of a block (of the best one without a hash), or null. */
    chain_getHeader: ({ params }) => {
      const header = chain.header(optionalHashParam(params, 0, "hash") ?? chain.best.hash);
      return header ? headerJson(header) : null;
    },
    /** Header, extrinsics and justification of a block (of the best one without a hash), or null. */
    chain_getBlock: block,
    /**
     * Hash at a height of the best chain; of the best block without one; a list for a list of heights.
     *
     * @param number height, or a list of at most 256; optional
     */
    chain_getBlockHash: blockHash,
    /**
     * As `chain_getBlockHash`.
     *
     * @param number height, or a list of at most 256; optional
     */
    chain_getHead: blockHash,
    /** Hash of the newest finalized block. */
    chain_getFinalizedHead: finalizedHead,
    /** As `chain_getFinalizedHead`. */
    chain_getFinalisedHead: finalizedHead,
    /** Headers of best blocks as they come, in `chain_newHead`; the present one at once. */
    chain_subscribeNewHeads: newHeads,
    /** As `chain_subscribeNewHeads`. */
    chain_subscribeNewHead: newHeads,
    /** Ends the subscription; whether there was one. */
    chain_unsubscribeNewHeads: unsubscribe,
    /** As `chain_unsubscribeNewHeads`. */
    chain_unsubscribeNewHead: unsubscribe,
    /** Headers of all imported blocks, those of forks too, in `chain_allHead`. */
    chain_subscribeAllHeads: allHeads,
    /** Ends the subscription; whether there was one. */
    chain_unsubscribeAllHeads: unsubscribe,
    /** Headers of finalized blocks, each in order, in `chain_finalizedHead`. */
    chain_subscribeFinalizedHeads: finalizedHeads,
    /** As `chain_subscribeFinalizedHeads`. */
    chain_subscribeFinalisedHeads: finalizedHeads,
    /** Ends the subscription; whether there was one. */
    chain_unsubscribeFinalizedHeads: unsubscribe,
    /** As `chain_unsubscribeFinalizedHeads`. */
    chain_unsubscribeFinalisedHeads: unsubscribe,
  };
}
