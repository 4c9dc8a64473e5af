/** Faults that the devnet of this page can be given: what is done, what should happen, and where to see it. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { FaultState } from "../../chain/devnet-faults.ts";
import { FAULTS, type Fault } from "../../chain/devnet-faults.ts";
import { type Problem, problemOf } from "../../chain/problem.ts";
import { span } from "../../format/index.ts";
import { useMachineText } from "../../text/machines.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ErrorCard } from "../../ui/states.tsx";

export function FaultsView({
  state,
  onAct,
}: {
  readonly state: FaultState;
  readonly onAct: (action: "start" | "end", fault: Fault, target: string) => Promise<void>;
}): ReactNode {
  return (
    <div className="fault-grid">
      {FAULTS.map((fault) => (
        <FaultCard key={fault} fault={fault} state={state} onAct={onAct} />
      ))}
    </div>
  );
}

function FaultCard({
  fault,
  state,
  onAct,
}: {
  readonly fault: Fault;
  readonly state: FaultState;
  readonly onAct: (action: "start" | "end", fault: Fault, target: string) => Promise<void>;
}): ReactNode {
  const t = useMachineText();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [done, setDone] = useState<string>();
  const act = async (action: "start" | "end", target: string): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    setDone(undefined);
    try {
      await onAct(action, fault, target);
      setDone(t(action === "start" ? "faults.begun" : "faults.ended", { target }));
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  const active = state.active.filter((one) => one.fault === fault);
  return (
    <Card title={t(`fault.${fault}`)}>
      <p>{t(`fault.${fault}.does`)}</p>
      <p className="muted">
        <strong>{t("faults.expect")}</strong> {t(`fault.${fault}.expect`)}
      </p>
      <div className="row-wrap">
        {state.targets[fault].map((target) => {
          const own = active.find((one) => one.target === target);
          return own === undefined ? (
            <Button
              key={target}
              tone="danger"
              isBusy={isBusy}
              data-testid={`fault-${fault}-${target}`}
              onClick={() => void act("start", target)}
            >
              <span data-value>{target}</span>
            </Button>
          ) : (
            <span key={target} className="row-tight">
              <Badge tone="broken">
                {t("faults.since", { target, age: span(Date.now() - own.since) })}
              </Badge>
              <Button
                tone="primary"
                isBusy={isBusy}
                data-testid={`mend-${fault}-${target}`}
                onClick={() => void act("end", target)}
              >
                {t("faults.mend", { target })}
              </Button>
            </span>
          );
        })}
      </div>
      <p className="small" aria-live="polite">
        {done}
      </p>
      {problem !== undefined && <ErrorCard problem={problem} />}
      <p className="small">
        <Link to="/operate">{t("faults.watch")}</Link>
      </p>
    </Card>
  );
}
