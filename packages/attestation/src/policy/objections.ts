/** What is wrong with a policy itself, so that nobody can set one that says something else than it seems to. */
import { isSimulatedLine, SIMULATED_CONFIDENCE } from "../result.ts";
import { WORST_CONFIDENCE } from "../vendor-trust.ts";
import { type Demands, ROLES } from "./policy.ts";

export type PolicyObjection =
  | "repeated-line"
  /** A level that a line's platforms cannot have. */
  | "no-such-confidence"
  /** Simulated platforms exist on development chains only. */
  | "simulated-line"
  /** What makes and releases keys must not be trusted on less than what uses them. */
  | "gatekeeper-looser-than-worker"
  /** Levels of a line must come with the best first. */
  | "amd-levels-out-of-order";

/** @param hasSimulatedRoot the chain's genesis has a development root */
export function objectionsToDemands(
  demands: Demands,
  hasSimulatedRoot: boolean,
): readonly PolicyObjection[] {
  const { lines, amdLevels } = demands;
  const found: PolicyObjection[] = [];
  if (new Set(lines.map(({ line }) => line)).size !== lines.length) found.push("repeated-line");
  const worst = lines.flatMap(({ line, worstConfidence }) =>
    ROLES.map((role) => ({ isSimulated: isSimulatedLine(line), level: worstConfidence[role] })),
  );
  const isLevel = (level: number): boolean => level >= 1 && level <= WORST_CONFIDENCE;
  if (
    worst.some(
      ({ isSimulated, level }) =>
        level !== 0 && !(isSimulated ? level === SIMULATED_CONFIDENCE : isLevel(level)),
    ) ||
    !amdLevels.every(({ confidence }) => isLevel(confidence))
  )
    found.push("no-such-confidence");
  if (!hasSimulatedRoot && lines.some(({ line }) => isSimulatedLine(line)))
    found.push("simulated-line");
  if (isGatekeeperLooser(demands)) found.push("gatekeeper-looser-than-worker");
  const isInOrder = amdLevels.every(
    (level, i) =>
      !amdLevels
        .slice(0, i)
        .some(({ line, confidence }) => line === level.line && confidence > level.confidence),
  );
  if (!isInOrder) found.push("amd-levels-out-of-order");
  return found;
}

function isGatekeeperLooser({ lines, roles }: Demands): boolean {
  const { worker, gatekeeper } = roles;
  return (
    lines.some(({ worstConfidence }) => worstConfidence.gatekeeper > worstConfidence.worker) ||
    gatekeeper.maxAgeMs > worker.maxAgeMs ||
    gatekeeper.serveMs > worker.serveMs ||
    gatekeeper.maxBlockAge > worker.maxBlockAge ||
    (worker.named && !gatekeeper.named)
  );
}
