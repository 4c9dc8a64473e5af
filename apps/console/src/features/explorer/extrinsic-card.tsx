/** One extrinsic: what it is, decoded, its events, its bytes, and what the network has of it. */
import { toHex } from "@pha/scale";
import type { BlockEvent, BlockExtrinsic } from "@pha/sdk";
import { Link } from "@tanstack/react-router";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import type { SealedFacts } from "../../chain/sealed.ts";
import { plainJson } from "../../format/export.ts";
import { byteCount, shortened } from "../../format/index.ts";
import { Ciphertext } from "../../lens/protected.tsx";
import { useText } from "../../text/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { Raw } from "../../ui/raw.tsx";
import { Empty } from "../../ui/states.tsx";
import { contractOf, isSealedCall } from "./model.ts";

export interface ExtrinsicParts {
  readonly sealedFacts: (sealed: Uint8Array) => SealedFacts;
  readonly addressText: (account: Uint8Array) => string;
}

export function ExtrinsicCard({
  block,
  extrinsic,
  index,
  events,
  sealedFacts,
  addressText,
}: ExtrinsicParts & {
  readonly block: number;
  readonly extrinsic: BlockExtrinsic;
  readonly index: number;
  readonly events: readonly BlockEvent[];
}): ReactNode {
  const t = useText();
  const { decoded, bytes, hash } = extrinsic;
  const isSealed = decoded !== undefined && isSealedCall(decoded.pallet, decoded.call);
  const sealed = isSealed ? sealedOf(decoded.args) : undefined;
  const contract = decoded && contractOf(decoded.args);
  const failed = events.some(
    ({ pallet, name }) => pallet === "System" && name === "ExtrinsicFailed",
  );
  return (
    <article className="card">
      <header className="row-between">
        <h3 className="activity-title">
          <Link
            to="/explorer/extrinsics/$place"
            params={{ place: `${block}-${index}` }}
            className="muted"
            data-value
          >
            {`${block}-${index}`}
          </Link>
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
          <Tabs.Trigger value="network">{t("lens.network")}</Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="decoded" className="stack-tight">
          <dl className="details">
            <Detail term={t("leak.sender")}>
              {decoded?.signature === undefined ? (
                t("explorer.bare")
              ) : (
                <Link
                  to="/explorer/accounts/$address"
                  params={{ address: addressText(decoded.signature.signer) }}
                >
                  <code className="data">
                    {shortened(addressText(decoded.signature.signer), 8, 6)}
                  </code>
                </Link>
              )}
            </Detail>
            {contract !== undefined && (
              <Detail term={t("leak.contract")}>
                <Link to="/contracts/$address" params={{ address: contract }}>
                  <code className="data">{shortened(contract, 10, 8)}</code>
                </Link>
              </Detail>
            )}
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
        <Tabs.Content value="network" className="stack-tight">
          {sealed === undefined ? (
            <p className="muted">{t("explorer.networkPlain")}</p>
          ) : (
            <>
              <p className="muted">{t("explorer.networkWhy")}</p>
              <Ciphertext sealed={sealedFacts(sealed)} />
            </>
          )}
        </Tabs.Content>
      </Tabs.Root>
    </article>
  );
}

function sealedOf(args: unknown): Uint8Array | undefined {
  if (typeof args !== "object" || args === null || !("sealed" in args)) return undefined;
  return args.sealed instanceof Uint8Array ? args.sealed : undefined;
}

export function Events({ events }: { readonly events: readonly BlockEvent[] }): ReactNode {
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
