import type { ReactNode } from "react";
import { WORKER_COLUMNS, workerCells } from "../features/workers/model.ts";
import { useFleet } from "../features/workers/use-fleet.ts";
import { WorkersTable } from "../features/workers/workers-table.tsx";
import { csvText, plainJson } from "../format/export.ts";
import { useMachineText } from "../text/machines.ts";
import { Card } from "../ui/card.tsx";
import { ExportButtons } from "../ui/export-buttons.tsx";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";
import { ExplorerFrame } from "./explorer-frame.tsx";

export function WorkersPage(): ReactNode {
  return <RolePage kind="worker" />;
}

export function GatekeepersPage(): ReactNode {
  return <RolePage kind="gatekeeper" />;
}

function RolePage({ kind }: { readonly kind: "worker" | "gatekeeper" }): ReactNode {
  const t = useMachineText();
  const fleet = useFleet();
  const records = (fleet.data?.rows ?? []).flatMap(({ chain }) =>
    chain?.role === kind ? [chain] : [],
  );
  return (
    <ExplorerFrame>
      <Card
        title={t(kind === "worker" ? "explorer.workers" : "explorer.gatekeepers")}
        actions={
          <ExportButtons
            name={`${kind}s`}
            csv={() => csvText(WORKER_COLUMNS, records.map(workerCells))}
            json={() => plainJson(records)}
          />
        }
      >
        <p className="muted">{t("workers.tableWhy")}</p>
        <QueryView
          viewed={fleet}
          skeleton={<Skeleton rows={4} height="row" />}
          isEmpty={({ rows }) => !rows.some((row) => row.role === kind)}
          empty={<Empty title={t("workers.emptyTitle")}>{t("workers.empty")}</Empty>}
        >
          {({ rows }) => <WorkersTable rows={rows.filter((row) => row.role === kind)} />}
        </QueryView>
      </Card>
    </ExplorerFrame>
  );
}
