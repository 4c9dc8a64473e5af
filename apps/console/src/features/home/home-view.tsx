/** First sight: what this is, what to do first, that it lives, what was done. */
import { toHex } from "@pha/scale";
import { Link } from "@tanstack/react-router";
import { ArrowRight, Check } from "lucide-react";
import type { ReactNode } from "react";
import { activity } from "../../chain/activity.ts";
import { type FirstStep, firstSteps, STEPS } from "../../chain/first-steps.ts";
import { useBlocksSource, useMaybeConnected, useNetwork } from "../../chain/network-context.tsx";
import { useContracts } from "../../chain/queries.ts";
import { useRecentBlocks } from "../../chain/recent-blocks.ts";
import { useStore } from "../../chain/store.ts";
import { ActivityCard } from "../../lens/activity-card.tsx";
import { useLens } from "../../lens/lens-context.tsx";
import { useText } from "../../text/index.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import { BlockTicker } from "./block-ticker.tsx";
import { Figures } from "./figures.tsx";

const SHOWN_ACTIVITIES = 4;

export function HomeView({ onWhy }: { readonly onWhy: () => void }): ReactNode {
  const t = useText();
  const network = useNetwork();
  const genesis = useMaybeConnected()?.genesis;
  const blocks = useRecentBlocks(useBlocksSource());
  const first = useContracts().data?.[0];
  const address = first && toHex(first.address);
  const done = useStore(activity)
    .filter((one) => one.genesis === genesis)
    .slice(0, SHOWN_ACTIVITIES);
  return (
    <div className="stack">
      <header className="page-header">
        <h1>{network.development ? t("home.title") : t("home.titleOther")}</h1>
        <p className="muted lead">{t("home.lead")}</p>
      </header>
      <div className="home-grid">
        <FirstSteps contract={address} onWhy={onWhy} />
        <Card title={t("home.alive")}>
          <BlockTicker blocks={blocks} />
          <Figures blocks={blocks} />
        </Card>
      </div>
      <section className="stack" aria-label={t("home.activity")}>
        <h2 className="section-title">{t("home.activity")}</h2>
        {done.length === 0 ? (
          <Empty
            title={t("activity.emptyTitle")}
            action={
              address !== undefined && (
                <Link to="/contracts/$address" params={{ address }} className="button button-plain">
                  {t("steps.call.action")}
                </Link>
              )
            }
          >
            {t("home.activityEmpty")}
          </Empty>
        ) : (
          done.map((one) => <ActivityCard key={one.id} activity={one} onWhy={onWhy} />)
        )}
      </section>
    </div>
  );
}

function FirstSteps({
  contract,
  onWhy,
}: {
  readonly contract: string | undefined;
  readonly onWhy: () => void;
}): ReactNode {
  const t = useText();
  const taken = useStore(firstSteps);
  const next = STEPS.find((step) => !taken.has(step));
  return (
    <Card
      title={t("steps.title")}
      actions={
        <span className="muted small">
          {t("steps.progress", { taken: taken.size, all: STEPS.length })}
        </span>
      }
      className="first-steps"
    >
      <progress
        className="progress"
        value={taken.size}
        max={STEPS.length}
        aria-label={t("steps.title")}
      />
      <ol className="checklist">
        {STEPS.map((step) => (
          <li key={step} className={taken.has(step) ? "is-taken" : step === next ? "is-next" : ""}>
            <span className="check" aria-hidden>
              {taken.has(step) && <Check size={14} />}
            </span>
            <div className="check-text">
              <p className="check-title">
                {t(`steps.${step}`)}
                {taken.has(step) && <span className="visually-hidden"> {t("steps.taken")}</span>}
              </p>
              {step === next && (
                <>
                  <p className="muted">{t(`steps.${step}.why`)}</p>
                  <StepAction step={step} contract={contract} onWhy={onWhy} />
                </>
              )}
            </div>
          </li>
        ))}
      </ol>
      {next === undefined && <p className="muted">{t("steps.allTaken")}</p>}
    </Card>
  );
}

function StepAction({
  step,
  contract,
  onWhy,
}: {
  readonly step: FirstStep;
  readonly contract: string | undefined;
  readonly onWhy: () => void;
}): ReactNode {
  const t = useText();
  const { lens } = useLens();
  const label = (
    <>
      {t(`steps.${step}.action`)} <ArrowRight size={16} aria-hidden />
    </>
  );
  if (step === "trust")
    return (
      <Button tone="primary" onClick={onWhy}>
        {label}
      </Button>
    );
  if (step === "verify")
    return (
      <Link
        to="/verify"
        search={contract === undefined ? {} : { subject: contract }}
        className="button button-primary"
      >
        {label}
      </Link>
    );
  if (contract === undefined) return <p className="muted">{t("steps.waiting")}</p>;
  const other = step === "lens" ? "network" : step === "other" ? "other" : lens;
  return (
    <Link
      to="/contracts/$address"
      params={{ address: contract }}
      search={(former: object) => ({ ...former, lens: other === "mine" ? undefined : other })}
      className="button button-primary"
    >
      {label}
    </Link>
  );
}
