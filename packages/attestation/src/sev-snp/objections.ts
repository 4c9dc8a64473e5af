import type { SnpFacts } from "./verify.ts";

/** What no production policy may accept of a genuine report. */
export type SnpObjection = "debug" | "migration-agent";

export function objectionsToSnp({ policy }: SnpFacts): readonly SnpObjection[] {
  return [
    // The host can read the guest's memory, or move it to where it can.
    ...(policy.debugAllowed ? (["debug"] as const) : []),
    ...(policy.migrationAgentAllowed ? (["migration-agent"] as const) : []),
  ];
}
