/** How a verdict may look: never verified where the evidence is simulated. */
import type { Verdict } from "@pha/sdk";
import type { Tone } from "../ui/badge.tsx";

export function toneOf({ ok, facts }: Pick<Verdict, "ok" | "facts">): Tone {
  if (!ok) return "broken";
  return facts["teeClass"] === "simulated" ? "simulated" : "verified";
}

/** Of a whole chain: one broken link breaks it, one simulated one makes it so. */
export function wholeTone(report: { readonly ok: boolean; readonly simulated: boolean }): Tone {
  if (!report.ok) return "broken";
  return report.simulated ? "simulated" : "verified";
}
