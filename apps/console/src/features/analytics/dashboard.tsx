/** What the owner of a site reads: totals, plots, rows of enough visitors. */
import type { ReactNode } from "react";
import type { RowList, SiteReading } from "../../chain/core/site.ts";
import { csvText, plainJson } from "../../format/export.ts";
import { grouped } from "../../format/index.ts";
import { useVisitsText } from "../../text/analytics.ts";
import { Card } from "../../ui/card.tsx";
import { ExportButtons } from "../../ui/export-buttons.tsx";
import { Empty } from "../../ui/states.tsx";
import { CountsPlot } from "./counts-plot.tsx";
import { CSV_COLUMNS, csvRows, perDay, perHour } from "./model.ts";
import { ROW_KINDS_SHOWN, type RowsShown } from "./row-kinds.ts";

export function SiteFigures({ reading }: { readonly reading: SiteReading }): ReactNode {
  const t = useVisitsText();
  const { report } = reading;
  return (
    <dl className="fleet-figures" data-testid="site-figures">
      {(["live", "visitors", "views", "events", "refused"] as const).map((name) => (
        <div key={name} className={name === "live" && report.live > 0 ? "is-live" : ""}>
          <dt className="muted small">{t(`visits.${name}`)}</dt>
          <dd className="figure-value" data-value data-figure={name}>
            {grouped(report[name])}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function SitePlots({ reading }: { readonly reading: SiteReading }): ReactNode {
  const t = useVisitsText();
  const least = reading.report.minVisitors;
  return (
    <>
      <div className="plot-grid">
        <CountsPlot
          title={t("visits.perDay")}
          label={t("visits.day")}
          counted={perDay(reading, [t("visits.views"), t("visits.visitors")])}
          least={least}
        />
        <CountsPlot
          title={t("visits.perHour")}
          label={t("visits.hour")}
          counted={perHour(reading, t("visits.views"))}
          least={least}
        />
      </div>
      <p className="muted small">
        {t("visits.threshold", { least })}{" "}
        {t("visits.answered", {
          state: grouped(reading.stateBlock),
          block: grouped(reading.blockNumber),
        })}
      </p>
    </>
  );
}

export function SiteRowCards({
  rows,
  least,
}: {
  readonly rows: RowsShown;
  readonly least: number;
}): ReactNode {
  const t = useVisitsText();
  return (
    <div className="row-cards">
      {ROW_KINDS_SHOWN.map((kind) => (
        <Card key={kind} title={t(`visits.${kind}`)} level={3}>
          <RowTable title={t(`visits.${kind}`)} list={rows[kind]} least={least} />
        </Card>
      ))}
    </div>
  );
}

function RowTable({
  title,
  list,
  least,
}: {
  readonly title: string;
  readonly list: RowList;
  readonly least: number;
}): ReactNode {
  const t = useVisitsText();
  const { rows, hidden, isPartial } = list;
  const most = Math.max(1, ...rows.map(({ views }) => views));
  return (
    <>
      {rows.length === 0 ? (
        <Empty title={t("visits.noRowsTitle")}>{t("visits.noRows", { count: least })}</Empty>
      ) : (
        <table className="table row-table">
          <caption className="visually-hidden">{title}</caption>
          <thead>
            <tr>
              <th scope="col">{t("visits.name")}</th>
              <th scope="col" className="numeric">
                {t("visits.views")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, views }) => (
              <tr key={name}>
                <th scope="row" data-value>
                  <span className="row-name">{name}</span>
                  <meter className="row-meter" min={0} max={most} value={views} aria-hidden />
                </th>
                <td className="numeric" data-value>
                  {grouped(views)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {hidden > 0 && (
        <p className="muted small">{t("visits.hidden", { count: grouped(hidden), least })}</p>
      )}
      {isPartial && <p className="muted small">{t("visits.partial")}</p>}
    </>
  );
}

export function SiteExport({
  reading,
  rows,
}: {
  readonly reading: SiteReading;
  readonly rows: RowsShown;
}): ReactNode {
  return (
    <ExportButtons
      name="visits"
      csv={() => csvText(CSV_COLUMNS, csvRows(reading, rows))}
      json={() => plainJson({ ...reading.report, ...rows })}
    />
  );
}
