/** Gatekeepers: who holds the root key, what is under way, and the life of the keys that hang on it. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { KeysReading } from "../../chain/core/root-keys.ts";
import { grouped, shortened } from "../../format/index.ts";
import { useMachineText } from "../../text/machines.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { Empty, Notice } from "../../ui/states.tsx";
import { barsOf, PHASES, quorumOfKeys } from "./model.ts";

export function KeysView({
  keys,
  names,
}: {
  readonly keys: KeysReading;
  /** Identity → name by its host. */
  readonly names: ReadonlyMap<string, string>;
}): ReactNode {
  const t = useMachineText();
  return (
    <div className="stack">
      <RunNotice keys={keys} />
      <RootKey keys={keys} names={names} />
      <Card title={t("keys.timeline")}>
        <p className="muted">{t("keys.timelineWhy")}</p>
        {keys.epochs.length === 0 ? (
          <Empty title={t("keys.noEpochsTitle")}>{t("keys.noEpochs")}</Empty>
        ) : (
          <Timeline keys={keys} />
        )}
      </Card>
      <Operators keys={keys} names={names} />
    </div>
  );
}

function RunNotice({ keys }: { readonly keys: KeysReading }): ReactNode {
  const t = useMachineText();
  const { run, wanted, handover } = keys;
  if (run !== undefined)
    return (
      <Notice
        kind="partial"
        title={t("keys.run", { generation: run.generation, seats: run.seats })}
      >
        {t("keys.runPhase", {
          phase: t(`phase.${PHASES[run.phase] ?? "keys"}`),
          block: grouped(run.phaseEnds),
        })}
      </Notice>
    );
  if (wanted !== undefined)
    return (
      <Notice kind="partial" title={t("keys.wanted")}>
        {t("keys.wantedUntil", { block: grouped(wanted.latest) })}
      </Notice>
    );
  if (handover !== undefined)
    return (
      <Notice kind="partial" title={t("keys.handover", { generation: handover.generation })}>
        {t("keys.handoverLeft", { clusters: handover.pending })}
      </Notice>
    );
  return null;
}

interface Parts {
  readonly keys: KeysReading;
  readonly names: ReadonlyMap<string, string>;
}

function RootKey({ keys, names }: Parts): ReactNode {
  const t = useMachineText();
  const newest = keys.generations.find(({ generation }) => generation === keys.generation);
  if (newest === undefined)
    return (
      <Card title={t("keys.rootKey")}>
        <Empty title={t("keys.noneTitle")}>{t("keys.none")}</Empty>
      </Card>
    );
  const { seats, held, threshold } = quorumOfKeys(keys);
  return (
    <Card title={t("keys.rootKey")}>
      <p className="lead">{t("keys.quorum", { threshold, seats, held })}</p>
      <dl className="details">
        <Detail term={t("keys.generation")}>
          <code className="data">{`${keys.generation}`}</code>
        </Detail>
        <Detail term={t("keys.activeSince")}>
          <Link to="/explorer/blocks/$number" params={{ number: `${keys.activeSince}` }} data-value>
            {grouped(keys.activeSince)}
          </Link>
        </Detail>
        <Detail term={t("keys.term")}>
          {keys.termBlocks === 0
            ? t("keys.noTerm")
            : t("keys.termEnds", { block: grouped(keys.activeSince + keys.termBlocks) })}
        </Detail>
        <Detail term={t("keys.publicKey")}>
          <Copyable value={newest.root} label={t("keys.publicKey")} />
        </Detail>
        <Detail term={t("keys.kept")}>
          <code className="data">
            {keys.generations.map(({ generation }) => generation).join(", ")}
          </code>
        </Detail>
      </dl>
      <ol className="seats" aria-label={t("keys.seats")}>
        {newest.seats.map((identity, seat) => (
          // Seats of a generation never change their order.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <li key={seat} className={identity === undefined ? "seat seat-empty" : "seat"}>
            <span className="muted small">{t("keys.seat", { seat: seat + 1 })}</span>
            {identity === undefined ? (
              <span>{t("keys.emptySeat")}</span>
            ) : (
              <Link to="/explorer/workers/$identity" params={{ identity }} data-value>
                {names.get(identity) ?? shortened(identity, 8, 4)}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** The bars are for the eye; the table has the same for everybody. */
function Timeline({ keys }: { readonly keys: KeysReading }): ReactNode {
  const t = useMachineText();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached without a pointer
    <div className="table-scroll" tabIndex={0}>
      <table className="table" data-testid="epochs">
        <thead>
          <tr>
            <th scope="col">{t("keys.contract")}</th>
            <th scope="col">{t("keys.name")}</th>
            <th scope="col">{t("keys.from")}</th>
            <th scope="col">{t("keys.until")}</th>
            <th scope="col" className="wide-only timeline-cell">
              {t("keys.line")}
            </th>
          </tr>
        </thead>
        <tbody>
          {barsOf(keys.epochs, keys.block).map((bar) => (
            <tr key={`${bar.contract} ${bar.generation} ${bar.epoch} ${bar.from}`}>
              <th scope="row">
                <Link to="/contracts/$address" params={{ address: bar.contract }} data-value>
                  {bar.name}
                </Link>
              </th>
              <td data-value>{`${bar.generation} / ${bar.epoch}`}</td>
              <td data-value>{grouped(bar.from)}</td>
              <td>
                {bar.until === undefined ? (
                  <Badge tone="sealed">{t("keys.present")}</Badge>
                ) : (
                  <span data-value>{grouped(bar.until)}</span>
                )}
              </td>
              <td className="wide-only timeline-cell" aria-hidden>
                <svg className="timeline" viewBox="0 0 100 10" preserveAspectRatio="none">
                  <title>{t("keys.line")}</title>
                  <rect x="0" y="4.5" width="100" height="1" className="timeline-axis" />
                  <rect
                    x={Math.min(bar.start, 98.5)}
                    y="1"
                    width={bar.width}
                    height="8"
                    rx="1"
                    className={bar.until === undefined ? "timeline-now" : "timeline-former"}
                  />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Operators({ keys, names }: Parts): ReactNode {
  const t = useMachineText();
  return (
    <Card title={t("keys.operators")}>
      <ul className="list">
        {keys.operators.map(({ operator, gatekeeper, failures, isOut, convicted }) => (
          <li key={operator} className="list-row row-between">
            <Link to="/explorer/accounts/$address" params={{ address: operator }}>
              <code className="data">{shortened(operator, 8, 6)}</code>
            </Link>
            <span className="row-wrap">
              {gatekeeper === undefined ? (
                <span className="muted">{t("keys.noGatekeeper")}</span>
              ) : (
                <Link to="/explorer/workers/$identity" params={{ identity: gatekeeper }} data-value>
                  {names.get(gatekeeper) ?? shortened(gatekeeper, 8, 4)}
                </Link>
              )}
              {failures > 0 && <Badge>{t("keys.missed", { count: failures })}</Badge>}
              {isOut && <Badge tone="broken">{t("keys.out")}</Badge>}
              {convicted !== undefined && (
                <Badge tone="broken">
                  {t("keys.convicted", {
                    misdeed: convicted.misdeed,
                    block: grouped(convicted.block),
                  })}
                </Badge>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
