import type { ReactNode } from "react";
import type { BlockSummary } from "../../chain/recent-blocks.ts";
import { grouped } from "../../format/index.ts";
import { useText } from "../../text/index.ts";
import { Skeleton } from "../../ui/states.tsx";

const SHOWN = 10;

/** The newest finalized blocks: each a bar as high as what is in it. */
export function BlockTicker({ blocks }: { readonly blocks: readonly BlockSummary[] }): ReactNode {
  const t = useText();
  const shown = blocks.slice(0, SHOWN);
  if (shown.length === 0) return <Skeleton rows={1} height="block" />;
  return (
    <ol className="ticker" aria-label={t("home.ticker")}>
      {shown.map(({ number, extrinsics, commands }) => (
        <li key={number} className={commands > 0 ? "has-commands" : ""}>
          <span className="ticker-number" data-value>
            {grouped(number)}
          </span>
          <span className="muted small">
            {commands > 0
              ? t("home.sealedCommands", { count: commands })
              : t(extrinsics === 1 ? "home.extrinsic" : "home.extrinsics", { count: extrinsics })}
          </span>
        </li>
      ))}
    </ol>
  );
}
