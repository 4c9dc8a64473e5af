/** Aggregates of an access log, in the plain: what the confidential computation is checked against. */
import type { LogEntry } from "@pha/contract-analytics/client";

export interface Aggregates {
  readonly lines: number;
  readonly unparsed: number;
  readonly uniqueIps: number;
  readonly uniqueUserAgents: number;
  /** Distinct (ip, user agent, day): visitors. */
  readonly uniqueIpUaDay: number;
  readonly bytes: number;
  readonly status: Readonly<Record<string, number>>;
  readonly perDay: Readonly<Record<string, number>>;
  readonly topPaths: readonly (readonly [string, number])[];
  readonly topRefererHosts: readonly (readonly [string, number])[];
}

export const TOP_PATHS = 15;
export const TOP_REFERER_HOSTS = 10;

export function aggregatesOf(entries: readonly LogEntry[], lines: number): Aggregates {
  const ips = new Set<string>();
  const agents = new Set<string>();
  const visitors = new Set<string>();
  const status = new Map<string, number>();
  const perDay = new Map<string, number>();
  const paths = new Map<string, number>();
  const hosts = new Map<string, number>();
  let bytes = 0n;
  for (const entry of entries) {
    ips.add(entry.ip);
    agents.add(entry.userAgent);
    visitors.add(JSON.stringify([entry.ip, entry.userAgent, entry.day]));
    bytes += BigInt(entry.bytes);
    count(status, String(entry.status));
    count(perDay, entry.day);
    count(paths, entry.path);
    if (entry.refererHost !== "") count(hosts, entry.refererHost);
  }
  return {
    lines,
    unparsed: lines - entries.length,
    uniqueIps: ips.size,
    uniqueUserAgents: agents.size,
    uniqueIpUaDay: visitors.size,
    bytes: Number(bytes),
    status: Object.fromEntries(status),
    perDay: Object.fromEntries(perDay),
    topPaths: top(paths, TOP_PATHS),
    topRefererHosts: top(hosts, TOP_REFERER_HOSTS),
  };
}

function count(into: Map<string, number>, name: string): void {
  into.set(name, (into.get(name) ?? 0) + 1);
}

/** Most frequent first; ties by name in code-unit order. */
export function top(
  counts: ReadonlyMap<string, number>,
  most: number,
): readonly (readonly [string, number])[] {
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : a > b ? 1 : 0)).slice(0, most);
}
