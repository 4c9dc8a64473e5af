/** Fetches the blocks below the one that the node started with, while it follows the chain. */
import { createGapSync, type GapStep } from "@pha/consensus";
import type { MisbehaviourCode, RequestError } from "@pha/network";
import { decodeBlockResponse, encodeBlockRequest } from "@pha/network/wire";
import type { Result } from "@pha/scale";
import type { ChainDatabase } from "../database/chain-database.ts";
import type { NodeLog } from "../node-log.ts";
import { type FetchRunner, startFetch } from "./fetch-runner.ts";

export interface GapFillerOptions {
  readonly database: ChainDatabase;
  readonly genesisHash: Uint8Array;
  readonly log: NodeLog;
  readonly ready: () => Promise<void>;
  ask(peer: string, request: Uint8Array): Promise<Result<Uint8Array, RequestError>>;
  report(peer: string, code: MisbehaviourCode): void;
  onFailure(error: unknown): void;
}

/** `undefined` when nothing is missing. */
export function startGapFiller(options: GapFillerOptions): FetchRunner | undefined {
  const { database, log } = options;
  const start = database.gap();
  if (start === undefined) return undefined;
  const sync = createGapSync(start, options.genesisHash);
  const runner = startFetch({
    ...options,
    fetch: sync.fetch,
    encode: encodeBlockRequest,
    decode(bytes) {
      const blocks = decodeBlockResponse(bytes);
      return blocks.ok ? blocks.value : undefined;
    },
    onFound({ blocks, next }: GapStep) {
      database.putHistory(blocks, next);
      if (next === undefined) log.info({ blocks: start.number }, "the past of the chain is here");
    },
    onStep() {
      if (sync.next === undefined) runner.stop();
    },
  });
  return runner;
}
