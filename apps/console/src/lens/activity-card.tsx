/** One thing that was done on this page, through the lens: what I know of it, or what the network does. */
import { ShieldAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Activity, Stage } from "../chain/activity.ts";
import { hasAnswer } from "../chain/kept-answers.ts";
import { cancelWallet } from "../chain/wallets.ts";
import { byteCount, clockTime, fuelText, grouped, shortened } from "../format/index.ts";
import { type Translate, useText } from "../text/index.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Copyable } from "../ui/copyable.tsx";
import { Detail } from "../ui/facts.tsx";
import { Identicon } from "../ui/identicon.tsx";
import { ErrorCard, Notice } from "../ui/states.tsx";
import { type Step, Steps } from "../ui/steps.tsx";
import { KeepAnswer } from "./keep-answer.tsx";
import { Leaks } from "./leaks.tsx";
import { useLens } from "./lens-context.tsx";
import { Ciphertext, Protected } from "./protected.tsx";
import { Revealed } from "./revealed.tsx";

export function ActivityCard({
  activity,
  onWhy,
}: {
  readonly activity: Activity;
  readonly onWhy: () => void;
}): ReactNode {
  const { lens, other } = useLens();
  const isMine = lens === "mine" || (lens === "other" && other?.address === activity.address);
  return (
    <article className={`card activity activity-${activity.state}`} data-testid="activity">
      <Header activity={activity} isMine={isMine} />
      {isMine ? <Mine activity={activity} onWhy={onWhy} /> : <Theirs activity={activity} />}
    </article>
  );
}

function Header({
  activity,
  isMine,
}: {
  readonly activity: Activity;
  readonly isMine: boolean;
}): ReactNode {
  const t = useText();
  // Who asks a query is sealed with it; who sends a command is not.
  const isNamed = isMine || activity.kind === "command";
  return (
    <header className="row-between">
      <h3 className="activity-title">
        {isNamed && <Identicon of={activity.address} />}
        {isNamed ? <span data-value>{activity.account}</span> : t("activity.somebody")}
        <span className="muted">
          {activity.kind === "command" ? t("activity.sent") : t("activity.asked")}
        </span>
        {isMine ? (
          <Revealed id={activity.method} />
        ) : (
          <Badge tone="sealed">{t("activity.sealed")}</Badge>
        )}
      </h3>
      <time className="muted small" dateTime={new Date(activity.began).toISOString()} data-value>
        {clockTime(activity.began)}
      </time>
    </header>
  );
}

function Mine({
  activity,
  onWhy,
}: {
  readonly activity: Activity;
  readonly onWhy: () => void;
}): ReactNode {
  const t = useText();
  const { args, result, refusal, problem, kind, boot, fuelUsed, blockNumber, reproduce } = activity;
  return (
    <>
      <dl className="details">
        <Detail term={t("activity.arguments")}>
          <Protected id={args} owner={activity} sealed={activity.sealed} />
        </Detail>
        {result !== undefined && (
          <Detail term={t("activity.result")}>
            <span className="result">
              <Protected id={result} owner={activity} />
            </span>
          </Detail>
        )}
        {refusal !== undefined && (
          <Detail term={t("activity.refused")}>
            <Protected id={refusal} owner={activity} />
          </Detail>
        )}
      </dl>
      <WalletWait activity={activity} />
      {problem !== undefined && <ErrorCard problem={problem} />}
      {kind === "command" && <Steps label={t("activity.steps")} steps={stepsOf(activity, t)} />}
      {activity.state === "done" && boot !== undefined && (
        <p className="row-tight small muted">
          {t("activity.answered", { boot: shortened(boot), block: grouped(blockNumber ?? 0) })}
          {fuelUsed !== undefined && ` ${t("activity.fuel", { fuel: fuelText(fuelUsed) })}`}
          <button type="button" className="link" onClick={onWhy}>
            <ShieldAlert size={14} aria-hidden /> {t("trust.why")}
          </button>
        </p>
      )}
      {activity.state === "done" && hasAnswer(activity.id) && <KeepAnswer activity={activity.id} />}
      {activity.state === "done" && reproduce !== undefined && (
        <details className="raw-details">
          <summary>{t("activity.reproduce")}</summary>
          <Revealed id={reproduce} />
        </details>
      )}
    </>
  );
}

