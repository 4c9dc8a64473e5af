/**
 * Reads of the light client, asked again when its peers could not serve them.
 *
 * smoldot asks a few peers for a proof and gives up when all of them fail or are slow; the next attempt, moments later,
 * has other peers or less busy ones. Only methods that change nothing are asked again; every other refusal is passed on.
 */
import { PhaError } from "@pha/scale";
import type { RpcTransport } from "../rpc/transport.ts";

const READS = /^(state_(get|call)|system_accountNextIndex$)/;
/**
 * With which smoldot says that no peer gave a good proof: of what is asked for, and of the runtime that it needs for that.
 * Seen with smoldot 3.4.1; the second where it was asked before it had a peer.
 */
const NOT_SERVED: ReadonlySet<unknown> = new Set([-32000, -32800]);
const ATTEMPTS = 4;
const PAUSE_MS = 500;

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function patientReads(rpc: RpcTransport, wait = later): RpcTransport {
  return {
    ...rpc,
    async request(method, params, options) {
      for (let attempt = 1; ; attempt++)
        try {
          return await rpc.request(method, params, options);
        } catch (error) {
          if (attempt === ATTEMPTS || !READS.test(method) || !isNotServed(error)) throw error;
          await wait(PAUSE_MS);
          if (options?.signal?.aborted) throw error;
        }
    },
  };
}

function isNotServed(error: unknown): boolean {
  return error instanceof PhaError && NOT_SERVED.has(error.facts?.["rpcCode"]);
}
