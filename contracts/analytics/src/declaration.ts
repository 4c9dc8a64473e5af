/**
 * The contract's state: what a log's views are counted in, and what a site's sealed views are.
 *
 * Addresses and visitors are kept as pseudonyms only: keyed hashes under a secret of this contract, so equal visitors
 * count once and nobody can try addresses out. The order of cells is the layout of the storage: new ones go last.
 */
import { defineContract, secretMap, secretValue, text } from "@pha/contract";
import { type CodecType, fixedBytes, struct, tuple, u8, u16, u32, u64 } from "@pha/scale";
import { SITE_CELLS } from "./site-cells.ts";

const accountId = fixedBytes(32);
const pseudonym = fixedBytes(32);
/** No name is longer than the longest text of a page view. */
export const name = text(4096);
export const dayName = text(16);
/** A name of any length and how often it was seen, kept under the name's pseudonym. */
export const Named = struct({ name, views: u32 });
export type Named = CodecType<typeof Named>;

/** A view as it is kept for its visitor: enough to take it out of the aggregates. */
export const KeptView = struct({
  day: dayName,
  hour: u8,
  path: name,
  status: u16,
  bytes: u64,
  referrerHost: name,
  ip: pseudonym,
  userAgent: name,
  visitor: pseudonym,
});
export type KeptView = CodecType<typeof KeptView>;

export const declaration = defineContract("analytics", {
  docs: "Web analytics whose raw data nobody sees: the owner reads aggregates, visitors their own views.",
  state: {
    views: secretValue(u32, 0, "Page views counted."),
    bytes: secretValue(u64, 0n, "Bytes served."),
    ips: secretMap(pseudonym, u32, "Views by address pseudonym."),
    agents: secretMap(pseudonym, Named, "Views by user agent."),
    visitors: secretMap(pseudonym, u32, "Views by pseudonym of address, agent and day."),
    uniqueIps: secretValue(u32, 0, "Distinct addresses."),
    uniqueAgents: secretValue(u32, 0, "Distinct user agents."),
    uniqueVisitors: secretValue(u32, 0, "Distinct address, agent and day."),
    status: secretMap(u16, u32, "Views by HTTP status."),
    days: secretMap(dayName, u32, "Views by day."),
    hours: secretMap(u8, u32, "Views by hour of the day."),
    paths: secretMap(pseudonym, Named, "Views by path."),
    referrers: secretMap(pseudonym, Named, "Views by referring host."),
    own: secretMap(tuple(accountId, u32), KeptView, "Views that carry a visitor's account."),
    nextOwn: secretMap(accountId, u32, "Number of the next view of an account."),
    ...SITE_CELLS,
  },
});

/** The tools with which entries are made. */
export type Builders = Parameters<Parameters<typeof declaration.implement>[0]>[0];
