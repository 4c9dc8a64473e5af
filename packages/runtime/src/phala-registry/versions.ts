/**
 * The least version of pRuntime that may serve.
 *
 * ```
 * raised ─► no registration, lease or key for older ones, at once ─ grace over ─► those that serve are suspended
 * lowered ─► announced ─ delay over ─► counts
 * ```
 * What counts is the version that a pRuntime states of itself inside its evidence: an allow-listed program states its own.
 */
import { ensure } from "@pha/frame";
import { AdmissionEvent, type ProgramVersion, packVersion, TOPIC } from "@pha/protocol";
import { assert, encode } from "@pha/scale";
import { palletOrigin } from "../phala-mq/index.ts";
import { declaration, MAX_GRACE_BLOCKS, type PhalaRegistryContext } from "./declaration.ts";

/** @param version `major << 16 | minor << 8 | patch` */
export function isNewEnough(ctx: PhalaRegistryContext, version: number): boolean {
  return version >= leastOf(ctx);
}

/** Of a worker that serves: its version is too old, and the grace is over. */
export function isTooOld(ctx: PhalaRegistryContext, version: number): boolean {
  if (isNewEnough(ctx, version)) return false;
  const { suspendFrom } = ctx.storage.VersionChange.get();
  return suspendFrom === undefined || suspendFrom <= ctx.block.number;
}

export function setMinimumVersion(
  ctx: PhalaRegistryContext,
  version: ProgramVersion,
  grace: number,
): void {
  const { MinimumPRuntimeVersion, VersionChange } = ctx.storage;
  const wanted = packVersion(version);
  ensure(wanted.ok, ctx.errors.BadVersion);
  ensure(grace <= MAX_GRACE_BLOCKS, ctx.errors.LongGrace);
  const { suspendFrom } = VersionChange.get();
  const { number } = ctx.block;
  tell(ctx, { type: "MinimumVersion", value: { version: wanted.value } });
  if (wanted.value < leastOf(ctx)) {
    const since = number + ctx.config.looseningDelay;
    VersionChange.put({ suspendFrom, lowered: { version, since } });
    ctx.emit.MinimumVersionAnnounced({ version, since });
    return;
  }
  // Whoever had less time before has no more now.
  const from = Math.min(number + grace, suspendFrom ?? Number.POSITIVE_INFINITY);
  MinimumPRuntimeVersion.put(version);
  VersionChange.put({ suspendFrom: from, lowered: undefined });
  ctx.emit.MinimumVersionSet({ version, suspendFrom: from });
}

/** What the block's number brings about. Tells whether all workers are to be looked at. */
export function versionsInTime(ctx: PhalaRegistryContext): boolean {
  const { MinimumPRuntimeVersion, VersionChange } = ctx.storage;
  const { suspendFrom, lowered } = VersionChange.get();
  const { number } = ctx.block;
  const isLowered = lowered !== undefined && lowered.since <= number;
  const isOver = suspendFrom !== undefined && suspendFrom <= number;
  if (!isLowered && !isOver) return false;
  if (isLowered) {
    MinimumPRuntimeVersion.put(lowered.version);
    ctx.emit.MinimumVersionSet({ version: lowered.version, suspendFrom: suspendFrom ?? number });
  }
  VersionChange.put({
    suspendFrom: isOver ? undefined : suspendFrom,
    lowered: isLowered ? undefined : lowered,
  });
  return isOver;
}

function leastOf({ storage }: PhalaRegistryContext): number {
  const packed = packVersion(storage.MinimumPRuntimeVersion.get());
  assert(packed.ok, "only versions that fit are set");
  return packed.value;
}

function tell(ctx: PhalaRegistryContext, event: AdmissionEvent): void {
  const sender = palletOrigin(declaration.name);
  ctx.config.queue.push(ctx, sender, TOPIC.admission, encode(AdmissionEvent, event));
}
