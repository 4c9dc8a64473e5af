import { Check, Loader, X } from "lucide-react";
import type { ReactNode } from "react";

export interface Step {
  readonly name: string;
  readonly note: string | undefined;
  readonly state: "waiting" | "running" | "done" | "failed";
}

/** Steps that follow each other, with where it is now; told aloud as it goes on. */
export function Steps({
  label,
  steps,
}: {
  readonly label: string;
  readonly steps: readonly Step[];
}): ReactNode {
  return (
    <ol className="steps" aria-label={label} aria-live="polite">
      {steps.map(({ name, note, state }) => (
        <li
          key={name}
          className={`step step-${state}`}
          aria-current={state === "running" ? "step" : undefined}
        >
          <span className="step-mark" aria-hidden>
            {state === "done" && <Check size={14} />}
            {state === "running" && <Loader size={14} className="spin" />}
            {state === "failed" && <X size={14} />}
          </span>
          <span className="step-name">{name}</span>
          {note !== undefined && <span className="step-note">{note}</span>}
        </li>
      ))}
    </ol>
  );
}
