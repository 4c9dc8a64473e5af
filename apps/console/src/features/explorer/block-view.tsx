/** One finalized block, checked here: header, extrinsics, events. */
import { toHex } from "@pha/scale";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { BlockReading } from "../../chain/core/blocks.ts";
import { clockTime, shortened } from "../../format/index.ts";
import { useText } from "../../text/index.ts";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { Events, ExtrinsicCard, type ExtrinsicParts } from "./extrinsic-card.tsx";

export interface BlockViewProps extends ExtrinsicParts {
  readonly reading: BlockReading;
}

export function BlockView({ reading, sealedFacts, addressText }: BlockViewProps): ReactNode {
  const t = useText();
  const { body, events } = reading;
  return (
    <div className="stack">
      <Card title={t("explorer.header")}>
        <dl className="details">
          <Detail term={t("explorer.hash")}>
            <Copyable value={toHex(body.hash)} label={t("explorer.hash")} head={14} tail={10} />
          </Detail>
          <Detail term={t("explorer.time")}>
            <span data-value>
              {body.at === undefined
                ? "–"
                : `${new Date(body.at).toISOString().slice(0, 10)} ${clockTime(body.at)}`}
            </span>
          </Detail>
          <Detail term={t("explorer.parent")}>
            {body.number > 1 ? (
              <Link to="/explorer/blocks/$number" params={{ number: String(body.number - 1) }}>
                <code className="data">{shortened(toHex(body.parentHash), 12, 8)}</code>
              </Link>
            ) : (
              <code className="data">{shortened(toHex(body.parentHash), 12, 8)}</code>
            )}
          </Detail>
          <Detail term={t("explorer.stateRoot")}>
            <Copyable value={toHex(body.stateRoot)} label={t("explorer.stateRoot")} />
          </Detail>
          <Detail term={t("explorer.extrinsicsRoot")}>
            <Copyable value={toHex(body.extrinsicsRoot)} label={t("explorer.extrinsicsRoot")} />
          </Detail>
        </dl>
        <p className="muted small">{t("explorer.checked")}</p>
      </Card>
      <section className="stack" aria-label={t("explorer.extrinsics")}>
        <h2 className="section-title">{t("explorer.extrinsics")}</h2>
        {body.extrinsics.map((extrinsic, index) => (
          <ExtrinsicCard
            key={toHex(extrinsic.hash)}
            block={body.number}
            extrinsic={extrinsic}
            index={index}
            events={events.filter((event) => event.extrinsic === index)}
            sealedFacts={sealedFacts}
            addressText={addressText}
          />
        ))}
      </section>
      <Card title={t("explorer.otherEvents")}>
        <Events events={events.filter(({ extrinsic }) => extrinsic === undefined)} />
      </Card>
    </div>
  );
}
