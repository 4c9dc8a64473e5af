/**
 * Views of a web server's log, which its owner brings in the clear inside commands, and reads back as exact aggregates.
 *
 * Paths, referring hosts, agents and days are kept as counted names. A view that carries a visitor's account is kept for that
 * visitor too, who may list and delete it; deleting takes it out of every aggregate.
 */
import {
  combine,
  type Entries,
  ensure,
  type ReadableMap,
  type Secret,
  type WritableMap,
} from "@pha/contract";
import { type CodecType, option, struct, u8, u16, u32, vec } from "@pha/scale";
import { type Builders, dayName, type KeptView, type Named, name } from "./declaration.ts";
import { MAX_VIEWS, PageView } from "./page-view.ts";
import { Cursor, MAX_TOP, mostFrequent, PAGE_NAMES, Report, TopPage } from "./report.ts";

/** What a visitor sees of a view of their own. */
const OwnView = struct({ id: u32, day: dayName, hour: u8, path: name, status: u16 });
type OwnView = CodecType<typeof OwnView>;
/** Most views that one answer lists. */
const LISTED = 256;

const TOP_ARGS = { after: option(Cursor), most: u8 };
const PAGED = `For the owner: at most ${MAX_TOP} of a page of ${PAGE_NAMES} names; the next page begins after \`next\`.`;

export const logEntries = ({ command, query }: Builders) =>
  ({
    ingest: command(
      {
        docs: "Counts page views; for the owner.",
        args: { views: vec(PageView, MAX_VIEWS) },
        returns: u32,
      },
      ({ callerIsOwner, state, pseudonym: hide }, { views }) => {
        ensure(callerIsOwner, "analytics/not-the-owner");
        for (const view of views) {
          ensure(view.hour < 24, "analytics/bad-hour");
          const { day, hour, path, status, bytes, referrerHost, ip, userAgent } = view;
          const kept: KeptView = {
            day,
            hour,
            path,
            status,
            bytes,
            referrerHost,
            ip: hide("ip", ip),
            userAgent,
            visitor: hide("visitor", `${ip}\n${userAgent}\n${day}`),
          };
          tally(state, hide, kept, 1);
          if (view.visitor === undefined) continue;
          const account = view.visitor;
          state.nextOwn.update(account, 0, (next) => {
            state.own.put([account, next], kept);
            return next + 1;
          });
        }
        return views.length;
      },
    ),

    forget: command(
      {
        docs: "Deletes one of the caller's own views and takes it out of every aggregate.",
        args: { id: u32 },
      },
      ({ caller, state, pseudonym: hide }, { id }) => {
        ensure(state.own.has([caller, id]), "analytics/no-such-view");
        state.own.get([caller, id]).map((kept) => kept && tally(state, hide, kept, -1));
        state.own.delete([caller, id]);
      },
    ),

    report: query(
      {
        docs: "Totals and counts by status, day and hour; for the owner.",
        args: {},
        returns: Report,
      },
      ({ callerIsOwner, state }) => {
        ensure(callerIsOwner, "analytics/not-the-owner");
        return combine(
          [
            state.views.get(),
            state.bytes.get(),
            state.uniqueIps.get(),
            state.uniqueAgents.get(),
            state.uniqueVisitors.get(),
            state.status.entries(),
            state.days.entries(),
            state.hours.entries(),
          ],
          (views, bytes, uniqueIps, uniqueUserAgents, visitors, status, days, hours) => ({
            views,
            bytes,
            uniqueIps,
            uniqueUserAgents,
            visitors,
            status: [...status]
              .sort(([a], [b]) => a - b)
              .map(([code, count]): [string, number] => [String(code), count]),
            perDay: days.map(([day, count]): [string, number] => [day, count]),
            perHour: hours.map(([hour, count]): [string, number] => [String(hour), count]),
          }),
        );
      },
    ),

    topPaths: query(
      { docs: `Most viewed paths. ${PAGED}`, args: TOP_ARGS, returns: TopPage },
      ({ callerIsOwner, state }, args) => top(callerIsOwner, state.paths, args),
    ),

    topReferrers: query(
      { docs: `Most frequent referring hosts. ${PAGED}`, args: TOP_ARGS, returns: TopPage },
      ({ callerIsOwner, state }, args) => top(callerIsOwner, state.referrers, args),
    ),

    topAgents: query(
      { docs: `Most frequent user agents. ${PAGED}`, args: TOP_ARGS, returns: TopPage },
      ({ callerIsOwner, state }, args) => top(callerIsOwner, state.agents, args),
    ),

    mine: query(
      {
        docs: "The caller's own views, from number `from` on, at most 256.",
        args: { from: u32 },
        returns: vec(OwnView, LISTED),
      },
      ({ caller, state }, { from }) =>
        state.nextOwn.get(caller).map((next = 0) => {
          const found: OwnView[] = [];
          for (let id = from; id < next && found.length < LISTED; id++)
            state.own.get([caller, id]).map((kept) => kept && found.push({ id, ...seenBy(kept) }));
          return found;
        }),
    ),
  }) satisfies Entries;

