/** Reads of the chain that several pages share, and their keys. */
import { fromHex, toHex } from "@pha/scale";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { Connected } from "./connection.ts";
import type { BlockReading } from "./core/blocks.ts";
import type { ReadContract } from "./core/contracts.ts";
import type { ReachedReplica } from "./core/replicas.ts";
import type { TrustReading } from "./core/trust.ts";
import { useMaybeConnected } from "./network-context.tsx";

/** Of everything that is read of this network; `what` names the item. */
export function chainKey(
  connected: Connected | undefined,
  ...what: readonly (string | number)[]
): readonly (string | number)[] {
  return [connected?.genesis ?? "", ...what];
}

export function useContracts(): UseQueryResult<readonly ReadContract[]> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "contracts"),
    queryFn: () => connectedOf(connected).core.listContracts(connectedOf(connected).client),
    enabled: connected !== undefined,
    refetchInterval: 10_000,
  });
}

export function useContract(address: string): UseQueryResult<ReadContract> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "contract", address),
    queryFn: () =>
      connectedOf(connected).core.readContract(connectedOf(connected).client, fromHex(address)),
    enabled: connected !== undefined && isAddress(address),
    refetchInterval: 15_000,
  });
}

/** A finalized block never changes. */
export function useBlock(number: number | undefined): UseQueryResult<BlockReading> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "block", number ?? 0),
    queryFn: () =>
      connectedOf(connected).core.fetchBlockAt(connectedOf(connected).client, number ?? 0),
    enabled: number !== undefined && connected !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

/** Until there is a verdict somebody waits for it. */
const VERIFY_AGAIN_MS = { without: 3_000, withOne: 30_000 } as const;

/** The chain of trust, verified anew now and then, and whenever somebody asks; no worker host is waited for. */
export function useTrust(address: string | undefined): UseQueryResult<TrustReading> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "trust", address ?? ""),
    queryFn: () =>
      connectedOf(connected).core.readTrust(connectedOf(connected).client, fromHex(address ?? "")),
    enabled: connected !== undefined && address !== undefined && isAddress(address),
    refetchInterval: ({ state }) =>
      state.data === undefined ? VERIFY_AGAIN_MS.without : VERIFY_AGAIN_MS.withOne,
  });
}

/** Replicas of the contract that worker hosts in reach run. */
export function useReplicas(
  address: string | undefined,
): UseQueryResult<readonly ReachedReplica[]> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "replicas", address ?? ""),
    queryFn: () =>
      connectedOf(connected).core.reachReplicas(
        connectedOf(connected).client,
        fromHex(address ?? ""),
      ),
    enabled: connected !== undefined && address !== undefined && isAddress(address),
    refetchInterval: 30_000,
  });
}

export function addressOf(contract: ReadContract): string {
  return toHex(contract.address);
}

export function isAddress(text: string): boolean {
  return /^0x[0-9a-f]{64}$/.test(text);
}

/** For bodies of queries, which run only while they are enabled. */
export function connectedOf(connected: Connected | undefined): Connected {
  if (connected === undefined) throw new Error("a query ran without a connection");
  return connected;
}
