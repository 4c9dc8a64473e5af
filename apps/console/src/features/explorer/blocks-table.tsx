import { toHex } from "@pha/scale";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { BlockSummary } from "../../chain/recent-blocks.ts";
import { byteCount, clockTime, grouped, shortened } from "../../format/index.ts";
import { useText } from "../../text/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { type Column, VirtualTable } from "../../ui/virtual-table.tsx";

export function BlocksTable({ blocks }: { readonly blocks: readonly BlockSummary[] }): ReactNode {
  const t = useText();
  const columns: readonly Column<BlockSummary>[] = [
    {
      title: t("explorer.block"),
      share: 2,
      cell: ({ number }) => (
        <Link to="/explorer/blocks/$number" params={{ number: String(number) }} data-value>
          {grouped(number)}
        </Link>
      ),
    },
    {
      title: t("explorer.time"),
      share: 2,
      cell: ({ at }) => <span data-value>{at === undefined ? "–" : clockTime(at)}</span>,
    },
    {
      title: t("explorer.hash"),
      share: 4,
      isWide: true,
      cell: ({ hash }) => <code className="data muted">{shortened(toHex(hash), 12, 8)}</code>,
    },
    {
      title: t("explorer.extrinsics"),
      share: 3,
      cell: ({ extrinsics, commands }) => (
        <span className="row-tight">
          <span data-value>{extrinsics}</span>
          {commands > 0 && (
            <Badge tone="sealed">{t("home.sealedCommands", { count: commands })}</Badge>
          )}
        </span>
      ),
    },
    {
      title: t("explorer.size"),
      share: 2,
      isWide: true,
      cell: ({ bytes }) => <span data-value>{byteCount(bytes)}</span>,
    },
  ];
  return (
    <VirtualTable
      label={t("home.alive")}
      columns={columns}
      rows={blocks}
      keyOf={({ number }) => number}
    />
  );
}
