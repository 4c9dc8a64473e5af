/** The fleet as it is now: chain, hosts, and what this page has seen of boots that the chain does not take. */
import { useMemo, useRef } from "react";
import { useHosts, useWorkers } from "../../chain/fleet-queries.ts";
import { useMaybeConnected } from "../../chain/network-context.tsx";
import type { Problem } from "../../chain/problem.ts";
import { viewedOf } from "../../chain/viewed.ts";
import type { Viewed } from "../../ui/query-view.tsx";
import { type FleetContext, type FleetRow, fleetOf, trackUnregistered } from "./model.ts";

export interface Fleet {
  readonly rows: readonly FleetRow[];
  readonly total: number;
  readonly block: number;
  /** Chain time, Unix milliseconds. */
  readonly now: number;
  /** Worker hosts that do not answer. */
  readonly away: readonly { readonly url: string; readonly problem: Problem }[];
}

export function useFleet(): Viewed<Fleet> {
  const workers = useWorkers();
  const hosts = useHosts().data;
  const client = useMaybeConnected()?.client;
  const unregistered = useRef<ReadonlyMap<string, number>>(new Map());
  const slotMs = Number(client?.chain.metadata.constant("Babe", "ExpectedBlockTime") ?? 1000n);
  const data = useMemo(() => {
    const chain = workers.data;
    if (chain === undefined || hosts === undefined) return undefined;
    const clock = Date.now();
    unregistered.current = trackUnregistered(unregistered.current, chain.workers, hosts, clock);
    const { now, block, total } = chain;
    const context: FleetContext = {
      now,
      // What hosts know may be newer than what was read last.
      block: Math.max(block, ...hosts.map(({ finalized }) => finalized ?? 0)),
      slotMs,
      unregisteredSince: unregistered.current,
      clock,
    };
    const away = hosts.flatMap(({ url, problem }) => (problem ? [{ url, problem }] : []));
    return { rows: fleetOf(chain, hosts, context), total, block, now, away };
  }, [workers.data, hosts, slotMs]);
  return { ...viewedOf(workers), data };
}
