/** Trials: entries of what was built, run in this page with the fuel that replicas count. */
import { Play, RotateCcw } from "lucide-react";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { draftOf } from "../../chain/vault.ts";
import { byteCount, fuelText } from "../../format/index.ts";
import { ArgsForm, argsOf } from "../../lens/args-form.tsx";
import { useLens } from "../../lens/lens-context.tsx";
import { Revealed } from "../../lens/revealed.tsx";
import type { Built, TrialCall } from "../../playground/protocol.ts";
import { TRIAL_CALLERS, TRIAL_OWNER } from "../../playground/protocol.ts";
import { useBuildText } from "../../text/build.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ErrorCard } from "../../ui/states.tsx";
import type { PlaygroundState, TriedCall } from "./playground.ts";

export interface TrialCardProps {
  readonly state: PlaygroundState;
  readonly onStart: () => void;
  readonly onCall: (call: TrialCall) => void;
}

export function TrialCard({ state, onStart, onCall }: TrialCardProps): ReactNode {
  const t = useBuildText();
  const { lens } = useLens();
  const { built, trial, trialProblem, tried } = state;
  const isStarted = trial === "ready" || trial === "calling";
  return (
    <Card
      title={t("try.title")}
      actions={
        isStarted && (
          <Button tone="quiet" icon={<RotateCcw size={16} aria-hidden />} onClick={onStart}>
            {t("try.restart")}
          </Button>
        )
      }
    >
      <p className="muted">{t("try.why")}</p>
      {lens !== "mine" ? (
        <p className="muted">{t("try.hidden")}</p>
      ) : (
        <>
          {!isStarted && (
            <div className="row-wrap">
              <Button
                icon={<Play size={16} aria-hidden />}
                isBusy={trial === "starting"}
                disabled={built === undefined}
                onClick={onStart}
              >
                {t("try.start")}
              </Button>
              {built === undefined && <span className="small muted">{t("try.needsBuild")}</span>}
            </div>
          )}
          {trial === "failed" && trialProblem === undefined && (
            <p className="field-problem" role="alert">
              {t("try.startFailed")} {t("try.startFailedWhy")}
            </p>
          )}
          {isStarted && built !== undefined && (
            <TrialForm
              key={built.codeHash}
              built={built}
              isBusy={trial === "calling"}
              onCall={onCall}
            />
          )}
          {trialProblem !== undefined && <ErrorCard problem={trialProblem} />}
          {tried.length > 0 && (
            <ol className="trial-list" aria-label={t("try.results")} aria-live="polite">
              {tried.map((one) => (
                <Tried key={one.id} call={one} />
              ))}
            </ol>
          )}
          <p className="small muted">{t("try.state")}</p>
        </>
      )}
    </Card>
  );
}

const MOST_FUEL = 5_000_000_000n;
const FIRST_FUEL = "200000000";

