import { toHex } from "@pha/scale";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ReadContract } from "../../chain/core/contracts.ts";
import { grouped, shortened } from "../../format/index.ts";
import { useText } from "../../text/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { type Column, VirtualTable } from "../../ui/virtual-table.tsx";

export function ContractsTable({
  contracts,
}: {
  readonly contracts: readonly ReadContract[];
}): ReactNode {
  const t = useText();
  const columns: readonly Column<ReadContract>[] = [
    {
      title: t("explorer.contract"),
      share: 3,
      cell: ({ address, artefact }) => (
        <Link to="/contracts/$address" params={{ address: toHex(address) }} data-value>
          {artefact.name}
        </Link>
      ),
    },
    {
      title: t("contract.state"),
      share: 3,
      cell: ({ record }) => (
        <Badge tone={record.open ? "sealed" : "broken"}>
          {t(record.open ? "contract.encrypted" : "contract.closed")}
        </Badge>
      ),
    },
    {
      title: t("contract.address"),
      share: 3,
      isWide: true,
      cell: ({ address }) => <code className="data muted">{shortened(toHex(address), 10, 6)}</code>,
    },
    {
      title: t("contract.cluster"),
      share: 3,
      isWide: true,
      cell: ({ record }) => (
        <Link to="/explorer/clusters/$cluster" params={{ cluster: toHex(record.cluster) }}>
          <code className="data">{shortened(toHex(record.cluster), 8, 6)}</code>
        </Link>
      ),
    },
    {
      title: t("contract.codeHash"),
      share: 3,
      isWide: true,
      cell: ({ record }) => (
        <code className="data muted">{shortened(toHex(record.codeHash), 8, 6)}</code>
      ),
    },
    {
      title: t("contract.created"),
      share: 2,
      cell: ({ record }) => (
        <Link to="/explorer/blocks/$number" params={{ number: `${record.createdAt}` }} data-value>
          {grouped(record.createdAt)}
        </Link>
      ),
    },
  ];
  return (
    <VirtualTable
      label={t("contracts.title")}
      columns={columns}
      rows={contracts}
      keyOf={({ address }) => toHex(address)}
    />
  );
}
