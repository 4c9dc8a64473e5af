import type { ReactNode } from "react";
import { useMachineText } from "../../text/machines.ts";
import { Badge } from "../../ui/badge.tsx";
import type { WorkerStep } from "./model.ts";

/** Where a worker stands, in two words. */
export function StageBadge({ stage }: { readonly stage: WorkerStep }): ReactNode {
  const t = useMachineText();
  return (
    <Badge tone={stage.state === "failed" ? "broken" : "neutral"}>
      {stage.state === "done"
        ? t("steps.serving")
        : t("steps.at", { step: t(`step.${stage.step}`), state: t(`stepState.${stage.state}`) })}
    </Badge>
  );
}
