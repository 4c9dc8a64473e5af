/**
 * Visits of a site: sealed by its pages, brought by a collector that cannot read them, counted here, and read by the owner as
 * aggregates of which no row is of fewer than `MIN_VISITORS` visitors.
 *
 * The pseudonym of a visitor is made here, of the address that the collector tells, the user agent and the day of the block:
 * it is another one the next day. A visit that carries its visitor's account is kept for that visitor, who may list and
 * delete it; deleting takes it out of every aggregate. **Trust**: boxes are anybody's, so a visit is a claim; the
 * collector may drop visits, bring one twice and lie of addresses, and no more.
 */
import { combine, type Entries, ensure, type ReadableMap, type Secret } from "@pha/contract";
import { bool, fixedBytes, option, u8, u32, vec } from "@pha/scale";
import { agentClass } from "./agent-class.ts";
import { momentOf } from "./calendar.ts";
import type { Builders } from "./declaration.ts";
import { Cursor, MAX_TOP, mostFrequent, PAGE_NAMES } from "./report.ts";
import { type KeptVisit, MIN_VISITORS, RECENT_SECONDS, type Row } from "./site-cells.ts";
import { LISTED_VISITS, OwnVisit, RowPage, SiteReport } from "./site-report.ts";
import { countVisit, type Hide, removeVisit, type SiteState, sawVisitors } from "./site-tally.ts";
import {
  BroughtViews,
  Collected,
  LoggedVisits,
  openVisit,
  VISIT_DOMAIN,
  type Visit,
} from "./visit.ts";

const TOP_ARGS = { after: option(Cursor), most: u8 };
const PAGED = `For the owner: at most ${MAX_TOP} of a page of ${PAGE_NAMES} names, none of fewer than ${MIN_VISITORS} visitors; the next page begins after \`next\`.`;

