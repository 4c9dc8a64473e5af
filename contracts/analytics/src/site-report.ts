/** What the owner sees of a site, and a visitor of their own visits. */
import { text } from "@pha/contract";
import { type CodecType, option, struct, u8, u32, vec } from "@pha/scale";
import { Cursor } from "./report.ts";
import { MAX_PATH_BYTES } from "./visit.ts";

/** A row of at least `minVisitors` visitors. */
const ShownRow = struct({ name: text(MAX_PATH_BYTES), views: u32 });
const ShownDay = struct({ day: text(10), views: u32, visitors: u32 });

export const SiteReport = struct({
  views: u32,
  events: u32,
  /** Distinct (address, user agent, day). */
  visitors: u32,
  /** Boxes that held no visit. */
  refused: u32,
  /** Visitors of the last five minutes, at most 200. */
  live: u32,
  minVisitors: u8,
  perDay: vec(ShownDay, 4096),
  perHour: vec(ShownRow, 24),
  /** Days and hours of fewer visitors. */
  hidden: u32,
});
export type SiteReport = CodecType<typeof SiteReport>;

/** The most frequent rows of one page of names, how many it hides, and where the next page begins. */
export const RowPage = struct({ rows: vec(ShownRow, 64), hidden: u32, next: option(Cursor) });
export type RowPage = CodecType<typeof RowPage>;

/** A visit as its visitor sees it: all that is kept of it, but for pseudonyms. */
export const OwnVisit = struct({
  id: u32,
  day: text(10),
  hour: u8,
  event: text(64),
  path: text(MAX_PATH_BYTES),
  referrerHost: text(128),
  agent: text(64),
});
export type OwnVisit = CodecType<typeof OwnVisit>;
/** Most visits that one answer lists, and one command deletes. */
export const LISTED_VISITS = 64;
