/** Every state of every view, with sample data: for tests, and for whoever designs. */
import { type ReactNode, useMemo } from "react";
import { useAccounts } from "../chain/network-context.tsx";
import { ClockNotice } from "../evidence/clock-notice.tsx";
import { VerdictTree } from "../evidence/verdict-tree.tsx";
import { ClusterView } from "../features/clusters/cluster-view.tsx";
import { ClustersTable } from "../features/clusters/clusters-table.tsx";
import { ContractList } from "../features/contracts/contract-list.tsx";
import { LogLines } from "../features/contracts/log-card.tsx";
import { AccountView } from "../features/explorer/account-view.tsx";
import { BlockView } from "../features/explorer/block-view.tsx";
import { BlocksTable } from "../features/explorer/blocks-table.tsx";
import { BlockTicker } from "../features/home/block-ticker.tsx";
import { Figures } from "../features/home/figures.tsx";
import { KeysView } from "../features/keys/keys-view.tsx";
import { FaultsView } from "../features/operate/faults-view.tsx";
import { FleetFiguresView, FleetPlots } from "../features/operate/fleet-view.tsx";
import { VerdictLines } from "../features/verify/verdict-lines.tsx";
import { figuresOf } from "../features/workers/model.ts";
import { Stepper } from "../features/workers/stepper.tsx";
import { WorkerView } from "../features/workers/worker-view.tsx";
import { WorkersTable } from "../features/workers/workers-table.tsx";
import { ActivityCard } from "../lens/activity-card.tsx";
import { LENSES, LensContext } from "../lens/lens-context.tsx";
import { type EveryKey, useEveryText } from "../text/every.ts";
import { useMachineText } from "../text/machines.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Facts } from "../ui/facts.tsx";
import { QueryView } from "../ui/query-view.tsx";
import { Empty, ErrorCard, Notice, Skeleton } from "../ui/states.tsx";
import { BuildStates } from "./build-states.tsx";
import {
  SAMPLE_ACCOUNT,
  SAMPLE_ACTIVITIES,
  SAMPLE_BLOCK,
  SAMPLE_BLOCKS,
  SAMPLE_CONTRACTS,
  SAMPLE_LOG,
  SAMPLE_PROBLEM,
  SAMPLE_READINGS,
  SAMPLE_SEALED,
  SAMPLE_VERDICTS,
} from "./sample-data.ts";
import {
  SAMPLE_CLUSTER,
  SAMPLE_FAILED_WORKER,
  SAMPLE_FAULTS,
  SAMPLE_FLEET,
  SAMPLE_KEYS,
  SAMPLE_LONG,
  SAMPLE_NOW,
  SAMPLE_SAMPLES,
} from "./sample-fleet.ts";
import { VISITS_GALLERY } from "./states-visits.tsx";
import { WalletStates } from "./wallet-states.tsx";

const NO_NAMES: ReadonlyMap<string, string> = new Map();

export interface GalleryView {
  /** First word of the query's key. */
  readonly id: string;
  readonly skeleton: ReactNode;
  readonly empty: readonly [title: EveryKey, text: EveryKey];
  readonly content: ReactNode;
}

