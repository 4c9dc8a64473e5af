/** One contract: what it is, its entries to call, what was done here, and what it keeps. */
import { toHex } from "@pha/scale";
import { Tabs } from "radix-ui";
import { type ReactNode, useState } from "react";
import { activity } from "../../chain/activity.ts";
import type { ReadContract } from "../../chain/core/contracts.ts";
import { useConnected } from "../../chain/network-context.tsx";
import { useStore } from "../../chain/store.ts";
import { grouped } from "../../format/index.ts";
import { ActivityCard } from "../../lens/activity-card.tsx";
import { useText } from "../../text/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { Empty } from "../../ui/states.tsx";
import { CallPanel } from "./call-panel.tsx";
import { EntryList } from "./entry-list.tsx";
import { LogCard } from "./log-card.tsx";

export function ContractView({
  contract,
  onWhy,
}: {
  readonly contract: ReadContract;
  /** Opens the evidence. */
  readonly onWhy: () => void;
}): ReactNode {
  const t = useText();
  const { artefact, address } = contract;
  const id = toHex(address);
  return (
    <div className="stack">
      <header className="page-header">
        <div className="row-tight">
          <h1 data-value>{artefact.name}</h1>
          <Badge tone="sealed">{t("contract.encrypted")}</Badge>
        </div>
        <p className="muted" data-value>
          {artefact.docs}
        </p>
        <Copyable value={id} label={t("contract.address")} head={14} tail={10} />
      </header>
      <Tabs.Root defaultValue="interact" className="stack">
        <Tabs.List className="tabs" aria-label={t("contract.tabs")}>
          <Tabs.Trigger value="interact">{t("contract.interact")}</Tabs.Trigger>
          <Tabs.Trigger value="state">{t("contract.state")}</Tabs.Trigger>
          <Tabs.Trigger value="about">{t("contract.about")}</Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="interact">
          <Interact contract={contract} onWhy={onWhy} />
        </Tabs.Content>
        <Tabs.Content value="state">
          <StateCells contract={contract} />
        </Tabs.Content>
        <Tabs.Content value="about">
          <About contract={contract} />
        </Tabs.Content>
      </Tabs.Root>
    </div>
  );
}

/** Entries to call, and what was done with them here. */
export function Interact({
  contract,
  onWhy,
}: {
  readonly contract: ReadContract;
  readonly onWhy: () => void;
}): ReactNode {
  const t = useText();
  const { genesis } = useConnected();
  const { artefact } = contract;
  const id = toHex(contract.address);
  const first = Object.keys(artefact.commands)[0] ?? Object.keys(artefact.queries)[0] ?? "";
  const [chosen, setChosen] = useState(first);
  const entry = artefact.commands[chosen] ?? artefact.queries[chosen];
  const done = useStore(activity).filter((one) => one.contract === id && one.genesis === genesis);
  return (
    <div className="contract-grid">
      <EntryList artefact={artefact} chosen={chosen} onChoose={setChosen} />
      <div className="stack">
        {entry !== undefined && (
          <CallPanel
            key={chosen}
            contract={contract}
            kind={Object.hasOwn(artefact.commands, chosen) ? "command" : "query"}
            method={chosen}
            entry={entry}
          />
        )}
        <section className="stack" aria-label={t("activity.title")}>
          <h2 className="section-title">{t("activity.title")}</h2>
          {done.length === 0 ? (
            <Empty title={t("activity.emptyTitle")}>{t("activity.empty")}</Empty>
          ) : (
            done.map((one) => <ActivityCard key={one.id} activity={one} onWhy={onWhy} />)
          )}
        </section>
        <LogCard contract={contract} />
      </div>
    </div>
  );
}

function StateCells({ contract }: { readonly contract: ReadContract }): ReactNode {
  const t = useText();
  const { state } = contract.artefact;
  return (
    <Card title={t("contract.stateTitle")}>
      <p className="muted">{t("contract.stateWhy")}</p>
      {state.length === 0 ? (
        <Empty title={t("contract.stateEmptyTitle")}>{t("contract.stateEmpty")}</Empty>
      ) : (
        <div className="table-scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t("contract.cell")}</th>
                <th scope="col">{t("contract.kind")}</th>
                <th scope="col">{t("contract.keeps")}</th>
              </tr>
            </thead>
            <tbody>
              {state.map(({ name, kind, docs }) => (
                <tr key={name}>
                  <th scope="row">
                    <code className="data">{name}</code>
                  </th>
                  <td>
                    <Badge tone={kind.startsWith("secret") ? "sealed" : "neutral"}>
                      <span data-value>{kind}</span>
                    </Badge>
                  </td>
                  <td data-value>{docs}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function About({ contract }: { readonly contract: ReadContract }): ReactNode {
  const t = useText();
  const { artefact, record, log } = contract;
  return (
    <Card title={t("contract.aboutTitle")}>
      <dl className="details">
        <Detail term={t("contract.version")}>
          <code className="data">{artefact.version}</code>
        </Detail>
        <Detail term={t("contract.engine")}>
          <code className="data">{artefact.engine}</code>
        </Detail>
        <Detail term={t("contract.codeHash")}>
          <Copyable value={toHex(record.codeHash)} label={t("contract.codeHash")} />
        </Detail>
        <Detail term={t("contract.cluster")}>
          <Copyable value={toHex(record.cluster)} label={t("contract.cluster")} />
        </Detail>
        <Detail term={t("contract.owner")}>
          <Copyable value={toHex(record.owner)} label={t("contract.owner")} />
        </Detail>
        <Detail term={t("contract.created")}>
          <code className="data">{grouped(record.createdAt)}</code>
        </Detail>
        {log !== undefined && (
          <Detail term={t("contract.log")}>
            <span data-value>{log}</span>
          </Detail>
        )}
        <Detail term={t("contract.errors")}>
          <code className="data">{artefact.errors.join(", ") || "–"}</code>
        </Detail>
      </dl>
      <p className="muted small">{t("contract.proven")}</p>
    </Card>
  );
}
