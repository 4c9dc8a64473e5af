/** Kinds of rows in the order in which they are shown; their reader is loaded late, so the list is here as well. */
import type { RowKind, SiteRows } from "../../chain/core/site.ts";

export const ROW_KINDS_SHOWN: readonly RowKind[] = [
  "sitePaths",
  "siteReferrers",
  "siteAgents",
  "siteEvents",
];
export type RowsShown = SiteRows;
