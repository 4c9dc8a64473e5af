/** One round of the keeper by hand: what vendors have that is newer than the chain's. Nothing is submitted. */
import { connectWebSocket } from "@pha/sdk";
import { WebSocket } from "ws";
import { DEFAULT_COLLATERAL, type WorkerHostConfig } from "../config.ts";
import { createNodeClient } from "../node/node-client.ts";
import { FETCH_LIMITS } from "./fetch-bounded.ts";
import { lookForNewer, type RoundResult } from "./look-for-newer.ts";

/** @param config of a host; one without a keeper asks the vendors' public services. @throws PhaError `rpc/…` */
export async function checkCollateral(
  config: Pick<WorkerHostConfig, "nodeUrl" | "collateral">,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<RoundResult> {
  const { services, families } = config.collateral || DEFAULT_COLLATERAL;
  const node = createNodeClient(
    await connectWebSocket({
      url: config.nodeUrl,
      webSocket: WebSocket,
      reconnectMs: 0,
      timeoutMs,
    }),
  );
  try {
    const { hash: at } = await node.finalizedHead();
    const { metadata } = await node.signingContext();
    return await lookForNewer({
      node,
      metadata,
      at,
      services,
      families,
      now: BigInt(Date.now()),
      limits: { ...FETCH_LIMITS, attempts: 2 },
      signal: AbortSignal.timeout(timeoutMs),
    });
  } finally {
    node.close();
  }
}
