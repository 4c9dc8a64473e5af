/** Counts a visit in, and takes one out again. */
import type { WritableMap } from "@pha/contract";
import {
  type DayCount,
  type KeptVisit,
  MAX_RECENT,
  MIN_VISITORS,
  RECENT_SECONDS,
  type Recent,
  type Row,
  type Totals,
} from "./site-cells.ts";

interface Value<T> {
  update(change: (value: T) => T): unknown;
}

/** The part of the state that visits touch. */
export interface SiteState {
  readonly siteTotals: Value<Totals>;
  readonly siteVisitors: WritableMap<Uint8Array, number>;
  readonly siteDays: WritableMap<string, DayCount>;
  readonly siteHours: WritableMap<number, Row>;
  readonly sitePaths: WritableMap<Uint8Array, Row>;
  readonly siteReferrers: WritableMap<Uint8Array, Row>;
  readonly siteAgents: WritableMap<Uint8Array, Row>;
  readonly siteEvents: WritableMap<Uint8Array, Row>;
  readonly siteRecent: Value<readonly Recent[]>;
  readonly nextVisit: WritableMap<Uint8Array, number>;
  readonly ownVisits: WritableMap<[Uint8Array, number], KeptVisit>;
}

export type Hide = (domain: string, data: string) => Uint8Array;

export function countVisit(state: SiteState, hide: Hide, visit: KeptVisit): void {
  let isNew = false;
  state.siteVisitors.update(visit.visitor, 0, (visits) => {
    isNew = visits === 0;
    return visits + 1;
  });
  const seen = markOf(visit.visitor);
  add(state, visit, 1, isNew ? 1 : 0);
  for (const [rows, key, name] of rowsOf(state, hide, visit)) rows.count(key, name, seen);
}

/** As if the visit had never been; a row then needs another visitor to be shown, unless it has more than it takes. */
export function removeVisit(state: SiteState, hide: Hide, visit: KeptVisit): void {
  let isLast = false;
  state.siteVisitors.update(visit.visitor, 1, (visits) => {
    isLast = visits <= 1;
    return visits - 1;
  });
  if (isLast) state.siteVisitors.delete(visit.visitor);
  const seen = markOf(visit.visitor);
  add(state, visit, -1, isLast ? -1 : 0);
  for (const [rows, key, name] of rowsOf(state, hide, visit)) rows.remove(key, name, seen);
  if (isLast) state.siteRecent.update((recent) => recent.filter(({ visitor }) => visitor !== seen));
}

/** Remembers who was here in the last minutes: the latest of them, each once. */
export function sawVisitors(
  state: SiteState,
  visitors: readonly Uint8Array[],
  atSeconds: number,
): void {
  if (visitors.length === 0) return;
  const now = new Set(visitors.map(markOf));
  state.siteRecent.update((recent) => [
    ...recent
      .filter((one) => one.atSeconds > atSeconds - RECENT_SECONDS && !now.has(one.visitor))
      .slice(now.size - MAX_RECENT),
    ...[...now].map((visitor) => ({ visitor, atSeconds })),
  ]);
}

function markOf(visitor: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = visitor;
  return a + 256 * b + 65_536 * c + 16_777_216 * d;
}

function add(state: SiteState, { event, day }: KeptVisit, visits: number, visitors: number): void {
  const isEvent = event !== "";
  const views = isEvent ? 0 : visits;
  state.siteTotals.update((all) => ({
    ...all,
    views: all.views + views,
    events: all.events + visits - views,
    visitors: all.visitors + visitors,
  }));
  let isEmpty = false;
  state.siteDays.update(day, { views: 0, visitors: 0 }, (of) => {
    const next = { views: of.views + views, visitors: of.visitors + visitors };
    isEmpty = next.views === 0 && next.visitors === 0;
    return next;
  });
  if (isEmpty) state.siteDays.delete(day);
}

interface Rows {
  count(key: Uint8Array | number, name: string, mark: number): void;
  remove(key: Uint8Array | number, name: string, mark: number): void;
}

type Place = readonly [rows: Rows, key: Uint8Array | number, name: string];

/** Rows that a visit is counted in: an event in its own alone. */
function rowsOf(state: SiteState, hide: Hide, visit: KeptVisit): readonly Place[] {
  const { event, path, referrerHost, agent, hour } = visit;
  const named = (map: WritableMap<Uint8Array, Row>, domain: string, name: string): Place => [
    rows(map),
    hide(domain, name),
    name,
  ];
  if (event !== "") return [named(state.siteEvents, "site-event", event)];
  return [
    [rows(state.siteHours), hour, `${hour}`],
    named(state.sitePaths, "site-path", path),
    named(state.siteAgents, "site-agent", agent),
    ...(referrerHost === "" ? [] : [named(state.siteReferrers, "site-referrer", referrerHost)]),
  ];
}

function rows<K extends Uint8Array | number>(map: WritableMap<K, Row>): Rows {
  // Each place above has the key of its own map.
  const of = (key: Uint8Array | number): K => key as K;
  return {
    count(key, name, mark) {
      map.update(of(key), { name, views: 0, seen: [] }, ({ views, seen }) => {
        const isKnown = seen.length >= MIN_VISITORS || seen.includes(mark);
        return { name, views: views + 1, seen: isKnown ? seen : [...seen, mark] };
      });
    },
    remove(key, name, mark) {
      let isEmpty = false;
      map.update(of(key), { name, views: 1, seen: [] }, ({ views, seen }) => {
        isEmpty = views <= 1;
        return { name, views: views - 1, seen: seen.filter((one) => one !== mark) };
      });
      if (isEmpty) map.delete(of(key));
    },
  };
}
