/** States of the views of visits, with sample data: SYNTHETIC, of no site. */
import type { SiteReading } from "../chain/core/site.ts";
import { SiteFigures, SitePlots, SiteRowCards } from "../features/analytics/dashboard.tsx";
import { CheckCard, CollectorFacts, SnippetCard } from "../features/analytics/install-panels.tsx";
import { snippetOf } from "../features/analytics/model.ts";
import { VisitsOfNetwork } from "../features/analytics/network-view.tsx";
import { OwnVisits } from "../features/analytics/own-visits.tsx";
import type { RowsShown } from "../features/analytics/row-kinds.ts";
import { Skeleton } from "../ui/states.tsx";
import { SAMPLE_PROBLEM, SAMPLE_SEALED } from "./sample-data.ts";
import type { GalleryView } from "./states.tsx";

const SITE = `0x${"07".repeat(32)}`;
const LEAST = 5;

const READING: SiteReading = {
  report: {
    views: 1234,
    events: 56,
    visitors: 321,
    refused: 2,
    live: 3,
    minVisitors: LEAST,
    perDay: Array.from({ length: 14 }, (_, i) => ({
      day: `2026-06-${String(i + 1).padStart(2, "0")}`,
      views: 40 + ((i * 37) % 90),
      visitors: 12 + ((i * 13) % 30),
    })),
    perHour: Array.from({ length: 16 }, (_, i) => ({
      name: String(i + 7),
      views: 10 + ((i * 29) % 70),
    })),
    hidden: 3,
  },
  blockNumber: 1234,
  stateBlock: 1233,
};
const list = (names: readonly string[], hidden = 0) => ({
  rows: names.map((name, i) => ({ name, views: 400 - 60 * i })),
  hidden,
  isPartial: hidden > 10,
});
const ROWS: RowsShown = {
  sitePaths: list(["/", "/pricing", "/<img src=x onerror=alert(1)>", `/${"long/".repeat(40)}`], 12),
  siteReferrers: list(["news.example", "search.example"], 4),
  siteAgents: list(["Firefox on Linux", "Chrome on Windows", "Safari on iOS"]),
  siteEvents: list([]),
};
const VISITS = [0, 1].map((id) => ({
  id,
  day: "2026-06-01",
  hour: 9 + id,
  event: id === 0 ? "" : "Signup",
  path: id === 0 ? "/pricing" : "/<script>alert(1)</script>",
  referrerHost: id === 0 ? "news.example" : "",
  agent: "Firefox on Linux",
}));
const CALM = { isBusy: false, said: undefined, problem: undefined };
const nothing = (): void => undefined;

export const VISITS_GALLERY: readonly GalleryView[] = [
  {
    id: "site",
    skeleton: <Skeleton rows={2} height="block" />,
    empty: ["visits.emptyTitle", "visits.empty"],
    content: (
      <div className="stack">
        <SiteFigures reading={READING} />
        <SitePlots reading={READING} />
      </div>
    ),
  },
  {
    id: "site-rows",
    skeleton: <Skeleton rows={2} height="block" />,
    empty: ["visits.noRowsTitle", "visits.partial"],
    content: <SiteRowCards rows={ROWS} least={LEAST} />,
  },
  {
    id: "own-visits",
    skeleton: <Skeleton rows={2} height="block" />,
    empty: ["visits.mine", "visits.mineEmpty"],
    content: (
      <div className="stack">
        <OwnVisits visits={VISITS} act={CALM} onDelete={nothing} />
        <OwnVisits visits={[]} act={{ ...CALM, problem: SAMPLE_PROBLEM }} onDelete={nothing} />
      </div>
    ),
  },
  {
    id: "visit-key",
    skeleton: <Skeleton rows={1} height="block" />,
    empty: ["visits.noneTitle", "visits.none"],
    content: (
      <SnippetCard snippet={snippetOf(SITE, `0x${"ae".repeat(32)}`, "https://stats.example")} />
    ),
  },
  {
    id: "collector",
    skeleton: <Skeleton rows={2} height="row" />,
    empty: ["visits.noCollectorTitle", "visits.noCollector"],
    content: (
      <div className="stack">
        <CollectorFacts
          site={SITE}
          collector={{
            account: "45R2pfjQUW2s9PQRHU48HQKLKHVMaDja7N3wpBtmF28UYDs2",
            site: `0x${"08".repeat(32)}`,
            standing: "not-appointed",
            waiting: 7,
            brought: 0,
            refused: 0,
            dropped: 1,
            problem: "analytics/not-the-collector",
          }}
        />
        <CheckCard isThere={false} live={0} samplePage="http://127.0.0.1:7080" />
        <CheckCard isThere live={1} samplePage={undefined} />
        <VisitsOfNetwork last={{ sealed: SAMPLE_SEALED, block: 1234 }} />
        <VisitsOfNetwork last={undefined} />
      </div>
    ),
  },
];
