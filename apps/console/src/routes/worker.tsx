import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useWorker } from "../chain/fleet-queries.ts";
import { isAddress } from "../chain/queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { rowOfDetail } from "../features/workers/model.ts";
import { useFleet } from "../features/workers/use-fleet.ts";
import { WorkerView } from "../features/workers/worker-view.tsx";
import { useMachineText } from "../text/machines.ts";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";

export function WorkerPage(): ReactNode {
  const t = useMachineText();
  const { identity } = useParams({ from: "/explorer/workers/$identity" });
  const fleet = useFleet().data;
  const row = fleet?.rows.find((one) => one.identity === identity);
  const viewed = viewedOf(useWorker(identity));
  const isNobody = row === undefined && viewed.data !== undefined && !viewed.data.worker;
  if (!isAddress(identity) || isNobody)
    return (
      <Empty
        title={t("workers.unknownTitle")}
        action={
          <Link to="/explorer/workers" className="button button-plain">
            {t("workers.unknownAction")}
          </Link>
        }
      >
        {t("workers.unknown")}
      </Empty>
    );
  return (
    <QueryView viewed={viewed} skeleton={<Skeleton rows={3} height="block" />}>
      {(detail) => (
        <WorkerView row={row ?? rowOfDetail(detail)} now={detail.now} block={detail.block} />
      )}
    </QueryView>
  );
}
