import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { openEvidence } from "../chain/evidence-drawer-state.ts";
import { isAddress, useContract } from "../chain/queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { ContractView } from "../features/contracts/contract-page.tsx";
import { useText } from "../text/index.ts";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";

export function ContractPage(): ReactNode {
  const t = useText();
  const { address } = useParams({ from: "/contracts/$address" });
  const viewed = viewedOf(useContract(address));
  if (!isAddress(address) || viewed.problem?.code === "contract/unknown")
    return (
      <Empty
        title={t("contract.unknownTitle")}
        action={
          <Link to="/contracts" className="button button-plain">
            {t("contract.unknownAction")}
          </Link>
        }
      >
        {t("contract.unknown")}
      </Empty>
    );
  return (
    <QueryView
      viewed={viewed}
      skeleton={
        <div className="stack">
          <Skeleton rows={2} />
          <Skeleton rows={2} height="block" />
        </div>
      }
    >
      {(contract) => <ContractView key={address} contract={contract} onWhy={openEvidence} />}
    </QueryView>
  );
}
