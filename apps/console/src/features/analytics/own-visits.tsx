/** A visitor's own visits: to see, and to delete. */
import type { OwnVisit } from "@pha/contract-analytics/client";
import { Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import type { Problem } from "../../chain/problem.ts";
import { grouped } from "../../format/index.ts";
import { useVisitsText } from "../../text/analytics.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ErrorCard } from "../../ui/states.tsx";
import { whenOf } from "./model.ts";

export function OwnVisits({
  visits,
  act,
  onDelete,
}: {
  readonly visits: readonly OwnVisit[];
  readonly act: {
    readonly isBusy: boolean;
    readonly said: string | undefined;
    readonly problem: Problem | undefined;
  };
  /** From this number on, so many. */
  readonly onDelete: (from: number, most: number) => void;
}): ReactNode {
  const t = useVisitsText();
  const first = visits[0];
  return (
    <Card
      title={t("visits.mine")}
      actions={
        first !== undefined && (
          <Button
            tone="danger"
            isBusy={act.isBusy}
            icon={<Trash2 size={16} aria-hidden />}
            onClick={() => onDelete(first.id, visits.length)}
          >
            {t("visits.deleteAll")}
          </Button>
        )
      }
    >
      <p className="small" aria-live="polite" data-testid="own-said">
        {act.isBusy ? t("visits.deleting") : act.said}
      </p>
      {act.problem !== undefined && <ErrorCard problem={act.problem} />}
      {visits.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached without a pointer
        <div className="table-scroll" tabIndex={0}>
          <table className="table" data-testid="own-visits">
            <caption className="visually-hidden">
              {t("visits.mine")} {grouped(visits.length)}
            </caption>
            <thead>
              <tr>
                <th scope="col">{t("visits.when")}</th>
                <th scope="col">{t("visits.what")}</th>
                <th scope="col">{t("visits.from")}</th>
                <th scope="col">{t("visits.with")}</th>
                <th scope="col">
                  <span className="visually-hidden">{t("visits.delete")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {visits.map((visit) => (
                <tr key={visit.id}>
                  <td data-value>{whenOf(visit)}</td>
                  <th scope="row">
                    <span className="row-name" data-value>
                      {visit.path}
                    </span>
                    {visit.event !== "" && (
                      <span className="muted small">
                        {t("visits.eventOf", { name: visit.event })}
                      </span>
                    )}
                  </th>
                  <td data-value>{visit.referrerHost === "" ? "–" : visit.referrerHost}</td>
                  <td data-value>{visit.agent}</td>
                  <td>
                    <button
                      type="button"
                      className="icon-button"
                      aria-label={t("visits.deleteOne", { path: visit.path })}
                      aria-disabled={act.isBusy}
                      onClick={() => !act.isBusy && onDelete(visit.id, 1)}
                    >
                      <Trash2 size={16} aria-hidden />
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
