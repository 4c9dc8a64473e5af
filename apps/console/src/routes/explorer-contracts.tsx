import type { ReactNode } from "react";
import { useContracts } from "../chain/queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { ContractsTable } from "../features/explorer/contracts-table.tsx";
import { CONTRACT_COLUMNS, contractCells } from "../features/explorer/model.ts";
import { csvText, plainJson } from "../format/export.ts";
import { useText } from "../text/index.ts";
import { Card } from "../ui/card.tsx";
import { ExportButtons } from "../ui/export-buttons.tsx";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";
import { ExplorerFrame } from "./explorer-frame.tsx";

export function ExplorerContractsPage(): ReactNode {
  const t = useText();
  const contracts = useContracts();
  const list = contracts.data ?? [];
  return (
    <ExplorerFrame>
      <Card
        title={t("contracts.title")}
        actions={
          <ExportButtons
            name="contracts"
            csv={() => csvText(CONTRACT_COLUMNS, list.map(contractCells))}
            json={() => plainJson(list.map(({ address, record }) => ({ address, ...record })))}
          />
        }
      >
        <QueryView
          viewed={viewedOf(contracts)}
          skeleton={<Skeleton rows={4} height="row" />}
          isEmpty={({ length }) => length === 0}
          empty={<Empty title={t("contracts.emptyTitle")}>{t("contracts.empty")}</Empty>}
        >
          {(shown) => <ContractsTable contracts={shown} />}
        </QueryView>
      </Card>
    </ExplorerFrame>
  );
}