/** That a wallet is asked now, or was asked anew. */
function WalletWait({ activity }: { readonly activity: Activity }): ReactNode {
  const t = useText();
  const { waitsFor, isRenewed, kind } = activity;
  return (
    <>
      {isRenewed && <Notice kind="partial" title={t("activity.renewed")} />}
      {waitsFor !== undefined && (
        <Notice
          kind="permission"
          title={t("activity.waits", { wallet: waitsFor.name })}
          action={<Button onClick={() => cancelWallet(waitsFor.id)}>{t("activity.giveUp")}</Button>}
        >
          {kind === "command" ? t("activity.waitsCommand") : t("activity.waitsQuery")}
        </Notice>
      )}
    </>
  );
}

/** Through other eyes: ciphertext and what leaks, and no word of what it means. */
function Theirs({ activity }: { readonly activity: Activity }): ReactNode {
  const t = useText();
  const { lens, other } = useLens();
  const { kind, sealed } = activity;
  const leaks =
    kind === "command"
      ? [
          {
            term: t("leak.sender"),
            value: <Copyable value={activity.address} label={t("leak.sender")} />,
          },
          {
            term: t("leak.contract"),
            value: <Copyable value={activity.contract} label={t("leak.contract")} />,
          },
          {
            term: t("leak.size"),
            value: (
              <code className="data">{sealed === undefined ? "…" : byteCount(sealed.bytes)}</code>
            ),
          },
          {
            term: t("leak.block"),
            value: (
              <code className="data">
                {activity.blockNumber === undefined ? "…" : grouped(activity.blockNumber)}
              </code>
            ),
          },
          ...(activity.commandId === undefined
            ? []
            : [
                {
                  term: t("leak.id"),
                  value: <Copyable value={activity.commandId} label={t("leak.id")} />,
                },
              ]),
        ]
      : [
          { term: t("leak.host"), value: t("leak.hostSees") },
          { term: t("leak.chain"), value: t("leak.chainSees") },
        ];
  return (
    <>
      {lens === "other" && kind === "command" && (
        <p className="locked">
          {t("lens.locked", { owner: activity.account, other: other?.name ?? "" })}
        </p>
      )}
      {kind === "command" && sealed !== undefined && <Ciphertext sealed={sealed} />}
      <Leaks
        leaks={leaks}
        hidden={kind === "command" ? t("leak.hiddenCommand") : t("leak.hiddenQuery")}
      />
    </>
  );
}

const STAGES: readonly Stage[] = ["sealed", "in-block", "executed", "final"];

function stepsOf(
  { stage, state, times, sealed, blockNumber }: Activity,
  t: Translate,
): readonly Step[] {
  const reached = STAGES.indexOf(stage);
  return STAGES.map((one, i) => {
    const took = times[one];
    const detail =
      one === "sealed" && sealed !== undefined
        ? byteCount(sealed.bytes)
        : one === "in-block" && blockNumber !== undefined && i <= reached
          ? t("stage.block", { block: grouped(blockNumber) })
          : undefined;
    const note = [detail, took === undefined ? undefined : `${(took / 1000).toFixed(1)} s`]
      .filter((part) => part !== undefined)
      .join(" · ");
    return {
      name: t(`stage.${one === "sealing" ? "sealed" : one}`),
      note: note === "" ? undefined : note,
      state:
        i <= reached
          ? "done"
          : state === "failed"
            ? i === reached + 1
              ? "failed"
              : "waiting"
            : i === reached + 1
              ? "running"
              : "waiting",
    };
  });
}
