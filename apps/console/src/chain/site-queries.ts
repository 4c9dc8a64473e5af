/** Reads of a site's visits. Aggregates and own visits are somebody's: they are forgotten as soon as nobody shows them. */
import type { OwnVisit } from "@pha/contract-analytics/client";
import { fromHex } from "@pha/scale";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { Account } from "./accounts.ts";
import { type CollectorReading, readCollector } from "./collector.ts";
import type { SiteReading, SiteRows } from "./core/site.ts";
import { useMaybeConnected } from "./network-context.tsx";
import { chainKey, connectedOf } from "./queries.ts";

export const loadSiteCore = () => import("./core/site.ts");

const SITE_MS = 1_200;
const ROWS_MS = 5_000;
const OWN_MS = 3_000;

/** Whoever's wallet refused a certificate is not asked again until they want it. */
const every =
  (ms: number, { wallet }: Account) =>
  ({ state }: { readonly state: { readonly error: Error | null } }): number | false =>
    wallet !== undefined && state.error !== null ? false : ms;

/** Whose site is asked for, by whom, and the words of the certificate. */
export interface SiteAsked {
  readonly site: string;
  readonly account: Account;
  readonly purpose: string;
}

export function useSite({ site, account, purpose }: SiteAsked): UseQueryResult<SiteReading> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "site", site, account.address),
    queryFn: async () =>
      (await loadSiteCore()).readSite(
        connectedOf(connected).client,
        fromHex(site),
        account,
        purpose,
      ),
    enabled: connected !== undefined,
    refetchInterval: every(SITE_MS, account),
    gcTime: 0,
    retry: false,
  });
}

export function useSiteRows({ site, account, purpose }: SiteAsked): UseQueryResult<SiteRows> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "site-rows", site, account.address),
    queryFn: async () =>
      (await loadSiteCore()).readRows(
        connectedOf(connected).client,
        fromHex(site),
        account,
        purpose,
      ),
    enabled: connected !== undefined,
    refetchInterval: every(ROWS_MS, account),
    gcTime: 0,
    retry: false,
  });
}

export function useOwnVisits({
  site,
  account,
  purpose,
}: SiteAsked): UseQueryResult<readonly OwnVisit[]> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "own-visits", site, account.address),
    queryFn: async () =>
      (await loadSiteCore()).readOwnVisits(
        connectedOf(connected).client,
        fromHex(site),
        account,
        purpose,
      ),
    enabled: connected !== undefined,
    refetchInterval: every(OWN_MS, account),
    gcTime: 0,
    retry: false,
  });
}

/** The key to which pages seal, by a verified answer; the same for ever. */
export function useVisitKey(site: string): UseQueryResult<string> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "visit-key", site),
    queryFn: async () =>
      (await loadSiteCore()).readVisitKey(connectedOf(connected).client, fromHex(site)),
    enabled: connected !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useCollector(url: string | undefined): UseQueryResult<CollectorReading> {
  const connected = useMaybeConnected();
  return useQuery({
    queryKey: chainKey(connected, "collector", url ?? ""),
    queryFn: () => readCollector(url ?? ""),
    enabled: connected !== undefined && url !== undefined,
    refetchInterval: 2_000,
    retry: false,
  });
}
