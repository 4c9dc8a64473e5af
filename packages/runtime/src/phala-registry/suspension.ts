/** Suspension: a worker's messages are refused, and its lease ends. */

import type { SuspensionReason } from "@pha/protocol";
import type { PhalaRegistryContext } from "./declaration.ts";

/** @param boot for a worker that has no registered boot */
export function suspend(
  ctx: PhalaRegistryContext,
  identity: Uint8Array,
  type: SuspensionReason["type"],
  boot?: Uint8Array,
): void {
  const current = ctx.storage.Boots.get(identity)?.registration.boot;
  const reason: SuspensionReason = { type, value: undefined };
  ctx.storage.Suspended.put(identity, {
    reason,
    boot: current ?? boot ?? new Uint8Array(32),
    since: ctx.block.number,
  });
  if (current) ctx.storage.Leases.remove(current);
  ctx.emit.WorkerSuspended({ pubkey: identity, reason });
  for (const tell of ctx.config.onLost) tell(ctx, { identity, cause: type });
}

/** The platform's worker may not serve on it any more. */
export function platformDenied(ctx: PhalaRegistryContext, platformId: Uint8Array): void {
  const owner = ctx.storage.PlatformIds.get(platformId);
  if (owner && !ctx.storage.Suspended.has(owner.identity)) suspend(ctx, owner.identity, "Denied");
}
