/** Reads of workers, clusters, keys and hosts, and their keys. */
import { fromHex } from "@pha/scale";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ClusterDetail, ClustersReading } from "./core/clusters.ts";
import type { HostReading } from "./core/hosts.ts";
import type { KeysReading } from "./core/root-keys.ts";
import type { WorkerDetail, WorkersReading } from "./core/workers.ts";
import { useMaybeConnected } from "./network-context.tsx";
import { chainKey, connectedOf, isAddress } from "./queries.ts";

const REFRESH_MS = 4_000;

const load = () => import("./core/machines.ts");

export function useWorkers(): UseQueryResult<WorkersReading> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "workers"),
    queryFn: async () => (await load()).listWorkers(connectedOf(connected).client),
    enabled: connected !== undefined,
    refetchInterval: REFRESH_MS,
  });
}

export function useWorker(identity: string): UseQueryResult<WorkerDetail> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "worker", identity),
    queryFn: async () =>
      (await load()).readWorker(connectedOf(connected).client, fromHex(identity)),
    enabled: connected !== undefined && isAddress(identity),
    refetchInterval: REFRESH_MS,
  });
}

/** What hosts say, which the chain does not prove. */
export function useHosts(): UseQueryResult<readonly HostReading[]> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "hosts"),
    queryFn: async () => (await load()).readHosts(connectedOf(connected).client),
    enabled: connected !== undefined,
    refetchInterval: REFRESH_MS,
  });
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** Names of workers by their hosts, by identity. */
export function useWorkerNames(): ReadonlyMap<string, string> {
  const { data } = useHosts();
  return useMemo(
    () =>
      data === undefined
        ? NO_NAMES
        : new Map(data.flatMap(({ boots }) => boots.map((one) => [one.identity, one.name]))),
    [data],
  );
}

export function useClusters(): UseQueryResult<ClustersReading> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "clusters"),
    queryFn: async () => (await load()).listClusters(connectedOf(connected).client),
    enabled: connected !== undefined,
    refetchInterval: REFRESH_MS,
  });
}

export function useCluster(id: string): UseQueryResult<ClusterDetail> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "cluster", id),
    queryFn: async () => (await load()).readCluster(connectedOf(connected).client, fromHex(id)),
    enabled: connected !== undefined && isAddress(id),
    refetchInterval: REFRESH_MS,
  });
}

export function useKeys(): UseQueryResult<KeysReading> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "keys"),
    queryFn: async () => (await load()).readKeys(connectedOf(connected).client),
    enabled: connected !== undefined,
    refetchInterval: REFRESH_MS,
  });
}
