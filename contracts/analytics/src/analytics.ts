/**
 * Confidential web analytics: page views in, aggregates out, and nobody sees a visitor.
 *
 * Views come in two ways: from a log that its owner has (`log.ts`), and sealed, from the pages of a site, by a collector that
 * cannot read them (`site.ts`).
 */
import { declaration } from "./declaration.ts";
import { logEntries } from "./log.ts";
import { siteEntries } from "./site.ts";

export const Analytics = declaration.implement((builders) => ({
  ...logEntries(builders),
  ...siteEntries(builders),
}));
