/** One finalized block, checked here: header, extrinsics, events. */
import { toHex } from "@pha/scale";
import type { BlockEvent, BlockExtrinsic } from "@pha/sdk";
import { Link } from "@tanstack/react-router";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import type { BlockReading } from "../../chain/core/blocks.ts";
import type { SealedFacts } from "../../chain/sealed.ts";
import { byteCount, clockTime, shortened } from "../../format/index.ts";
import { Ciphertext } from "../../lens/protected.tsx";
import { useText } from "../../text/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { Raw } from "../../ui/raw.tsx";
import { Empty } from "../../ui/states.tsx";
import { isSealedCall, plainJson } from "./model.ts";

export interface BlockViewProps {
  readonly reading: BlockReading;
  readonly sealedFacts: (sealed: Uint8Array) => SealedFacts;
  readonly addressText: (account: Uint8Array) => string;
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

function ExtrinsicCard({
  extrinsic,
  index,
  events,
  sealedFacts,
  addressText,
}: Omit<BlockViewProps, "reading"> & {
  readonly extrinsic: BlockExtrinsic;
  readonly index: number;
  readonly events: readonly BlockEvent[];
}): ReactNode {
  const t = useText();
  const { decoded, bytes, hash } = extrinsic;
  const isSealed = decoded !== undefined && isSealedCall(decoded.pallet, decoded.call);
  const sealed = isSealed ? sealedOf(decoded.args) : undefined;
  const failed = events.some(
    ({ pallet, name }) => pallet === "System" && name === "ExtrinsicFailed",
  );
  return (
    <article className="card">
      <header className="row-between">
        <h3 className="activity-title">
          <span className="muted" data-value>
            {index}
          </span>
          <code className="data">
            {decoded === undefined ? t("explorer.undecoded") : `${decoded.pallet}.${decoded.call}`}
          </code>
          <Badge tone={isSealed ? "sealed" : "neutral"}>
            {isSealed ? t("explorer.encrypted") : t("explorer.plain")}
          </Badge>
          {failed && <Badge tone="broken">{t("explorer.failed")}</Badge>}
        </h3>
        <span className="muted small" data-value>
          {byteCount(bytes.length)}
        </span>
      </header>
      <Tabs.Root defaultValue="decoded" className="stack-tight">
        <Tabs.List className="tabs" aria-label={t("explorer.views")}>
          <Tabs.Trigger value="decoded">{t("explorer.decoded")}</Tabs.Trigger>
          <Tabs.Trigger value="events">
            {t("explorer.events", { count: events.length })}
          </Tabs.Trigger>
          <Tabs.Trigger value="raw">{t("explorer.raw")}</Tabs.Trigger>
          {sealed !== undefined && <Tabs.Trigger value="network">{t("lens.network")}</Tabs.Trigger>}
        </Tabs.List>
        <Tabs.Content value="decoded" className="stack-tight">
          <dl className="details">
            <Detail term={t("leak.sender")}>
              {decoded?.signature === undefined ? (
                t("explorer.bare")
              ) : (
                <Copyable value={addressText(decoded.signature.signer)} label={t("leak.sender")} />
              )}
            </Detail>
            <Detail term={t("explorer.hash")}>
              <Copyable value={toHex(hash)} label={t("explorer.hash")} />
            </Detail>
          </dl>
          {decoded !== undefined && <Raw>{plainJson(decoded.args)}</Raw>}
        </Tabs.Content>
        <Tabs.Content value="events">
          <Events events={events} />
        </Tabs.Content>
        <Tabs.Content value="raw">
          <Raw>{toHex(bytes)}</Raw>
        </Tabs.Content>
        {sealed !== undefined && (
          <Tabs.Content value="network" className="stack-tight">
            <p className="muted">{t("explorer.networkWhy")}</p>
            <Ciphertext sealed={sealedFacts(sealed)} />
          </Tabs.Content>
        )}
      </Tabs.Root>
    </article>
  );
}

function sealedOf(args: unknown): Uint8Array | undefined {
  if (typeof args !== "object" || args === null || !("sealed" in args)) return undefined;
  return args.sealed instanceof Uint8Array ? args.sealed : undefined;
}

function Events({ events }: { readonly events: readonly BlockEvent[] }): ReactNode {
  const t = useText();
  if (events.length === 0)
    return <Empty title={t("explorer.noEventsTitle")}>{t("explorer.noEvents")}</Empty>;
  return (
    <ul className="list">
      {events.map(({ pallet, name, fields }, at) => (
        // Events of a finalized block never change their order.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <li key={at} className="list-row">
          <details className="raw-details">
            <summary>
              <code className="data">{`${pallet}.${name}`}</code>
            </summary>
            <Raw>{plainJson(fields ?? null)}</Raw>
          </details>
        </li>
      ))}
    </ul>
  );
}
