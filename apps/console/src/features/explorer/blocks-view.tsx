/** The newest finalized blocks. */
import type { ReactNode } from "react";
import { useBlocksSource } from "../../chain/network-context.tsx";
import { useRecentBlocks } from "../../chain/recent-blocks.ts";
import { csvText, plainJson } from "../../format/export.ts";
import { useText } from "../../text/index.ts";
import { Card } from "../../ui/card.tsx";
import { ExportButtons } from "../../ui/export-buttons.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { BlocksTable } from "./blocks-table.tsx";
import { BLOCK_COLUMNS, blockCells } from "./model.ts";

export function BlocksView(): ReactNode {
  const t = useText();
  const blocks = useRecentBlocks(useBlocksSource());
  return (
    <Card
      title={t("home.alive")}
      actions={
        <ExportButtons
          name="blocks"
          csv={() => csvText(BLOCK_COLUMNS, blocks.map(blockCells))}
          json={() => plainJson(blocks)}
        />
      }
    >
      {blocks.length === 0 ? <Skeleton rows={8} height="row" /> : <BlocksTable blocks={blocks} />}
    </Card>
  );
}
