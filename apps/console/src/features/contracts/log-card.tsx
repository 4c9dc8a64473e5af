/** A contract's log: its owner reads it, all others see that there is one, and why it is closed to them. */
import { toHex } from "@pha/scale";
import { Link } from "@tanstack/react-router";
import { Lock, ScrollText } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import type { Account } from "../../chain/accounts.ts";
import type { ReadContract } from "../../chain/core/contracts.ts";
import type { LogReading, LogRow } from "../../chain/core/logs.ts";
import { useLog } from "../../chain/log-queries.ts";
import { useAccounts } from "../../chain/network-context.tsx";
import { viewedOf } from "../../chain/viewed.ts";
import { csvText, plainJson } from "../../format/export.ts";
import { clockTime, grouped, shortened } from "../../format/index.ts";
import { useLens } from "../../lens/lens-context.tsx";
import { useLogText } from "../../text/logs.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ExportButtons } from "../../ui/export-buttons.tsx";
import { QueryView } from "../../ui/query-view.tsx";
import { Empty, Skeleton } from "../../ui/states.tsx";
import { CSV_COLUMNS, csvRows, jsonRows, lostLines, shownRows } from "./log-model.ts";

export function LogCard({ contract }: { readonly contract: ReadContract }): ReactNode {
  const t = useLogText();
  const { account } = useAccounts();
  const { lens, other } = useLens();
  const { log, record } = contract;
  if (log === undefined) return null;
  const viewer = lens === "other" ? other : account;
  const owner = toHex(record.owner);
  const named = { owner: shortened(owner), account: viewer?.name ?? "" };
  return (
    <Card title={t("logs.title")}>
      <p className="muted">
        {t("logs.keeps")} <span data-value>{log}</span>
      </p>
      {lens === "network" ? (
        <Closed>{t("logs.network")}</Closed>
      ) : viewer === undefined ? (
        <Closed>{t("logs.noAccount", named)}</Closed>
      ) : toHex(viewer.publicKey) === owner ? (
        <OwnLog key={viewer.address} contract={contract} account={viewer} />
      ) : (
        <Closed>{t("logs.notOwner", named)}</Closed>
      )}
    </Card>
  );
}

function Closed({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <p className="locked" data-testid="log-closed">
      <Lock size={14} aria-hidden />
      <span>{children}</span>
    </p>
  );
}

function OwnLog({
  contract,
  account,
}: {
  readonly contract: ReadContract;
  readonly account: Account;
}): ReactNode {
  const t = useLogText();
  const { wallet } = account;
  // Nobody's wallet opens because a page is looked at.
  const [isWanted, setWanted] = useState(wallet === undefined);
  const [isFollowed, setFollowed] = useState(true);
  const { address, artefact } = contract;
  const purpose = t("logs.purpose", { contract: artefact.name }).slice(0, 128);
  const log = useLog(
    toHex(address),
    isWanted ? { address, account, purpose, isFollowed } : undefined,
  );
  if (!isWanted)
    return (
      <div className="row-wrap">
        <Button icon={<ScrollText size={16} aria-hidden />} onClick={() => setWanted(true)}>
          {t("logs.read")}
        </Button>
        <span className="small muted">{t("logs.readWhy", { wallet: wallet?.name ?? "" })}</span>
      </div>
    );
  return (
    <QueryView
      viewed={viewedOf(log)}
      skeleton={<Skeleton rows={3} height="row" />}
      isEmpty={({ rows }) => rows.length === 0}
      empty={<Empty title={t("logs.emptyTitle")}>{t("logs.empty")}</Empty>}
    >
      {(reading) => (
        <LogLines
          reading={reading}
          name={`${artefact.name}-log`}
          isFollowed={isFollowed}
          onFollow={setFollowed}
        />
      )}
    </QueryView>
  );
}

export function LogLines({
  reading: { rows },
  name,
  isFollowed,
  onFollow,
}: {
  readonly reading: LogReading;
  /** Of a file, without its ending. */
  readonly name: string;
  readonly isFollowed: boolean;
  readonly onFollow: (isFollowed: boolean) => void;
}): ReactNode {
  const t = useLogText();
  const id = useId();
  const [filter, setFilter] = useState("");
  const shown = shownRows(rows, filter);
  const lost = lostLines(rows);
  return (
    <>
      <div className="row-wrap log-tools">
        <div className="field">
          <label htmlFor={id}>{t("logs.filter")}</label>
          <input
            id={id}
            type="search"
            autoComplete="off"
            value={filter}
            onChange={({ target }) => setFilter(target.value)}
          />
        </div>
        <label className="row-tight">
          <input
            type="checkbox"
            checked={isFollowed}
            onChange={({ target }) => onFollow(target.checked)}
          />
          <span>{t("logs.follow")}</span>
        </label>
        <ExportButtons
          name={name}
          csv={() => csvText(CSV_COLUMNS, csvRows(shown))}
          json={() => plainJson(jsonRows(shown))}
        />
      </div>
      <p className="small muted" role="status">
        {t("logs.count", { shown: grouped(shown.length), count: grouped(rows.length) })}{" "}
        {lost > 0n && t("logs.lost", { count: grouped(lost) })}
      </p>
      {shown.length === 0 ? (
        <p className="muted">{t("logs.noMatch")}</p>
      ) : (
        <ol className="log-lines" aria-label={t("logs.lines")} data-testid="log-lines">
          {shown.map((row) => (
            <Line key={String(row.number)} row={row} />
          ))}
        </ol>
      )}
    </>
  );
}

function Line({ row: { number, block, at, text } }: { readonly row: LogRow }): ReactNode {
  const t = useLogText();
  return (
    <li>
      <span className="log-place small muted">
        <span data-value>{`#${number}`}</span>
        <Link to="/explorer/blocks/$number" params={{ number: String(block) }}>
          {t("stage.block", { block: grouped(block) })}
        </Link>
        <time data-value>{clockTime(at)}</time>
      </span>
      <bdi className="data log-text" data-value>
        {text}
      </bdi>
    </li>
  );
}
