/** Cells of a site's visits. */
import { secretMap, secretValue, text } from "@pha/contract";
import { type CodecType, fixedBytes, option, struct, tuple, u8, u32, vec } from "@pha/scale";
import { MAX_PATH_BYTES } from "./visit.ts";

const accountId = fixedBytes(32);
const pseudonym = fixedBytes(32);
/** The beginning of a pseudonym: enough to tell two hundred visitors apart, and cheap to compare. */
const mark = u32;
const dayName = text(10);

/**
 * Distinct visitors below which no row is shown to the owner.
 *
 * A visitor is a distinct (address, user agent, day), so somebody who comes on five days counts as five.
 */
export const MIN_VISITORS = 5;
/** Visitors of the last minutes that are remembered, and for how long. */
export const MAX_RECENT = 200;
export const RECENT_SECONDS = 300;

/** A counted name with the first visitors it was seen of, as many as it takes to show it. */
export const Row = struct({
  name: text(MAX_PATH_BYTES),
  views: u32,
  seen: vec(mark, MIN_VISITORS),
});
export type Row = CodecType<typeof Row>;

export const Totals = struct({ views: u32, events: u32, visitors: u32, refused: u32 });
export type Totals = CodecType<typeof Totals>;
export const DayCount = struct({ views: u32, visitors: u32 });
export type DayCount = CodecType<typeof DayCount>;

/** A visit as it is kept for its visitor: enough to take it out of the aggregates. */
export const KeptVisit = struct({
  day: dayName,
  hour: u8,
  event: text(64),
  path: text(MAX_PATH_BYTES),
  referrerHost: text(128),
  agent: text(64),
  visitor: pseudonym,
});
export type KeptVisit = CodecType<typeof KeptVisit>;

const Recent = struct({ visitor: mark, atSeconds: u32 });
export type Recent = CodecType<typeof Recent>;

const NOTHING_YET: Totals = { views: 0, events: 0, visitors: 0, refused: 0 };

export const SITE_CELLS = {
  collector: secretValue(option(accountId), undefined, "Account that may bring sealed visits."),
  siteTotals: secretValue(Totals, NOTHING_YET, "Visits, events and visitors of the site."),
  siteVisitors: secretMap(pseudonym, u32, "Visits by pseudonym of address, agent and day."),
  siteDays: secretMap(dayName, DayCount, "Views and visitors by day."),
  siteHours: secretMap(u8, Row, "Views by hour of the day."),
  sitePaths: secretMap(pseudonym, Row, "Views by path."),
  siteReferrers: secretMap(pseudonym, Row, "Views by referring host."),
  siteAgents: secretMap(pseudonym, Row, "Views by class of user agent."),
  siteEvents: secretMap(pseudonym, Row, "Events by name."),
  siteRecent: secretValue(vec(Recent, MAX_RECENT), [], "Visitors of the last minutes."),
  ownVisits: secretMap(tuple(accountId, u32), KeptVisit, "Visits that carry a visitor's account."),
  nextVisit: secretMap(accountId, u32, "Number of the next visit of an account."),
};
