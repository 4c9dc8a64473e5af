/** Whether this machine's clock and the chain's time agree: verdicts go by the chain's, ages on a page by the machine's. */
import type { Verdict } from "@pha/sdk";

/** Clocks of a user and of the chain may differ by so much, as leases allow. */
const TOLERATED_MS = 10_000;
/** Blocks that may lie between a block's making and its being seen to be final. */
const LAG_BLOCKS = 4;

/**
 * @param verdicts of a chain of trust; `finality` names the chain's time
 * @param nowMs this machine's, when they were made
 * @returns milliseconds by which the clock is ahead of the chain, negative when behind; `undefined` when they agree
 */
export function clockDifference(
  verdicts: readonly Verdict[],
  nowMs: number,
  blockMs: number,
): number | undefined {
  const chainMs = verdicts.find(({ link }) => link === "finality")?.facts["chainTimeMs"];
  if (typeof chainMs !== "number" || chainMs === 0) return undefined;
  const ahead = nowMs - chainMs;
  // Finality comes some blocks late, never early.
  return ahead < -TOLERATED_MS || ahead > TOLERATED_MS + LAG_BLOCKS * blockMs ? ahead : undefined;
}
