/** A log of a web server, read in this page and counted like visits. */
import { type ReactNode, useState } from "react";
import type { Account } from "../../chain/accounts.ts";
import type { Connected } from "../../chain/connection.ts";
import { loadSiteCore } from "../../chain/site-queries.ts";
import { grouped } from "../../format/index.ts";
import { useVisitsText } from "../../text/analytics.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty, ErrorCard } from "../../ui/states.tsx";
import { sampleLog } from "./model.ts";
import { useAct } from "./use-act.ts";

/** Longer files are not read. */
const MOST_BYTES = 32 << 20;

export function LogUpload({
  connected,
  site,
  account,
}: {
  readonly connected: Connected;
  /** Contract id. */
  readonly site: Uint8Array;
  readonly account: Account;
}): ReactNode {
  const t = useVisitsText();
  const act = useAct();
  const [progress, setProgress] = useState<{ readonly done: number; readonly all: number }>();
  const [isNone, setNone] = useState(false);

  const upload = (read: () => Promise<string>): void => {
    setNone(false);
    setProgress(undefined);
    act.run(async () => {
      const core = await loadSiteCore();
      const { visits, left, isCut } = core.readLog(await read());
      const all = visits.length;
      if (all === 0) {
        setNone(true);
        return undefined;
      }
      setProgress({ done: 0, all });
      await core.countLog(connected.client, site, account, visits, (done) =>
        setProgress({ done, all }),
      );
      setProgress(undefined);
      const done = t("visits.logDone", { all: grouped(all), left: grouped(left) });
      return isCut ? `${done} ${t("visits.logCut")}` : done;
    });
  };

  return (
    <Card title={t("visits.log")}>
      <p className="muted">{t("visits.logWhy")}</p>
      <div className="row-wrap">
        <label className="button button-plain file-button">
          <input
            type="file"
            className="visually-hidden"
            accept=".log,.txt,text/plain"
            disabled={act.isBusy}
            onChange={({ target }) => {
              const file = target.files?.[0];
              target.value = "";
              if (file) upload(() => file.slice(0, MOST_BYTES).text());
            }}
          />
          <span>{t("visits.logChoose")}</span>
        </label>
        <Button isBusy={act.isBusy} onClick={() => upload(() => Promise.resolve(sampleLog()))}>
          {t("visits.logSample")}
        </Button>
      </div>
      <p className="small" aria-live="polite" data-testid="log-said">
        {progress === undefined
          ? act.said
          : t("visits.logProgress", { done: grouped(progress.done), all: grouped(progress.all) })}
      </p>
      {progress !== undefined && (
        <progress max={progress.all} value={progress.done} aria-label={t("visits.log")} />
      )}
      {isNone && <Empty title={t("visits.logNoneTitle")}>{t("visits.logNone")}</Empty>}
      {act.problem !== undefined && <ErrorCard problem={act.problem} />}
    </Card>
  );
}
