/** From nothing to the first visit: the line for pages, the collector, the check. */
import { ExternalLink } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import type { CollectorReading } from "../../chain/collector.ts";
import type { Problem } from "../../chain/problem.ts";
import { grouped } from "../../format/index.ts";
import { useVisitsText } from "../../text/analytics.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { ErrorCard } from "../../ui/states.tsx";

export function SnippetCard({ snippet }: { readonly snippet: string }): ReactNode {
  const t = useVisitsText();
  return (
    <Card title={t("visits.snippet")}>
      <p className="muted">{t("visits.snippetWhy")}</p>
      <div className="snippet" data-testid="snippet">
        <Copyable value={snippet} label={t("visits.snippetLabel")} isWhole />
      </div>
    </Card>
  );
}

export function CollectorForm({
  url,
  onUrl,
}: {
  readonly url: string;
  readonly onUrl: (url: string) => void;
}): ReactNode {
  const t = useVisitsText();
  const id = useId();
  const [text, setText] = useState(url);
  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault();
        onUrl(text.trim());
      }}
    >
      <label htmlFor={id}>{t("visits.collectorAddress")}</label>
      <input
        id={id}
        type="url"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => onUrl(text.trim())}
      />
      <p className="muted small">{t("visits.collectorHint")}</p>
    </form>
  );
}

export function CollectorFacts({
  collector,
  site,
}: {
  readonly collector: CollectorReading;
  readonly site: string;
}): ReactNode {
  const t = useVisitsText();
  const { standing, account, waiting, brought, refused, dropped } = collector;
  const isWell = standing === "idle" || standing === "bringing";
  return (
    <>
      {collector.site !== site && <p className="field-problem">{t("visits.otherSite")}</p>}
      <dl className="details">
        <Detail term={t("visits.standing")}>
          <Badge tone={isWell ? "neutral" : "broken"}>{t(`standing.${standing}`)}</Badge>
        </Detail>
        <Detail term={t("visits.account")}>
          <Copyable value={account} label={t("visits.account")} head={10} tail={6} />
        </Detail>
        {(
          [
            ["visits.waiting", waiting],
            ["visits.brought", brought],
            ["visits.refused", refused],
            ["visits.dropped", dropped],
          ] as const
        ).map(([term, count]) => (
          <Detail key={term} term={t(term)}>
            <span data-value>{grouped(count)}</span>
          </Detail>
        ))}
      </dl>
    </>
  );
}

export function AppointButton({
  owner,
  act,
  onAppoint,
}: {
  readonly owner: string;
  readonly act: {
    readonly isBusy: boolean;
    readonly said: string | undefined;
    readonly problem: Problem | undefined;
  };
  readonly onAppoint: () => void;
}): ReactNode {
  const t = useVisitsText();
  return (
    <div className="stack-tight">
      <div>
        <Button tone="primary" isBusy={act.isBusy} onClick={onAppoint}>
          {t("visits.appoint", { owner })}
        </Button>
      </div>
      <p className="muted small">{t("visits.appointWhy")}</p>
      <p className="small" aria-live="polite">
        {act.said}
      </p>
      {act.problem !== undefined && <ErrorCard problem={act.problem} />}
    </div>
  );
}

export function CheckCard({
  isThere,
  live,
  samplePage,
}: {
  readonly isThere: boolean;
  readonly live: number | undefined;
  readonly samplePage: string | undefined;
}): ReactNode {
  const t = useVisitsText();
  return (
    <Card title={t("visits.check")} className={isThere ? "check-there" : ""}>
      <p className="muted">{t("visits.checkWhy")}</p>
      <p
        role="status"
        className="check-state"
        data-testid="install-check"
        data-ready={live !== undefined}
        data-there={isThere}
      >
        {isThere ? t("visits.checkThere") : t("visits.checkWaits")}
        {live !== undefined && live > 0 && (
          <span className="muted">{` ${t("visits.checkNow", { count: grouped(live) })}`}</span>
        )}
      </p>
      {samplePage !== undefined && (
        <a className="button button-plain" href={samplePage} target="_blank" rel="noreferrer">
          <ExternalLink size={16} aria-hidden />
          <span>{t("visits.openSample")}</span>
        </a>
      )}
    </Card>
  );
}
