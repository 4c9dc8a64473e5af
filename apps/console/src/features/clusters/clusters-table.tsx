import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ClusterReading } from "../../chain/core/clusters.ts";
import { grouped, shortened } from "../../format/index.ts";
import { useMachineText } from "../../text/machines.ts";
import { Badge } from "../../ui/badge.tsx";
import { type Column, VirtualTable } from "../../ui/virtual-table.tsx";

export function ClustersTable({
  clusters,
}: {
  readonly clusters: readonly ClusterReading[];
}): ReactNode {
  const t = useMachineText();
  const columns: readonly Column<ClusterReading>[] = [
    {
      title: t("clusters.cluster"),
      share: 3,
      cell: ({ id }) => (
        <Link to="/explorer/clusters/$cluster" params={{ cluster: id }}>
          <code className="data">{shortened(id, 8, 6)}</code>
        </Link>
      ),
    },
    {
      title: t("clusters.status"),
      share: 2,
      cell: ({ status }) => (
        <Badge tone={status === "Live" || status === "Pending" ? "neutral" : "broken"}>
          <span data-value>{status}</span>
        </Badge>
      ),
    },
    {
      title: t("clusters.replicas"),
      share: 2,
      cell: ({ replicas, replication }) => (
        <span data-value>{`${replicas.length} / ${replication}`}</span>
      ),
    },
    {
      title: t("clusters.keys"),
      share: 3,
      isWide: true,
      cell: ({ generation, epoch }) => <span data-value>{`${generation} / ${epoch}`}</span>,
    },
    {
      title: t("nav.contracts"),
      share: 2,
      isWide: true,
      cell: ({ contracts }) => <span data-value>{contracts.length}</span>,
    },
    {
      title: t("clusters.root"),
      share: 3,
      isWide: true,
      cell: ({ root }) =>
        root === undefined ? (
          "–"
        ) : (
          <code className="data muted">{`${shortened(root.root, 8, 4)} #${grouped(root.index)}`}</code>
        ),
    },
  ];
  return (
    <VirtualTable
      label={t("clusters.table")}
      columns={columns}
      rows={clusters}
      keyOf={({ id }) => id}
    />
  );
}