function TrialForm({
  built,
  isBusy,
  onCall,
}: {
  readonly built: Built;
  readonly isBusy: boolean;
  readonly onCall: (call: TrialCall) => void;
}): ReactNode {
  const t = useBuildText();
  const id = useId();
  const { commands, queries } = built.artefact;
  const [chosen, setChosen] = useState(Object.keys(commands)[0] ?? Object.keys(queries)[0] ?? "");
  const [caller, setCaller] = useState<string>(TRIAL_OWNER);
  const [fuel, setFuel] = useState(FIRST_FUEL);
  const kind = Object.hasOwn(commands, chosen) ? "command" : "query";
  const entry = commands[chosen] ?? queries[chosen];
  const form = `trial ${built.codeHash} ${chosen}`;
  const fuelLimit = /^\d{1,10}$/.test(fuel) ? BigInt(fuel) : 0n;
  const isFuelGood = fuelLimit > 0n && fuelLimit <= MOST_FUEL;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (entry === undefined || isBusy || !isFuelGood) return;
    const args = argsOf(entry.args, draftOf(form));
    onCall({ kind, method: chosen, args, caller, fuelLimit });
  };
  return (
    <form className="stack-tight" onSubmit={submit} data-testid="trial-form">
      <div className="field-row">
        <div className="field">
          <label htmlFor={`${id}-entry`}>{t("try.entry")}</label>
          <select
            id={`${id}-entry`}
            value={chosen}
            onChange={({ target }) => setChosen(target.value)}
          >
            <optgroup label={t("try.commands")}>
              {Object.keys(commands).map((name) => (
                <option key={name}>{name}</option>
              ))}
            </optgroup>
            <optgroup label={t("try.queries")}>
              {Object.keys(queries).map((name) => (
                <option key={name}>{name}</option>
              ))}
            </optgroup>
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-caller`}>{t("try.caller")}</label>
          <select
            id={`${id}-caller`}
            value={caller}
            onChange={({ target }) => setCaller(target.value)}
          >
            {TRIAL_CALLERS.map((name) => (
              <option key={name} value={name}>
                {name === TRIAL_OWNER ? t("try.owner", { name }) : name}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-fuel`}>{t("try.fuelLimit")}</label>
          <input
            id={`${id}-fuel`}
            inputMode="numeric"
            autoComplete="off"
            value={fuel}
            aria-invalid={!isFuelGood}
            aria-describedby={isFuelGood ? undefined : `${id}-problem`}
            onChange={({ target }) => setFuel(target.value.trim())}
          />
        </div>
      </div>
      {!isFuelGood && (
        <p className="field-problem" id={`${id}-problem`}>
          {t("try.badFuel", { most: fuelText(MOST_FUEL) })}
        </p>
      )}
      {entry !== undefined && (
        <>
          <p className="muted small" data-value>
            {entry.docs}
          </p>
          <ArgsForm key={form} type={entry.args} form={form} />
        </>
      )}
      <div>
        <Button type="submit" tone="primary" isBusy={isBusy} icon={<Play size={16} aria-hidden />}>
          {t("try.run")}
        </Button>
      </div>
    </form>
  );
}

function Tried({ call }: { readonly call: TriedCall }): ReactNode {
  const t = useBuildText();
  const { method, caller, args, outcome, result, logged, fuelLimit } = call;
  const { fuelUsed, writes, writtenBytes, opened } = outcome;
  return (
    <li className={`trial trial-${outcome.status}`} data-testid="tried">
      <p className="row-tight trial-call">
        <span data-value>{caller}</span>
        <code className="data">{method}</code>
        <Revealed id={args} />
      </p>
      {result !== undefined && (
        <p className="result">
          <Revealed id={result} />
        </p>
      )}
      {outcome.status === "failed" && (
        <p className="row-tight">
          <Badge tone="broken">{t("try.failed")}</Badge>
          <code className="data">{outcome.code}</code>
        </p>
      )}
      {outcome.status === "trapped" && (
        <p>
          <Badge tone="broken">{t("try.trapped", { reason: outcome.reason })}</Badge>
        </p>
      )}
      {logged.length > 0 && (
        <div className="trial-log">
          <p className="small muted">{t("try.log")}</p>
          <ol aria-label={t("try.log")} data-testid="trial-log">
            {logged.map((id) => (
              <li key={id} className="log-text">
                <Revealed id={id} />
              </li>
            ))}
          </ol>
        </div>
      )}
      <p className="row-tight small muted">
        <progress
          className="progress"
          aria-label={t("try.fuelBar")}
          max={Number(fuelLimit)}
          value={Number(fuelUsed)}
        />
        <span>{t("try.fuel", { used: fuelText(fuelUsed), limit: fuelText(fuelLimit) })}</span>
        {writes > 0 && (
          <span>{t("try.writes", { count: writes, bytes: byteCount(writtenBytes) })}</span>
        )}
        {opened > 0 && <span>{t("try.opened", { count: opened })}</span>}
      </p>
    </li>
  );
}
