import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { useHeads, useMaybeConnected } from "../chain/network-context.tsx";
import { connectedOf, useBlock } from "../chain/queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { BlockView } from "../features/explorer/block-view.tsx";
import { grouped } from "../format/index.ts";
import { useText } from "../text/index.ts";
import { QueryView } from "../ui/query-view.tsx";
import { Skeleton } from "../ui/states.tsx";
import { NotFoundPage } from "./not-found.tsx";

export function BlockPage(): ReactNode {
  const t = useText();
  const connected = useMaybeConnected();
  const { number: text } = useParams({ from: "/explorer/blocks/$number" });
  const isNumber = /^\d{1,10}$/.test(text);
  const number = isNumber ? Number(text) : 0;
  const head = useHeads()?.finalized ?? 0;
  const query = useBlock(isNumber ? number : undefined);
  if (!isNumber) return <NotFoundPage />;
  return (
    <div className="stack">
      <header className="row-between">
        <h1>{t("explorer.blockTitle", { block: grouped(number) })}</h1>
        <nav className="row-tight" aria-label={t("explorer.neighbours")}>
          {number > 1 && (
            <Link
              to="/explorer/blocks/$number"
              params={{ number: String(number - 1) }}
              className="button button-plain"
            >
              <ArrowLeft size={16} aria-hidden /> {t("explorer.older")}
            </Link>
          )}
          {number < head && (
            <Link
              to="/explorer/blocks/$number"
              params={{ number: String(number + 1) }}
              className="button button-plain"
            >
              {t("explorer.newer")} <ArrowRight size={16} aria-hidden />
            </Link>
          )}
        </nav>
      </header>
      <QueryView viewed={viewedOf(query)} skeleton={<Skeleton rows={3} height="block" />}>
        {(reading) => {
          const { sealedFacts, addressText } = connectedOf(connected).core;
          return (
            <BlockView reading={reading} sealedFacts={sealedFacts} addressText={addressText} />
          );
        }}
      </QueryView>
    </div>
  );
}
