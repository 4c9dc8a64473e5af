/** This machine's clock beside the chain's time, of the connected network. */
import type { Client, Verdict } from "@pha/sdk";
import { clockDifference } from "./clock-difference.ts";
import { useHeads, useMaybeConnected } from "./network-context.tsx";

/** Milliseconds of a slot. */
export function slotOf({ chain }: Client): number {
  return Number(chain.metadata.constant("Babe", "ExpectedBlockTime") ?? 1000n);
}

/**
 * Milliseconds by which the clock is ahead of the chain, negative when behind; `undefined` when they agree, or when nothing
 * can be said because the chain stands still.
 */
export function useClockDifference(
  reading:
    | { readonly report: { readonly verdicts: readonly Verdict[] }; readonly verifiedAt: number }
    | undefined,
): number | undefined {
  const client = useMaybeConnected()?.client;
  const isStalled = useHeads()?.isStalled === true;
  if (reading === undefined || client === undefined || isStalled) return undefined;
  return clockDifference(reading.report.verdicts, reading.verifiedAt, slotOf(client));
}
