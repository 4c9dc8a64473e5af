/**
 * A chain for clients that have no light client (protocol §7): finality is a node's word, and answers rest on the lease of
 * the replica that gave them and on this machine's clock.
 *
 * What holds then: an answer is of a replica whose lease ran by this clock, so it is not older than a lease and what the clock
 * may be wrong by. What does not: a node that lies can name other replicas, and so read what is asked.
 */
import { equalBytes, PhaError, toHex } from "@pha/scale";
import type { RpcTransport } from "../rpc/transport.ts";
import { type ChainProvider, nodeProvider } from "./provider.ts";
import { followReported, hexBytes } from "./reported-heads.ts";

/** By how much this machine's clock may be wrong. */
export const CLOCK_ERROR_MS = 10_000;
/** Longest lease that a chain grants. */
export const MAX_LEASE_MS = 60_000;

/** What answers rest on where finality is not verified. */
export interface LeaseAlone {
  readonly nowMs: () => number;
}

/** What `leaseAloneProvider` is given. */
export interface LeaseAloneOptions {
  /** This machine's clock, in Unix milliseconds. @default Date.now */
  readonly nowMs?: () => number;
}

/** Its chain throws `chain/other-network`, `rpc/malformed-answer`. */
export function leaseAloneProvider(
  rpc: RpcTransport,
  { nowMs = Date.now }: LeaseAloneOptions = {},
): ChainProvider {
  return {
    rpc,
    read: nodeProvider(rpc).read,
    async follow(expected) {
      const genesisHash = hexBytes(await rpc.request("chain_getBlockHash", [0]), unexpected);
      if (expected !== undefined && !equalBytes(expected, genesisHash))
        throw new PhaError("chain/other-network", "the node belongs to another network", {
          facts: { expected: toHex(expected), actual: toHex(genesisHash) },
          hint: "Check the address; a devnet that was started anew has a new genesis.",
        });
      const heads = await followReported(rpc, { unexpected, ended });
      return {
        get head() {
          return heads.head;
        },
        block: heads.block,
        reach: heads.reach,
        onHead: heads.onHead,
        genesisHash,
        trusted: heads.head.number,
        leaseAlone: { nowMs },
        stop: heads.stop,
      };
    },
  };
}

/** How a lease stands by a clock that may be wrong. */
export type LeaseVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: "answer/lease-over" | "answer/lease-too-long" | "answer/clock-differs";
    };

/**
 * @param lease `until` and the chain's time at the block that proves it, in Unix milliseconds
 * @param nowMs by this machine's clock
 */
export function judgeLease(
  { untilMs, chainMs }: { readonly untilMs: bigint; readonly chainMs: bigint },
  nowMs: number,
): LeaseVerdict {
  const now = BigInt(Math.floor(nowMs));
  const error = BigInt(CLOCK_ERROR_MS);
  if (chainMs > now + error) return { ok: false, code: "answer/clock-differs" };
  if (untilMs > chainMs + BigInt(MAX_LEASE_MS)) return { ok: false, code: "answer/lease-too-long" };
  if (untilMs + error <= now) return { ok: false, code: "answer/lease-over" };
  return { ok: true };
}

function ended(cause: unknown): PhaError {
  return new PhaError("rpc/connection-lost", "the node reports no heads any more", {
    hint: "Connect again, or to another node.",
    cause,
  });
}

function unexpected(): PhaError {
  return new PhaError("rpc/malformed-answer", "the node's answer cannot be read", {
    hint: "Connect to another node, or use an SDK of the same release.",
  });
}