/** A name lies on one page only, so the most frequent of all are among the most frequent of the pages. */
function top(
  callerIsOwner: boolean,
  counts: ReadableMap<Uint8Array, Named>,
  { after, most }: { readonly after: Uint8Array | undefined; readonly most: number },
): Secret<TopPage> {
  ensure(callerIsOwner, "analytics/not-the-owner");
  ensure(most <= MAX_TOP, "analytics/too-many-names");
  return counts.page(after, PAGE_NAMES).map((page) => ({
    names: mostFrequent(
      page.map(([, { name, views }]) => [name, views]),
      most,
    ),
    next: page.length < PAGE_NAMES ? undefined : page.at(-1)?.[0],
  }));
}

function seenBy({ day, hour, path, status }: KeptView): Omit<OwnView, "id"> {
  return { day, hour, path, status };
}

interface Value<T> {
  update(change: (value: T) => T): unknown;
}

interface State {
  readonly views: Value<number>;
  readonly bytes: Value<bigint>;
  readonly uniqueIps: Value<number>;
  readonly uniqueAgents: Value<number>;
  readonly uniqueVisitors: Value<number>;
  readonly ips: WritableMap<Uint8Array, number>;
  readonly agents: WritableMap<Uint8Array, Named>;
  readonly visitors: WritableMap<Uint8Array, number>;
  readonly status: WritableMap<number, number>;
  readonly days: WritableMap<string, number>;
  readonly hours: WritableMap<number, number>;
  readonly paths: WritableMap<Uint8Array, Named>;
  readonly referrers: WritableMap<Uint8Array, Named>;
}

type Hide = (domain: string, data: string) => Uint8Array;

/** Counts a view in, or out again. */
function tally(state: State, hide: Hide, view: KeptView, sign: 1 | -1): void {
  state.views.update((views) => views + sign);
  state.bytes.update((bytes) => bytes + BigInt(sign) * view.bytes);
  count(state.ips, view.ip, sign, state.uniqueIps);
  countName(state.agents, hide("agent", view.userAgent), view.userAgent, sign, state.uniqueAgents);
  count(state.visitors, view.visitor, sign, state.uniqueVisitors);
  count(state.status, view.status, sign);
  count(state.days, view.day, sign);
  count(state.hours, view.hour, sign);
  countName(state.paths, hide("path", view.path), view.path, sign);
  if (view.referrerHost !== "")
    countName(state.referrers, hide("referrer", view.referrerHost), view.referrerHost, sign);
}

/** A count that falls to zero is removed; `distinct` follows the number of counts. */
function count<K>(
  map: WritableMap<K, number>,
  key: K,
  sign: 1 | -1,
  distinct?: Value<number>,
): void {
  map.update(key, 0, (views) => {
    if (views + sign === 0 || views === 0) distinct?.update((all) => all + sign);
    return views + sign;
  });
  if (sign < 0) map.get(key).map((views) => views === 0 && map.delete(key));
}

function countName(
  map: WritableMap<Uint8Array, Named>,
  key: Uint8Array,
  name: string,
  sign: 1 | -1,
  distinct?: Value<number>,
): void {
  map.update(key, { name, views: 0 }, ({ views }) => {
    if (views + sign === 0 || views === 0) distinct?.update((all) => all + sign);
    return { name, views: views + sign };
  });
  if (sign < 0) map.get(key).map((named) => named?.views === 0 && map.delete(key));
}
