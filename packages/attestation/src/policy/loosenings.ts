/**
 * In what one policy is looser than another.
 *
 * What loosens counts after a delay, what tightens at once (protocol §3): so whoever changes a policy must know which of
 * the two a change is. Of two policies without a loosening the next accepts nothing that the current one refuses.
 */
import { isTcbAtMost } from "../sev-snp/tcb.ts";
import { type Demands, type LineDemand, ROLES } from "./policy.ts";

/** Names of the fields, each once; empty when `next` is nowhere looser. */
export function loosenings(current: Demands, next: Demands): readonly string[] {
  const found = new Set<string>();
  for (const line of next.lines) {
    const before = current.lines.find((one) => one.line === line.line);
    if (before === undefined || isLooserLine(before, line)) found.add(`lines/${line.line}`);
  }
  for (const role of ROLES) {
    const [was, is] = [current.roles[role], next.roles[role]];
    if (is.maxAgeMs > was.maxAgeMs) found.add(`${role}/age`);
    if (is.serveMs > was.serveMs) found.add(`${role}/serve`);
    if (is.maxBlockAge > was.maxBlockAge) found.add(`${role}/block-age`);
    if (was.named && !is.named) found.add(`${role}/named`);
  }
  if (next.toleratedAttributes.some((one) => !current.toleratedAttributes.includes(one)))
    found.add("attributes");
  if (current.refusedAdvisories.some((one) => !next.refusedAdvisories.includes(one)))
    found.add("advisories");
  if (current.signed && !next.signed) found.add("signed");
  if (next.graceMs > current.graceMs) found.add("grace");
  if (!next.amdLevels.every((level) => isImplied(current, level))) found.add("amd-levels");
  return [...found];
}

function isLooserLine(was: LineDemand, is: LineDemand): boolean {
  return (
    is.minSvn < was.minSvn ||
    ROLES.some((role) => is.worstConfidence[role] > was.worstConfidence[role])
  );
}

/** Whoever reaches the level has had its confidence, or a better one, before. */
function isImplied({ amdLevels }: Demands, level: Demands["amdLevels"][number]): boolean {
  return amdLevels.some(
    ({ line, tcb, confidence }) =>
      line === level.line && confidence <= level.confidence && isTcbAtMost(tcb, level.tcb),
  );
}
