import type { ReactNode } from "react";
import { useClusters } from "../chain/fleet-queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { ClustersTable } from "../features/clusters/clusters-table.tsx";
import { CLUSTER_COLUMNS, clusterCells } from "../features/clusters/model.ts";
import { csvText, plainJson } from "../format/export.ts";
import { useMachineText } from "../text/machines.ts";
import { Card } from "../ui/card.tsx";
import { ExportButtons } from "../ui/export-buttons.tsx";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";
import { ExplorerFrame } from "./explorer-frame.tsx";

export function ClustersPage(): ReactNode {
  const t = useMachineText();
  const query = useClusters();
  const clusters = query.data?.clusters ?? [];
  return (
    <ExplorerFrame>
      <Card
        title={t("explorer.clusters")}
        actions={
          <ExportButtons
            name="clusters"
            csv={() => csvText(CLUSTER_COLUMNS, clusters.map(clusterCells))}
            json={() => plainJson(clusters)}
          />
        }
      >
        <QueryView
          viewed={viewedOf(query)}
          skeleton={<Skeleton rows={3} height="row" />}
          isEmpty={(reading) => reading.clusters.length === 0}
          empty={<Empty title={t("clusters.emptyTitle")}>{t("clusters.empty")}</Empty>}
        >
          {(reading) => <ClustersTable clusters={reading.clusters} />}
        </QueryView>
      </Card>
    </ExplorerFrame>
  );
}
