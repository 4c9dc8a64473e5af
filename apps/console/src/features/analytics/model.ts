/** What pages of visits compute: pure, tested without React. */
import type { OwnVisit } from "@pha/contract-analytics/client";
import type { ReadContract } from "../../chain/core/contracts.ts";
import type { SiteReading, SiteRows } from "../../chain/core/site.ts";
import type { CsvValue } from "../../format/export.ts";

/** Counts with a name each, for a plot and its table. */
export interface Counted {
  readonly labels: readonly string[];
  readonly series: readonly { readonly name: string; readonly counts: readonly number[] }[];
}

/** The line for a page's head. Its parts are checked hex and a checked address: nothing of them needs quoting. */
export function snippetOf(site: string, key: string, collector: string): string {
  const base = collector.replace(/\/+$/, "");
  return `<script defer src="${base}/w.js" data-site="${site}" data-worker-key="${key}"></script>`;
}

export function perDay({ report }: SiteReading, names: readonly [string, string]): Counted {
  const days = report.perDay;
  return {
    labels: days.map(({ day }) => day),
    series: [
      { name: names[0], counts: days.map(({ views }) => views) },
      { name: names[1], counts: days.map(({ visitors }) => visitors) },
    ],
  };
}

/** All hours, those that are not shown as none. */
export function perHour({ report }: SiteReading, name: string): Counted {
  const known = new Map(report.perHour.map((row) => [Number(row.name), row.views]));
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  return {
    labels: hours.map((hour) => String(hour).padStart(2, "0")),
    series: [{ name, counts: hours.map((hour) => known.get(hour) ?? 0) }],
  };
}

export const CSV_COLUMNS = ["kind", "name", "views"];

/** Every row that the contract gave, of all kinds. */
export function csvRows({ report }: SiteReading, rows: SiteRows): readonly (readonly CsvValue[])[] {
  return [
    ...report.perDay.map(({ day, views }) => ["day", day, views]),
    ...report.perHour.map(({ name, views }) => ["hour", name, views]),
    ...Object.entries(rows).flatMap(([kind, { rows: list }]) =>
      list.map(({ name, views }) => [kind.replace(/^site/, "").toLowerCase(), name, views]),
    ),
  ];
}

/** Moment of a visit, as its visitor reads it. */
export function whenOf({ day, hour }: OwnVisit): string {
  return `${day}, ${String(hour).padStart(2, "0")} h UTC`;
}

/** Visits that were counted since the first reading; nothing before there is one. */
export function arrivedSince(first: number | undefined, now: number | undefined): boolean {
  return first !== undefined && now !== undefined && now > first;
}

/** A log in combined format, SYNTHETIC: addresses of no network, names of no person. */
export function sampleLog(): string {
  const paths = ["/", "/", "/pricing", "/about", "/blog/first", "/blog/second", "/contact"];
  const hosts = ["-", "https://news.example/", "https://search.example/?q=x", "-"];
  const agents = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
  ];
  const at = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];
  return Array.from({ length: 256 }, (_, i) => {
    const day = String(1 + (i % 7)).padStart(2, "0");
    const hour = String((7 + ((i * 5) % 14)) % 24).padStart(2, "0");
    const path = at(paths, i * i + 3 * i);
    return `203.0.113.${i % 90} - - [${day}/Jun/2026:${hour}:00:00 +0000] "GET ${path} HTTP/1.1" 200 512 "${at(hosts, i * 7)}" "${at(agents, i % 90)}"`;
  }).join("\n");
}

/** A contract that counts visits, as far as its declaration says. */
export function isSite({ artefact }: ReadContract): boolean {
  return ["site", "visitKey", "myVisits"].every((name) => Object.hasOwn(artefact.queries, name));
}
