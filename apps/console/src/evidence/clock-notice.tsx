import type { ReactNode } from "react";
import { span } from "../format/index.ts";
import { useVerifyText } from "../text/verify.ts";
import { Notice } from "../ui/states.tsx";

/** Says what a clock that is off changes, and what it does not. */
export function ClockNotice({
  difference,
}: {
  /** Milliseconds ahead of the chain; `undefined`: the clock is right. */
  readonly difference: number | undefined;
}): ReactNode {
  const t = useVerifyText();
  if (difference === undefined) return null;
  const off = span(Math.abs(difference));
  return (
    <Notice
      kind="partial"
      title={
        difference > 0 ? t("evidence.clockAhead", { off }) : t("evidence.clockBehind", { off })
      }
    >
      {t("evidence.clock")}
    </Notice>
  );
}
