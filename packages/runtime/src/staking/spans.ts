/**
 * Slashing spans: eras between two offences of an account. In a span it loses what its worst offence costs, once,
 * however many of its eras or nominees were hit.
 *
 * @see polkadot-sdk "pallet-staking" slashing
 */
import type { AccountId } from "@pha/frame";
import type { StakingContext } from "./declaration.ts";
import type { SlashingSpans } from "./types.ts";

/** What a slash of `amount` for an offence in `era` takes beyond what the era's span lost before. */
export function slashBeyondSpan(
  ctx: StakingContext,
  who: AccountId,
  era: number,
  amount: bigint,
): { readonly more: bigint; readonly isLatest: boolean } {
  const { storage } = ctx;
  const spans = storage.SlashingSpans.get(who) ?? firstSpan();
  const index = spanOf(spans, era);
  if (index === undefined) return { more: 0n, isLatest: false };
  const record = storage.SpanSlash.get([who, index]);
  const isLatest = index === spans.spanIndex;
  storage.SlashingSpans.put(who, {
    ...spans,
    lastNonzeroSlash: Math.max(spans.lastNonzeroSlash, amount > 0n ? era : 0),
  });
  if (amount <= record.slashed) return { more: 0n, isLatest };
  storage.SpanSlash.put([who, index], { ...record, slashed: amount });
  return { more: amount - record.slashed, isLatest };
}

/** Ends the present span with era `now`; spans that cannot be slashed any more are forgotten. */
export function endSpan(ctx: StakingContext, who: AccountId, now: number): void {
  const { storage, config } = ctx;
  const spans = storage.SlashingSpans.get(who) ?? firstSpan();
  const nextStart = now + 1;
  if (nextStart <= spans.lastStart) return;
  const oldest = now - config.bondingDuration;
  const prior: number[] = [];
  let end = nextStart;
  for (const [i, length] of [nextStart - spans.lastStart, ...spans.prior].entries()) {
    if (end <= oldest) storage.SpanSlash.remove([who, spans.spanIndex - i]);
    else prior.push(length);
    end -= length;
  }
  storage.SlashingSpans.put(who, {
    ...spans,
    spanIndex: spans.spanIndex + 1,
    lastStart: nextStart,
    prior,
  });
}

/** Forgets all spans of an account without a bond. */
export function forgetSpans({ storage }: StakingContext, who: AccountId): void {
  const spans = storage.SlashingSpans.get(who);
  if (spans === undefined) return;
  for (let i = 0; i <= spans.prior.length; i++)
    storage.SpanSlash.remove([who, spans.spanIndex - i]);
  storage.SlashingSpans.remove(who);
}

function firstSpan(): SlashingSpans {
  return { spanIndex: 0, lastStart: 0, lastNonzeroSlash: 0, prior: [] };
}

function spanOf({ spanIndex, lastStart, prior }: SlashingSpans, era: number): number | undefined {
  if (era >= lastStart) return spanIndex;
  let start = lastStart;
  for (const [i, length] of prior.entries()) {
    start -= length;
    if (era >= start) return spanIndex - 1 - i;
  }
  return undefined;
}
