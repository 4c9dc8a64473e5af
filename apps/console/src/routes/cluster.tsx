import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCluster, useWorkerNames } from "../chain/fleet-queries.ts";
import { isAddress } from "../chain/queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { ClusterView } from "../features/clusters/cluster-view.tsx";
import { useMachineText } from "../text/machines.ts";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, Skeleton } from "../ui/states.tsx";

export function ClusterPage(): ReactNode {
  const t = useMachineText();
  const { cluster: id } = useParams({ from: "/explorer/clusters/$cluster" });
  const names = useWorkerNames();
  const viewed = viewedOf(useCluster(id));
  if (!isAddress(id) || viewed.problem?.code === "cluster/unknown")
    return (
      <Empty
        title={t("clusters.unknownTitle")}
        action={
          <Link to="/explorer/clusters" className="button button-plain">
            {t("clusters.unknownAction")}
          </Link>
        }
      >
        {t("clusters.unknown")}
      </Empty>
    );
  return (
    <QueryView viewed={viewed} skeleton={<Skeleton rows={3} height="block" />}>
      {(cluster) => <ClusterView cluster={cluster} names={names} />}
    </QueryView>
  );
}
