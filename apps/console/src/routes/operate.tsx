import { type ReactNode, useMemo } from "react";
import { useMaybeConnected } from "../chain/network-context.tsx";
import { FleetFiguresView, FleetPlots, FleetTableCard } from "../features/operate/fleet-view.tsx";
import { useHistory } from "../features/operate/use-history.ts";
import { figuresOf, measuredOf, WORKER_COLUMNS, workerCells } from "../features/workers/model.ts";
import { useFleet } from "../features/workers/use-fleet.ts";
import { WorkersTable } from "../features/workers/workers-table.tsx";
import { csvText, plainJson } from "../format/export.ts";
import { useMachineText } from "../text/machines.ts";
import { ExportButtons } from "../ui/export-buttons.tsx";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, ErrorCard, Notice, Skeleton } from "../ui/states.tsx";
import { OperateFrame } from "./operate-frame.tsx";

export function OperatePage(): ReactNode {
  const t = useMachineText();
  const genesis = useMaybeConnected()?.genesis ?? "";
  const fleet = useFleet();
  const rows = fleet.data?.rows;
  const measured = useMemo(() => rows && measuredOf(rows), [rows]);
  const samples = useHistory(genesis, measured);
  const records = (rows ?? []).flatMap(({ chain }) => (chain ? [chain] : []));
  return (
    <OperateFrame>
      <QueryView
        viewed={fleet}
        skeleton={
          <>
            <Skeleton rows={1} height="row" />
            <Skeleton rows={5} height="row" />
          </>
        }
        isEmpty={(data) => data.rows.length === 0}
        empty={<Empty title={t("workers.emptyTitle")}>{t("workers.empty")}</Empty>}
      >
        {(data) => (
          <>
            {data.away.length > 0 && (
              <Notice kind="partial" title={t("fleet.awayTitle", { count: data.away.length })}>
                {t("fleet.away")}
              </Notice>
            )}
            <FleetFiguresView figures={figuresOf(data.rows, data.block)} />
            <FleetTableCard
              actions={
                <ExportButtons
                  name="fleet"
                  csv={() => csvText(WORKER_COLUMNS, records.map(workerCells))}
                  json={() => plainJson(data.rows)}
                />
              }
            >
              <WorkersTable rows={data.rows} />
            </FleetTableCard>
            {data.away.map(({ url, problem }) => (
              <ErrorCard key={url} problem={problem} />
            ))}
            <FleetPlots samples={samples} />
          </>
        )}
      </QueryView>
    </OperateFrame>
  );
}
