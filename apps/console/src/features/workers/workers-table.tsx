/** Workers or gatekeepers, a line each: the chain's records, and beside them what their hosts say. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { grouped, shortened } from "../../format/index.ts";
import { useMachineText } from "../../text/machines.ts";
import { type Column, VirtualTable } from "../../ui/virtual-table.tsx";
import type { FleetRow } from "./model.ts";
import { StageBadge } from "./stage-badge.tsx";

export function WorkersTable({ rows }: { readonly rows: readonly FleetRow[] }): ReactNode {
  const t = useMachineText();
  const columns: readonly Column<FleetRow>[] = [
    {
      title: t("workers.worker"),
      share: 3.6,
      cell: ({ identity, name }) => (
        <Link to="/explorer/workers/$identity" params={{ identity }} data-value>
          {name === undefined ? (
            <code className="data">{shortened(identity, 8, 6)}</code>
          ) : (
            <strong>{name}</strong>
          )}
        </Link>
      ),
    },
    { title: t("workers.stage"), share: 2.8, cell: ({ stage }) => <StageBadge stage={stage} /> },
    {
      title: t("workers.head"),
      share: 2,
      cell: ({ host, lag }) => (
        <span data-value>
          {host === undefined ? "–" : grouped(host.head)}
          {lag !== undefined && lag > 0 && <span className="muted">{` −${lag}`}</span>}
        </span>
      ),
    },
    {
      title: t("workers.votes"),
      share: 2.6,
      isWide: true,
      cell: ({ chain }) => (
        <span data-value>
          {chain?.votes === undefined ? "–" : `${chain.votes.agreed} / ${chain.votes.of}`}
        </span>
      ),
    },
    {
      title: t("workers.restarts"),
      share: 1.4,
      isWide: true,
      cell: ({ host }) => <span data-value>{host === undefined ? "–" : host.restarts}</span>,
    },
    {
      title: t("workers.version"),
      share: 1.4,
      isWide: true,
      cell: ({ chain }) => <code className="data">{chain?.version ?? "–"}</code>,
    },
    {
      title: t("workers.platform"),
      share: 2,
      isWide: true,
      cell: ({ chain }) => <code className="data">{chain?.evidence?.line ?? "–"}</code>,
    },
  ];
  return (
    <VirtualTable
      label={t("workers.table")}
      columns={columns}
      rows={rows}
      keyOf={({ identity }) => identity}
    />
  );
}
