/** One cluster: who holds its keys, which roots they voted, and what everybody has of its state. */
import { Link } from "@tanstack/react-router";
import { Check, CircleDot, Minus, X } from "lucide-react";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import type { ClusterDetail } from "../../chain/core/clusters.ts";
import { plainJson } from "../../format/export.ts";
import { grouped, shortened } from "../../format/index.ts";
import { Ciphertext } from "../../lens/protected.tsx";
import { useMachineText } from "../../text/machines.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { Raw } from "../../ui/raw.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Ballot, ballotsOf } from "./model.ts";

const MARKS = { agrees: Check, differs: X, voted: CircleDot, missing: Minus } as const;

export function ClusterView({
  cluster,
  names,
}: {
  readonly cluster: ClusterDetail;
  /** Identity → name by its host. */
  readonly names: ReadonlyMap<string, string>;
}): ReactNode {
  const t = useMachineText();
  return (
    <div className="stack">
      <header className="page-header">
        <div className="row-tight">
          <h1>{t("clusters.title")}</h1>
          <Badge tone={cluster.status === "Live" ? "neutral" : "broken"}>
            <span data-value>{cluster.status}</span>
          </Badge>
        </div>
        <Copyable value={cluster.id} label={t("clusters.cluster")} head={14} tail={10} />
      </header>
      <Tabs.Root defaultValue="decoded" className="stack">
        <Tabs.List className="tabs" aria-label={t("explorer.recordViews")}>
          <Tabs.Trigger value="decoded">{t("explorer.decoded")}</Tabs.Trigger>
          <Tabs.Trigger value="votes">{t("clusters.votes")}</Tabs.Trigger>
          <Tabs.Trigger value="raw">{t("explorer.raw")}</Tabs.Trigger>
          <Tabs.Trigger value="network">{t("lens.network")}</Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="decoded" className="stack">
          <Record cluster={cluster} names={names} />
        </Tabs.Content>
        <Tabs.Content value="votes">
          <Votes cluster={cluster} names={names} />
        </Tabs.Content>
        <Tabs.Content value="raw">
          <Raw>{plainJson(cluster)}</Raw>
        </Tabs.Content>
        <Tabs.Content value="network">
          <Card title={t("clusters.delta")}>
            <p className="muted">{t("clusters.deltaWhy")}</p>
            {cluster.delta === undefined ? (
              <Empty title={t("clusters.noDeltaTitle")}>{t("clusters.noDelta")}</Empty>
            ) : (
              <Ciphertext sealed={cluster.delta} />
            )}
          </Card>
        </Tabs.Content>
      </Tabs.Root>
    </div>
  );
}

interface Parts {
  readonly cluster: ClusterDetail;
  readonly names: ReadonlyMap<string, string>;
}

function Record({ cluster, names }: Parts): ReactNode {
  const t = useMachineText();
  const { root, snapshot, commands } = cluster;
  return (
    <Card title={t("clusters.record")}>
      <dl className="details">
        <Detail term={t("clusters.class")}>
          <code className="data">{cluster.class}</code>
        </Detail>
        <Detail term={t("clusters.replicas")}>
          <span className="row-wrap">
            {cluster.replicas.map(({ identity }) => (
              <Link
                key={identity}
                to="/explorer/workers/$identity"
                params={{ identity }}
                data-value
              >
                {names.get(identity) ?? shortened(identity, 8, 4)}
              </Link>
            ))}
          </span>
        </Detail>
        <Detail term={t("clusters.quorum")}>
          <code className="data">{`${cluster.quorum} / ${cluster.replicas.length}`}</code>
        </Detail>
        <Detail term={t("clusters.keys")}>
          <code className="data">{`${cluster.generation} / ${cluster.epoch}`}</code>
        </Detail>
        <Detail term={t("clusters.root")}>
          {root === undefined ? "–" : <Copyable value={root.root} label={t("clusters.root")} />}
        </Detail>
        <Detail term={t("clusters.rootAt")}>
          {root === undefined ? (
            "–"
          ) : (
            <Link to="/explorer/blocks/$number" params={{ number: `${root.block}` }} data-value>
              {`${grouped(root.block)} #${grouped(root.index)}`}
            </Link>
          )}
        </Detail>
        <Detail term={t("clusters.waiting")}>
          <code className="data">{cluster.waiting.join(", ") || "–"}</code>
        </Detail>
        <Detail term={t("clusters.commands")}>
          <code className="data">{`${commands.final} / ${commands.queued}`}</code>
        </Detail>
        <Detail term={t("clusters.snapshot")}>
          <code className="data">
            {snapshot === undefined
              ? "–"
              : `${grouped(snapshot.block)} #${grouped(snapshot.index)}`}
          </code>
        </Detail>
        <Detail term={t("clusters.panel")}>
          <code className="data">{cluster.panel === 0 ? "–" : cluster.panel}</code>
        </Detail>
        <Detail term={t("nav.contracts")}>
          <span className="row-wrap">
            {cluster.contracts.slice(0, 20).map((address) => (
              <Link key={address} to="/contracts/$address" params={{ address }}>
                <code className="data">{shortened(address, 8, 4)}</code>
              </Link>
            ))}
          </span>
        </Detail>
      </dl>
      <p className="muted small">{t("explorer.proven", { block: grouped(cluster.at) })}</p>
    </Card>
  );
}

function Votes({ cluster, names }: Parts): ReactNode {
  const t = useMachineText();
  const identities = cluster.replicas.map(({ identity }) => identity);
  const rows = ballotsOf(cluster.rounds, identities);
  return (
    <Card title={t("clusters.votesTitle")}>
      <p className="muted">{t("clusters.votesWhy", { quorum: cluster.quorum })}</p>
      {rows.length === 0 ? (
        <Empty title={t("clusters.noVotesTitle")}>{t("clusters.noVotes")}</Empty>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached without a pointer
        <div className="table-scroll" tabIndex={0}>
          <table className="table" data-testid="votes">
            <thead>
              <tr>
                <th scope="col">{t("explorer.block")}</th>
                <th scope="col">{t("clusters.root")}</th>
                {identities.map((identity) => (
                  <th key={identity} scope="col" data-value>
                    {names.get(identity) ?? shortened(identity, 6, 4)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ block, root, ballots }) => (
                <tr key={block}>
                  <th scope="row">
                    <Link to="/explorer/blocks/$number" params={{ number: `${block}` }} data-value>
                      {grouped(block)}
                    </Link>
                  </th>
                  <td>
                    {root === undefined ? (
                      t("clusters.open")
                    ) : (
                      <code className="data">{shortened(root, 8, 4)}</code>
                    )}
                  </td>
                  {ballots.map((ballot, i) => (
                    <td key={identities[i]}>
                      <BallotMark ballot={ballot} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function BallotMark({ ballot }: { readonly ballot: Ballot }): ReactNode {
  const t = useMachineText();
  const Mark = MARKS[ballot];
  return (
    <span className={`ballot ballot-${ballot}`}>
      <Mark size={15} aria-hidden />
      <span className="small">{t(`ballot.${ballot}`)}</span>
    </span>
  );
}
