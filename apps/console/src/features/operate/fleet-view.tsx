/** The fleet: its figures, its table, and how it did while this page was open. */
import type { ReactNode } from "react";
import { grouped } from "../../format/index.ts";
import { useMachineText } from "../../text/machines.ts";
import { Card } from "../../ui/card.tsx";
import { type FleetSample, plotted } from "./history.ts";
import { Plot } from "./plot.tsx";

export interface FleetFigures {
  readonly workers: number;
  readonly serving: number;
  readonly failed: number;
  readonly gatekeepers: number;
  readonly block: number;
}

export function FleetFiguresView({ figures }: { readonly figures: FleetFigures }): ReactNode {
  const t = useMachineText();
  return (
    <dl className="fleet-figures">
      {(["workers", "serving", "failed", "gatekeepers", "block"] as const).map((name) => (
        <div key={name} className={name === "failed" && figures.failed > 0 ? "is-broken" : ""}>
          <dt className="muted small">{t(`fleet.${name}`)}</dt>
          <dd className="figure-value" data-value>
            {grouped(figures[name])}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function FleetPlots({ samples }: { readonly samples: readonly FleetSample[] }): ReactNode {
  const t = useMachineText();
  return (
    <div className="plot-grid">
      <Plot
        title={t("plot.sync")}
        why={t("plot.syncWhy")}
        unit={t("plot.blocks")}
        data={plotted(samples, "lag")}
      />
      <Plot
        title={t("plot.score")}
        why={t("plot.scoreWhy")}
        unit={t("plot.percent")}
        data={plotted(samples, "score")}
      />
    </div>
  );
}

export function FleetTableCard({
  actions,
  children,
}: {
  readonly actions: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  const t = useMachineText();
  return (
    <Card title={t("fleet.table")} actions={actions}>
      {children}
    </Card>
  );
}
