import type { ReactNode } from "react";
import { useContracts } from "../chain/queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { ContractList } from "../features/contracts/contract-list.tsx";
import { useText } from "../text/index.ts";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";

export function ContractsPage(): ReactNode {
  const t = useText();
  return (
    <div className="stack">
      <header className="page-header">
        <h1>{t("contracts.title")}</h1>
        <p className="muted lead">{t("contracts.lead")}</p>
      </header>
      <QueryView
        viewed={viewedOf(useContracts())}
        skeleton={<Skeleton rows={2} height="block" />}
        isEmpty={(contracts) => contracts.length === 0}
        empty={<Empty title={t("contracts.emptyTitle")}>{t("contracts.empty")}</Empty>}
      >
        {(contracts) => <ContractList contracts={contracts} />}
      </QueryView>
    </div>
  );
}
