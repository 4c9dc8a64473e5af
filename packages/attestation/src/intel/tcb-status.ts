/** Intel's verdicts on security versions, how several become one, and Phala's confidence levels. */

/** The words of TCB info. */
export const TCB_STATUSES = [
  "UpToDate",
  "SWHardeningNeeded",
  "ConfigurationNeeded",
  "ConfigurationAndSWHardeningNeeded",
  "OutOfDate",
  "OutOfDateConfigurationNeeded",
  "Revoked",
] as const;

export type TcbStatus = (typeof TCB_STATUSES)[number];

interface Flaws {
  readonly outOfDate: boolean;
  readonly configuration: boolean;
  readonly hardening: boolean;
}

const FLAWS: Readonly<Record<Exclude<TcbStatus, "Revoked">, Flaws>> = {
  UpToDate: { outOfDate: false, configuration: false, hardening: false },
  SWHardeningNeeded: { outOfDate: false, configuration: false, hardening: true },
  ConfigurationNeeded: { outOfDate: false, configuration: true, hardening: false },
  ConfigurationAndSWHardeningNeeded: { outOfDate: false, configuration: true, hardening: true },
  OutOfDate: { outOfDate: true, configuration: false, hardening: false },
  OutOfDateConfigurationNeeded: { outOfDate: true, configuration: true, hardening: false },
};

/**
 * One status of two parts of a platform: what either lacks, the whole lacks, and a revoked part revokes it.
 *
 * Of something out of date nobody asks whether its software is hardened.
 */
export function convergeTcbStatus(a: TcbStatus, b: TcbStatus): TcbStatus {
  if (a === "Revoked" || b === "Revoked") return "Revoked";
  const outOfDate = FLAWS[a].outOfDate || FLAWS[b].outOfDate;
  const configuration = FLAWS[a].configuration || FLAWS[b].configuration;
  const hardening = FLAWS[a].hardening || FLAWS[b].hardening;
  if (outOfDate) return configuration ? "OutOfDateConfigurationNeeded" : "OutOfDate";
  if (configuration) return hardening ? "ConfigurationAndSWHardeningNeeded" : "ConfigurationNeeded";
  return hardening ? "SWHardeningNeeded" : "UpToDate";
}

/** Advisories that leave a platform in need of configuration on level 3. */
const MILD_ADVISORIES = new Set([
  "INTEL-SA-00219",
  "INTEL-SA-00334",
  "INTEL-SA-00381",
  "INTEL-SA-00389",
]);

/** Phala's confidence level, 1 best to 5 worst; `undefined` for a revoked platform, which has none. */
export function intelConfidence(
  status: TcbStatus,
  advisoryIds: readonly string[],
): number | undefined {
  switch (status) {
    case "UpToDate":
      return 1;
    case "SWHardeningNeeded":
      return 2;
    case "ConfigurationNeeded":
    case "ConfigurationAndSWHardeningNeeded":
      return advisoryIds.every((id) => MILD_ADVISORIES.has(id)) ? 3 : 4;
    case "OutOfDate":
    case "OutOfDateConfigurationNeeded":
      return 5;
    case "Revoked":
      return undefined;
  }
}