/** One for each query that pages show; a test compares the list with the queries there are. */
export const GALLERY: readonly GalleryView[] = [
  {
    id: "contracts",
    skeleton: <Skeleton rows={2} height="block" />,
    empty: ["contracts.emptyTitle", "contracts.empty"],
    content: <ContractList contracts={SAMPLE_CONTRACTS} />,
  },
  {
    id: "contract",
    skeleton: <Skeleton rows={3} height="block" />,
    empty: ["contract.unknownTitle", "contract.unknown"],
    content: <ContractList contracts={SAMPLE_CONTRACTS.slice(0, 1)} />,
  },
  {
    id: "log",
    skeleton: <Skeleton rows={3} height="row" />,
    empty: ["logs.emptyTitle", "logs.empty"],
    content: (
      <LogLines reading={SAMPLE_LOG} name="log" isFollowed={true} onFollow={() => undefined} />
    ),
  },
  {
    id: "block",
    skeleton: <Skeleton rows={3} height="block" />,
    empty: ["explorer.noEventsTitle", "explorer.noEvents"],
    content: (
      <BlockView
        reading={SAMPLE_BLOCK}
        sealedFacts={() => SAMPLE_SEALED}
        addressText={() => SAMPLE_ACCOUNT.address}
      />
    ),
  },
  {
    id: "workers",
    skeleton: <Skeleton rows={5} height="row" />,
    empty: ["workers.emptyTitle", "workers.empty"],
    content: <WorkersTable rows={SAMPLE_FLEET} />,
  },
  {
    id: "worker",
    skeleton: <Skeleton rows={3} height="block" />,
    empty: ["workers.unknownTitle", "workers.unknown"],
    content: <WorkerView row={SAMPLE_FAILED_WORKER} now={SAMPLE_NOW} block={1234} />,
  },
  {
    id: "hosts",
    skeleton: <Skeleton rows={1} height="line" />,
    empty: ["workers.noHostTitle", "workers.noHost"],
    content: <FleetFiguresView figures={figuresOf(SAMPLE_FLEET, 1234)} />,
  },
  {
    id: "clusters",
    skeleton: <Skeleton rows={3} height="row" />,
    empty: ["clusters.emptyTitle", "clusters.empty"],
    content: <ClustersTable clusters={[SAMPLE_CLUSTER]} />,
  },
  {
    id: "cluster",
    skeleton: <Skeleton rows={3} height="block" />,
    empty: ["clusters.unknownTitle", "clusters.unknown"],
    content: <ClusterView cluster={SAMPLE_CLUSTER} names={NO_NAMES} />,
  },
  {
    id: "keys",
    skeleton: <Skeleton rows={3} height="block" />,
    empty: ["keys.noEpochsTitle", "keys.noEpochs"],
    content: <KeysView keys={SAMPLE_KEYS} names={NO_NAMES} />,
  },
  {
    id: "faults",
    skeleton: <Skeleton rows={2} height="block" />,
    empty: ["faults.noneTitle", "faults.none"],
    content: <FaultsView state={SAMPLE_FAULTS} onAct={() => Promise.resolve()} />,
  },
  {
    id: "account",
    skeleton: <Skeleton rows={1} height="block" />,
    empty: ["notFound.title", "notFound.text"],
    content: <AccountView account={SAMPLE_ACCOUNT} />,
  },
  {
    id: "trust",
    skeleton: <Skeleton rows={6} height="row" />,
    empty: ["evidence.noneTitle", "evidence.none"],
    content: <VerdictTree verdicts={SAMPLE_VERDICTS} />,
  },
  {
    id: "replicas",
    skeleton: <Skeleton rows={1} height="line" />,
    empty: ["evidence.noReplicasTitle", "evidence.noReplicas"],
    content: <Facts facts={{ worker: "worker-1", url: "http://127.0.0.1:8000" }} />,
  },
  {
    id: "verify",
    skeleton: <Skeleton rows={6} height="row" />,
    empty: ["verify.emptyTitle", "verify.empty"],
    content: (
      <div className="stack">
        {SAMPLE_READINGS.map((reading) => (
          <VerdictLines key={reading.id} reading={reading} />
        ))}
      </div>
    ),
  },
];

const nothing = (): void => undefined;

