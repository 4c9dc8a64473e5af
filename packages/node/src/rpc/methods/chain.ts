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
    chain_getHeader: ({ params }) => {
      const header = chain.header(optionalHashParam(params, 0, "hash") ?? chain.best.hash);
      return header ? headerJson(header) : null;
    },
    chain_getBlock: block,
    chain_getBlockHash: blockHash,
    chain_getHead: blockHash,
    chain_getFinalizedHead: finalizedHead,
    chain_getFinalisedHead: finalizedHead,
    chain_subscribeNewHeads: newHeads,
    chain_subscribeNewHead: newHeads,
    chain_unsubscribeNewHeads: unsubscribe,
    chain_unsubscribeNewHead: unsubscribe,
    chain_subscribeAllHeads: allHeads,
    chain_unsubscribeAllHeads: unsubscribe,
    chain_subscribeFinalizedHeads: finalizedHeads,
    chain_subscribeFinalisedHeads: finalizedHeads,
    chain_unsubscribeFinalizedHeads: unsubscribe,
    chain_unsubscribeFinalisedHeads: unsubscribe,
  };
}
