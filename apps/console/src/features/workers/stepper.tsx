/** register → attest → bench → assign → serve: each step with its cause, since when, how long yet, and what to do. */
import { Check, Loader, Minus, X } from "lucide-react";
import type { ReactNode } from "react";
import { grouped, span } from "../../format/index.ts";
import { EN_ALL, type MachineKey, useMachineText } from "../../text/machines.ts";
import type { WorkerStep } from "./model.ts";

export function Stepper({
  steps,
  reason,
}: {
  readonly steps: readonly WorkerStep[];
  /** Of a suspension, as the chain calls it. */
  readonly reason: string | undefined;
}): ReactNode {
  const t = useMachineText();
  return (
    <ol className="stepper" aria-label={t("steps.label")}>
      {steps.map((one) => (
        <li
          key={one.step}
          className={`stepper-step stepper-${one.state}`}
          aria-current={one.state === "running" ? "step" : undefined}
          data-step={one.step}
          data-state={one.state}
        >
          <span className="step-mark" aria-hidden>
            {one.state === "done" && <Check size={14} />}
            {one.state === "running" && <Loader size={14} className="spin" />}
            {one.state === "failed" && <X size={14} />}
            {one.state === "skipped" && <Minus size={14} />}
          </span>
          <div className="stepper-text">
            <p className="stepper-name">
              {t(`step.${one.step}`)}{" "}
              <span className="muted small">{t(`stepState.${one.state}`)}</span>
            </p>
            <p className="small">{t(causeKey(one), { reason: reason ?? "" })}</p>
            <p className="muted small">
              {[
                one.sinceBlock !== undefined &&
                  t("steps.since", { block: grouped(one.sinceBlock) }),
                one.etaMs !== undefined && t("steps.eta", { time: span(one.etaMs) }),
              ]
                .filter((part) => part !== false)
                .join(" · ")}
            </p>
            {fixKey(one) !== undefined && (
              <p className="small stepper-fix">
                <strong>{t("steps.fix")}</strong> {t(fixKey(one) ?? "steps.fix")}
              </p>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

function causeKey({ step, cause }: WorkerStep): MachineKey {
  const key = `cause.${step}.${cause}`;
  return isKey(key) ? key : "cause.waiting";
}

function fixKey({ step, cause }: WorkerStep): MachineKey | undefined {
  const key = `fix.${step}.${cause}`;
  return isKey(key) ? key : undefined;
}

function isKey(key: string): key is MachineKey {
  return Object.hasOwn(EN_ALL, key);
}