export function StatesPage(): ReactNode {
  const t = useMachineText();
  return (
    <div className="stack">
      <header className="page-header">
        <h1>{t("states.title")}</h1>
        <p className="muted lead">{t("states.lead")}</p>
      </header>
      {[...GALLERY, ...VISITS_GALLERY].map((view) => (
        <GalleryCard key={view.id} view={view} />
      ))}
      <Card title={t("states.activity")}>
        <ActivityStates />
      </Card>
      <BuildStates />
      <Card title={t("states.notices")}>
        <div className="stack">
          <Notice kind="offline" title={t("connection.stalledTitle", { age: "14 s" })}>
            {t("connection.stalled")}
          </Notice>
          <Notice kind="partial" title={t("states.partialTitle")}>
            {t("states.partial")}
          </Notice>
          <Notice kind="permission" title={t("call.noAccountTitle")}>
            {t("call.noAccount")}
          </Notice>
          <Notice kind="simulated" title={t("evidence.simulatedTitle")}>
            {t("evidence.simulated")}
          </Notice>
          <ClockNotice difference={300_000} />
          <ClockNotice difference={-42_000} />
          <Notice kind="partial" title={t("light.title")}>
            {t("light.syncing", { peers: 3 })}
          </Notice>
          <Empty title={t("notFound.title")}>{t("notFound.text")}</Empty>
        </div>
      </Card>
      <Card title={t("states.blocks")}>
        <div className="stack">
          <BlockTicker blocks={SAMPLE_BLOCKS} />
          <Figures blocks={SAMPLE_BLOCKS} />
          <BlockTicker blocks={[]} />
        </div>
      </Card>
      <Card title={t("states.steps")}>
        <div className="stack">
          {SAMPLE_FLEET.map(({ identity, steps, chain }) => (
            <Stepper key={identity} steps={steps} reason={chain?.suspended?.reason} />
          ))}
        </div>
      </Card>
      <Card title={t("states.plots")}>
        <FleetPlots samples={SAMPLE_SAMPLES} />
        <FleetPlots samples={[]} />
      </Card>
      <Card title={t("states.long")}>
        <BlocksTable blocks={SAMPLE_LONG} />
      </Card>
      <WalletStates />
      <Card title={t("states.parts")}>
        <div className="stack">
          <div className="row-wrap">
            <Button tone="primary">{t("ui.retry")}</Button>
            <Button>{t("ui.retry")}</Button>
            <Button tone="quiet">{t("ui.retry")}</Button>
            <Button tone="danger">{t("ui.retry")}</Button>
            <Button tone="primary" isBusy>
              {t("ui.loading")}
            </Button>
          </div>
          <div className="row-wrap">
            <Badge>{t("account.none")}</Badge>
            <Badge tone="sealed">{t("activity.sealed")}</Badge>
            <Badge tone="simulated">{t("tone.simulated")}</Badge>
            <Badge tone="broken">{t("tone.broken")}</Badge>
          </div>
        </div>
      </Card>
    </div>
  );
}

function GalleryCard({ view }: { readonly view: GalleryView }): ReactNode {
  const t = useEveryText();
  const { id, skeleton, empty, content } = view;
  const at = useMemo(() => Date.now() - 42_000, []);
  const common = { dataAt: at, retry: nothing, problem: undefined };
  const states = [
    [
      "loading",
      <QueryView key="v" viewed={{ ...common, data: undefined }} skeleton={skeleton}>
        {() => null}
      </QueryView>,
    ],
    [
      "error",
      <QueryView key="v" viewed={{ ...common, data: undefined, problem: SAMPLE_PROBLEM }}>
        {() => null}
      </QueryView>,
    ],
    [
      "empty",
      <QueryView
        key="v"
        viewed={{ ...common, data: true }}
        isEmpty={() => true}
        empty={<Empty title={t(empty[0])}>{t(empty[1])}</Empty>}
      >
        {() => null}
      </QueryView>,
    ],
    [
      "stale",
      <QueryView key="v" viewed={{ ...common, data: true, problem: SAMPLE_PROBLEM }}>
        {() => content}
      </QueryView>,
    ],
    [
      "there",
      <QueryView key="v" viewed={{ ...common, data: true }}>
        {() => content}
      </QueryView>,
    ],
  ] as const;
  return (
    <Card title={<span data-value>{id}</span>}>
      <div className="gallery">
        {states.map(([name, shown]) => (
          <section
            key={name}
            className="gallery-state"
            data-view={id}
            data-state={name}
            aria-label={`${id} ${name}`}
          >
            <p className="label" data-value>
              {name}
            </p>
            {shown}
          </section>
        ))}
      </div>
    </Card>
  );
}

/** Each activity through each lens. */
function ActivityStates(): ReactNode {
  const { accounts } = useAccounts();
  const other = accounts[1];
  return (
    <div className="gallery">
      {LENSES.map((lens) => (
        <section
          key={lens}
          className="gallery-state stack"
          data-view="activity"
          data-state={lens}
          aria-label={`activity ${lens}`}
        >
          <p className="label" data-value>
            {lens}
          </p>
          <LensContext value={{ lens, setLens: nothing, other, setOther: nothing }}>
            {SAMPLE_ACTIVITIES.map((one) => (
              <ActivityCard key={one.id} activity={one} onWhy={nothing} />
            ))}
          </LensContext>
        </section>
      ))}
      <ErrorCard problem={SAMPLE_PROBLEM} onRetry={nothing} />
    </div>
  );
}
