import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMaybeConnected } from "../chain/network-context.tsx";
import { connectedOf, useBlock } from "../chain/queries.ts";
import { viewedOf } from "../chain/viewed.ts";
import { ExtrinsicCard } from "../features/explorer/extrinsic-card.tsx";
import { placeOf } from "../features/explorer/model.ts";
import { grouped } from "../format/index.ts";
import { useText } from "../text/index.ts";
import { QueryView } from "../ui/query-view.tsx";
import { Skeleton } from "../ui/states.tsx";
import { NotFoundPage } from "./not-found.tsx";

export function ExtrinsicPage(): ReactNode {
  const t = useText();
  const connected = useMaybeConnected();
  const place = placeOf(useParams({ from: "/explorer/extrinsics/$place" }).place);
  const viewed = viewedOf(useBlock(place?.block));
  if (place === undefined) return <NotFoundPage />;
  const { block, index } = place;
  return (
    <div className="stack">
      <header className="row-between">
        <h1>{t("explorer.extrinsicTitle", { index, block: grouped(block) })}</h1>
        <Link
          to="/explorer/blocks/$number"
          params={{ number: `${block}` }}
          className="button button-plain"
        >
          {t("explorer.wholeBlock")}
        </Link>
      </header>
      <QueryView viewed={viewed} skeleton={<Skeleton rows={1} height="block" />}>
        {({ body, events }) => {
          const extrinsic = body.extrinsics[index];
          if (extrinsic === undefined) return <NotFoundPage />;
          const { sealedFacts, addressText } = connectedOf(connected).core;
          return (
            <ExtrinsicCard
              block={block}
              index={index}
              extrinsic={extrinsic}
              events={events.filter((event) => event.extrinsic === index)}
              sealedFacts={sealedFacts}
              addressText={addressText}
            />
          );
        }}
      </QueryView>
    </div>
  );
}
