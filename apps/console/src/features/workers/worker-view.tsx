/** One worker or gatekeeper: where it stands, what the chain has of it, and what its host says. */
import { Link } from "@tanstack/react-router";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { plainJson } from "../../format/export.ts";
import { grouped, phaText, shortened, span } from "../../format/index.ts";
import { useMachineText } from "../../text/machines.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { Raw } from "../../ui/raw.tsx";
import { Empty } from "../../ui/states.tsx";
import type { FleetRow } from "./model.ts";
import { Stepper } from "./stepper.tsx";

export function WorkerView({
  row,
  now,
  block,
}: {
  readonly row: FleetRow;
  /** Chain time, Unix milliseconds. */
  readonly now: number;
  readonly block: number;
}): ReactNode {
  const t = useMachineText();
  const { chain, host, hostUrl, identity } = row;
  const isSimulated = chain?.evidence?.line.startsWith("simulated") === true;
  return (
    <div className="stack">
      <header className="page-header">
        <div className="row-tight">
          <h1 data-value>{row.name ?? shortened(identity, 10, 8)}</h1>
          <Badge>{t(`role.${row.role}`)}</Badge>
          {isSimulated && <Badge tone="simulated">{t("trust.simulated")}</Badge>}
        </div>
        <Copyable value={identity} label={t("workers.identity")} head={14} tail={10} />
      </header>
      <Card
        title={t("steps.label")}
        actions={
          <Link to="/verify" search={{ subject: identity }} className="button button-plain">
            {t("workers.verify")}
          </Link>
        }
      >
        <Stepper steps={row.steps} reason={chain?.suspended?.reason} />
      </Card>
      <Tabs.Root defaultValue="decoded" className="stack">
        <Tabs.List className="tabs" aria-label={t("explorer.recordViews")}>
          <Tabs.Trigger value="decoded">{t("explorer.decoded")}</Tabs.Trigger>
          <Tabs.Trigger value="host">{t("workers.host")}</Tabs.Trigger>
          <Tabs.Trigger value="raw">{t("explorer.raw")}</Tabs.Trigger>
          <Tabs.Trigger value="network">{t("lens.network")}</Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="decoded">
          <Card title={t("workers.record")}>
            <Record row={row} now={now} />
            <p className="muted small">{t("explorer.proven", { block: grouped(block) })}</p>
          </Card>
        </Tabs.Content>
        <Tabs.Content value="host">
          <Card title={t("workers.hostSays")}>
            {host === undefined ? (
              <Empty title={t("workers.noHostTitle")}>{t("workers.noHost")}</Empty>
            ) : (
              <>
                <p className="muted">{t("workers.hostWhy")}</p>
                <dl className="details">
                  <Detail term={t("workers.hostAddress")}>
                    <code className="data">{hostUrl}</code>
                  </Detail>
                  <Detail term={t("workers.head")}>
                    <code className="data">{grouped(host.head)}</code>
                  </Detail>
                  <Detail term={t("workers.phases")}>
                    <code className="data">{host.phases.join(", ") || "–"}</code>
                  </Detail>
                  <Detail term={t("workers.restarts")}>
                    <code className="data">{host.restarts}</code>
                  </Detail>
                  <Detail term={t("workers.hostBoot")}>
                    <Copyable value={host.boot} label={t("workers.hostBoot")} />
                  </Detail>
                </dl>
              </>
            )}
          </Card>
        </Tabs.Content>
        <Tabs.Content value="raw">
          <Raw>{plainJson({ chain: chain ?? null, host: host ?? null })}</Raw>
        </Tabs.Content>
        <Tabs.Content value="network">
          <Card title={t("lens.leaks")}>
            <p className="muted">{t("workers.networkWhy")}</p>
          </Card>
        </Tabs.Content>
      </Tabs.Root>
    </div>
  );
}

function Record({ row, now }: { readonly row: FleetRow; readonly now: number }): ReactNode {
  const t = useMachineText();
  const { chain } = row;
  if (chain === undefined)
    return <Empty title={t("workers.unregisteredTitle")}>{t("workers.unregistered")}</Empty>;
  const { evidence, bond, votes, leaseUntil } = chain;
  return (
    <dl className="details">
      <Detail term={t("workers.operator")}>
        <Link to="/explorer/accounts/$address" params={{ address: chain.operator }}>
          <code className="data">{shortened(chain.operator, 10, 8)}</code>
        </Link>
      </Detail>
      <Detail term={t("workers.boot")}>
        <Copyable value={chain.boot} label={t("workers.boot")} />
      </Detail>
      <Detail term={t("workers.registered")}>
        <Link to="/explorer/blocks/$number" params={{ number: `${chain.registeredAt}` }} data-value>
          {grouped(chain.registeredAt)}
        </Link>
      </Detail>
      <Detail term={t("workers.version")}>
        <code className="data">{chain.version}</code>
      </Detail>
      <Detail term={t("workers.cluster")}>
        {chain.cluster === undefined ? (
          "–"
        ) : (
          <Link to="/explorer/clusters/$cluster" params={{ cluster: chain.cluster }}>
            <code className="data">{shortened(chain.cluster, 10, 8)}</code>
          </Link>
        )}
      </Detail>
      <Detail term={t("workers.lease")}>
        {leaseUntil === undefined
          ? "–"
          : leaseUntil < now
            ? t("workers.leaseOver", { time: span(now - leaseUntil) })
            : t("workers.leaseLeft", { time: span(leaseUntil - now) })}
      </Detail>
      <Detail term={t("workers.votes")}>
        <code className="data">{votes === undefined ? "–" : `${votes.agreed} / ${votes.of}`}</code>
      </Detail>
      <Detail term={t("workers.bond")}>
        <span data-value>{bond === undefined ? "–" : `${phaText(bond.amount)} PHA`}</span>
      </Detail>
      <Detail term={t("workers.platform")}>
        <code className="data">
          {evidence === undefined ? "–" : `${evidence.line}, ${evidence.confidence}`}
        </code>
      </Detail>
      <Detail term={t("workers.measurement")}>
        {evidence === undefined ? (
          "–"
        ) : (
          <Copyable value={evidence.measurement} label={t("workers.measurement")} />
        )}
      </Detail>
      <Detail term={t("workers.advisories")}>
        <code className="data">{evidence?.advisories.join(", ") || "–"}</code>
      </Detail>
    </dl>
  );
}