export const siteEntries = ({ command, query }: Builders) =>
  ({
    appoint: command(
      {
        docs: "Names the account that may bring sealed visits, beside the owner; for the owner.",
        args: { collector: option(fixedBytes(32)) },
      },
      ({ callerIsOwner, state }, { collector }) => {
        ensure(callerIsOwner, "analytics/not-the-owner");
        state.collector.put(collector);
      },
    ),

    collect: command(
      {
        docs: "Opens and counts sealed visits; for the collector. A box that holds no visit is counted as refused.",
        args: { views: BroughtViews },
        returns: Collected,
      },
      (ctx, { views }) => {
        const { state, caller, callerIsOwner, pseudonym: hide } = ctx;
        state.collector
          .get()
          .map((account) =>
            ensure(callerIsOwner || isSame(account, caller), "analytics/not-the-collector"),
          );
        const moment = momentOf(ctx.block.timestampMs);
        const visitors: Uint8Array[] = [];
        for (const { box, address } of views) {
          const visit = openVisit(ctx.openBox(VISIT_DOMAIN, box));
          if (visit === undefined) continue;
          visitors.push(takeIn(state, hide, visit, { address, ...moment }).visitor);
        }
        sawVisitors(state, visitors, moment.atSeconds);
        const counted = visitors.length;
        const refused = views.length - counted;
        if (refused > 0)
          state.siteTotals.update((all) => ({ ...all, refused: all.refused + refused }));
        return { counted, refused };
      },
    ),

    countLog: command(
      {
        docs: "Counts visits of a log as visits of the site; for the owner.",
        args: { visits: LoggedVisits },
        returns: u32,
      },
      ({ callerIsOwner, state, pseudonym: hide }, { visits }) => {
        ensure(callerIsOwner, "analytics/not-the-owner");
        for (const { visit, ...rest } of visits) {
          ensure(rest.hour < 24, "analytics/bad-hour");
          takeIn(state, hide, visit, rest);
        }
        return visits.length;
      },
    ),

    forgetVisits: command(
      {
        docs: `Deletes the caller's own visits from number \`from\` on and takes them out of every aggregate, at most ${LISTED_VISITS}; or one of them.`,
        args: { from: u32, most: u32 },
        returns: u32,
      },
      ({ caller, state, pseudonym: hide }, { from, most }) => {
        let removed = 0;
        const atMost = Math.min(most, LISTED_VISITS);
        return state.nextVisit.get(caller).map((next = 0) => {
          for (let id = from; id < next && removed < atMost; id++) {
            if (!state.ownVisits.has([caller, id])) continue;
            state.ownVisits.get([caller, id]).map((kept) => kept && removeVisit(state, hide, kept));
            state.ownVisits.delete([caller, id]);
            removed++;
          }
          return removed;
        });
      },
    ),

    visitKey: query(
      {
        docs: "X25519 key to which pages seal visits; for anybody.",
        args: {},
        returns: fixedBytes(32),
      },
      (ctx) => ctx.boxKey(VISIT_DOMAIN),
    ),

    mayCollect: query(
      {
        docs: "Whether the caller may bring sealed visits.",
        args: {},
        returns: bool,
      },
      ({ callerIsOwner, caller, state }) =>
        state.collector.get().map((account) => callerIsOwner || isSame(account, caller)),
    ),

    site: query(
      {
        docs: `Totals, visitors now, and days and hours of at least ${MIN_VISITORS} visitors; for the owner.`,
        args: {},
        returns: SiteReport,
      },
      ({ callerIsOwner, state, block }) => {
        ensure(callerIsOwner, "analytics/not-the-owner");
        const since = Number(block.timestampMs / 1000n) - RECENT_SECONDS;
        return combine(
          [
            state.siteTotals.get(),
            state.siteRecent.get(),
            state.siteDays.entries(),
            state.siteHours.entries(),
          ],
          ({ views, events, visitors, refused }, recent, days, hours) => {
            const perDay = days
              .filter(([, { visitors: of }]) => of >= MIN_VISITORS)
              .map(([day, counts]) => ({ day, ...counts }))
              .sort((a, b) => (a.day < b.day ? -1 : 1));
            const perHour = hours
              .filter(([, row]) => isShown(row))
              .map(([, row]) => ({ name: row.name, views: row.views }));
            return {
              views,
              events,
              visitors,
              refused,
              live: recent.filter(({ atSeconds }) => atSeconds > since).length,
              minVisitors: MIN_VISITORS,
              perDay,
              perHour,
              hidden: days.length - perDay.length + hours.length - perHour.length,
            };
          },
        );
      },
    ),

    sitePaths: query(
      { docs: `Most viewed paths. ${PAGED}`, args: TOP_ARGS, returns: RowPage },
      ({ callerIsOwner, state }, args) => topRows(callerIsOwner, state.sitePaths, args),
    ),
    siteReferrers: query(
      { docs: `Most frequent referring hosts. ${PAGED}`, args: TOP_ARGS, returns: RowPage },
      ({ callerIsOwner, state }, args) => topRows(callerIsOwner, state.siteReferrers, args),
    ),
    siteAgents: query(
      { docs: `Browsers and systems. ${PAGED}`, args: TOP_ARGS, returns: RowPage },
      ({ callerIsOwner, state }, args) => topRows(callerIsOwner, state.siteAgents, args),
    ),
    siteEvents: query(
      { docs: `Most frequent events. ${PAGED}`, args: TOP_ARGS, returns: RowPage },
      ({ callerIsOwner, state }, args) => topRows(callerIsOwner, state.siteEvents, args),
    ),

    myVisits: query(
      {
        docs: `The caller's own visits, from number \`from\` on, at most ${LISTED_VISITS}.`,
        args: { from: u32 },
        returns: vec(OwnVisit, LISTED_VISITS),
      },
      ({ caller, state }, { from }) =>
        state.nextVisit.get(caller).map((next = 0) => {
          const found: OwnVisit[] = [];
          for (let id = from; id < next && found.length < LISTED_VISITS; id++)
            state.ownVisits.get([caller, id]).map((kept) => kept && found.push(ownVisit(id, kept)));
          return found;
        }),
    ),
  }) satisfies Entries;

/** Counts a visit; keeps it for its visitor when it carries an account. */
function takeIn(
  state: SiteState,
  hide: Hide,
  { account, userAgent, ...visit }: Visit,
  { address, day, hour }: { readonly address: string; readonly day: string; readonly hour: number },
) {
  const visitor = hide("site-visitor", `${address}\n${userAgent}\n${day}`);
  const kept = { ...visit, agent: agentClass(userAgent), day, hour, visitor };
  countVisit(state, hide, kept);
  if (account !== undefined)
    state.nextVisit.update(account, 0, (next) => {
      state.ownVisits.put([account, next], kept);
      return next + 1;
    });
  return kept;
}

/** Rows of enough visitors; how many there are of fewer is said, not which. */
function topRows(
  callerIsOwner: boolean,
  counts: ReadableMap<Uint8Array, Row>,
  { after, most }: { readonly after: Uint8Array | undefined; readonly most: number },
): Secret<RowPage> {
  ensure(callerIsOwner, "analytics/not-the-owner");
  ensure(most <= MAX_TOP, "analytics/too-many-names");
  return counts.page(after, PAGE_NAMES).map((page) => {
    const shown = page.filter(([, row]) => isShown(row));
    return {
      rows: mostFrequent(
        shown.map(([, { name, views }]) => [name, views]),
        most,
      ).map(([name, views]) => ({ name, views })),
      hidden: page.length - shown.length,
      next: page.length < PAGE_NAMES ? undefined : page.at(-1)?.[0],
    };
  });
}

function ownVisit(id: number, { visitor: _, ...shown }: KeptVisit): OwnVisit {
  return { id, ...shown };
}

function isShown({ seen }: Row): boolean {
  return seen.length >= MIN_VISITORS;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.every((byte, i) => byte === b[i]) === true;
}
