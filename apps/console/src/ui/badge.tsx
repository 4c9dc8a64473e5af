import { Check, CircleAlert, CircleDot, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

/** `verified` only beside a way to its facts; `simulated` never looks like it. */
export type Tone = "neutral" | "verified" | "simulated" | "broken" | "sealed";

const ICONS = {
  neutral: undefined,
  verified: Check,
  simulated: TriangleAlert,
  broken: CircleAlert,
  sealed: CircleDot,
} as const;

export function Badge({
  tone = "neutral",
  children,
}: {
  readonly tone?: Tone;
  readonly children: ReactNode;
}): ReactNode {
  const Icon = ICONS[tone];
  return (
    <span className={`badge badge-${tone}`}>
      {Icon && <Icon size={13} aria-hidden />}
      {children}
    </span>
  );
}
