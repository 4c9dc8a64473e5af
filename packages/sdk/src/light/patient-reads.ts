/**
 * Reads of the light client, asked again when its peers could not serve them.
 *
 * smoldot asks a few peers for a proof and gives up when all of them fail or are slow; the next attempt, moments later,
 * has other peers or less busy ones. Only methods that change nothing are asked again; every other refusal is passed on.
 */
import { PhaError } from "@pha/scale";
import type { RpcTransport } from "../rpc/transport.ts";

const READS = /^(state_(get|call)|system_accountNextIndex$)/;
/** "Server error" of JSON-RPC, with which smoldot says that no peer gave a good proof. */
const NOT_SERVED = -32000;
const ATTEMPTS = 4;
const PAUSE_MS = 500;

export function patientReads(rpc: RpcTransport): RpcTransport {
  return {
    ...rpc,
    async request(method, params, options) {
      for (let attempt = 1; ; attempt++)
        try {
          return await rpc.request(method, params, options);
        } catch (error) {
          if (attempt === ATTEMPTS || !READS.test(method) || !isNotServed(error)) throw error;
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
          if (options?.signal?.aborted) throw error;
        }
    },
  };
}

function isNotServed(error: unknown): boolean {
  return error instanceof PhaError && error.facts?.["rpcCode"] === NOT_SERVED;
}
