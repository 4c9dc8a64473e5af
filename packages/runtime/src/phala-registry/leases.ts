/** Leases: how long a boot may answer without being heard of (protocol §7). */
import { ensure, type HasEnv } from "@pha/frame";
import { Heartbeat, TOPIC } from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import type { MessageHandler } from "../phala-mq/index.ts";
import { declaration, type PhalaRegistryContext, RECENT_BLOCKS } from "./declaration.ts";
import { isNewEnough } from "./versions.ts";
import { WEIGHTS } from "./weights.ts";

export function grantLease(
  ctx: PhalaRegistryContext,
  boot: Uint8Array,
  heartbeat: Heartbeat,
): void {
  const until = ctx.config.now(ctx) + ctx.config.leaseMs;
  const at = { number: ctx.block.number, hash: ctx.block.parentHash };
  ctx.storage.Leases.put(boot, { heartbeat, at, until });
  ctx.emit.LeaseRenewed({ boot, until });
}

/** Renews the lease of the boot that sent it, when its head is a recent block of this chain. */
export const heartbeatHandler: MessageHandler = {
  topic: TOPIC.heartbeat,
  weight: () => WEIGHTS.heartbeat,
  handle(hasEnv: HasEnv, { identity, boot, payload }) {
    const ctx = hasEnv.env.of(declaration);
    const heartbeat = decode(Heartbeat, payload);
    ensure(heartbeat.ok, ctx.errors.MalformedMessage);
    const { head } = heartbeat.value;
    const version = ctx.storage.Boots.get(identity)?.registration.version;
    ensure(version !== undefined && isNewEnough(ctx, version), ctx.errors.OldVersion);
    ensure(head.number + RECENT_BLOCKS >= ctx.block.number, ctx.errors.OldBlock);
    const hash = ctx.config.blockHash(ctx, head.number);
    ensure(hash && equalBytes(hash, head.hash), ctx.errors.UnknownBlock);
    grantLease(ctx, boot, heartbeat.value);
  },
};
