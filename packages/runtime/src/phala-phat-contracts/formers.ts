/**
 * Names of a cluster's keys, and what becomes of commands that were sealed to a former one (protocol §4).
 *
 * ```
 * present ─ named anew ─► former ─ new keys agreed ─► grace ─ over ─► its last command is final ─► closed
 *    └──────────── named anew for cause, or its shares are lost: no grace, it opens nothing any more ───┘
 * ```
 * Which names' commands replicas open is part of the present name: it changes only when the cluster is named anew, which
 * voids every vote of before, or when nothing waits under a former name. So all replicas open the same, and whatever the
 * chain accepts is opened: as long as a name is a former one, gatekeepers release its key and keep the generation's shares.
 *
 * **Bounds**: `MAX_FORMERS` per cluster; a further change lets the oldest go without grace.
 */
import type { Weight } from "@pha/frame";
import { scaleWeight } from "@pha/frame";
import { type Cluster, type EpochName, FIRST_EPOCH, isSameName, MAX_FORMERS } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import { clusterOf, putChanged } from "./clusters.ts";
import type { PhatContext } from "./declaration.ts";
import { dueRotation, rotateWithName, versionComplete } from "./state-keys.ts";
import { NO_COMMANDS } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Names a cluster's keys anew; of the names until now those stay openable that `keeps` says. */
export function nameAnew(
  ctx: PhatContext,
  cluster: Uint8Array,
  name: EpochName,
  keeps: (former: EpochName) => boolean,
): void {
  const record = clusterOf(ctx, cluster);
  const present = presentName(ctx, cluster, record);
  rotateWithName(ctx, cluster, !present.every(keeps));
  const formers = [...record.formers, ...present].filter(keeps).slice(-MAX_FORMERS);
  const { Formers } = ctx.storage;
  const isKept = (one: EpochName) => formers.some((former) => isSameName(former, one));
  const all = Formers.get();
  const others = all.filter((one) => !equalBytes(one.cluster, cluster));
  const own = all.filter((one) => equalBytes(one.cluster, cluster) && isKept(one));
  const added = formers
    .filter((former) => !own.some((one) => isSameName(one, former)))
    .map((former) => ({ cluster, ...former, until: undefined, last: undefined }));
  Formers.put([...others, ...own, ...added]);
  ctx.emit.EpochChanged({ cluster, ...name });
  putChanged(ctx, cluster, { ...record, ...name, formers, panel: undefined });
  ctx.config.commits.namedAnew(ctx, cluster);
}

/** Names the cluster anew because its state key is to be made anew, without any other cause. */
export function rotate(ctx: PhatContext, cluster: Uint8Array): void {
  const { generation, epoch } = clusterOf(ctx, cluster);
  nameAnew(ctx, cluster, { generation, epoch: epoch + 1n }, () => true);
}

/** Rotates the state key whose time is over. */
export function rotateDue(ctx: PhatContext): Weight {
  const cluster = dueRotation(ctx);
  if (cluster === undefined) return WEIGHTS.rotation_look;
  rotate(ctx, cluster);
  return WEIGHTS.rotate_state_key;
}

/** A final snapshot is under this version of the state key. */
export function snapshotFinal(ctx: PhatContext, cluster: Uint8Array, version: number): void {
  if (versionComplete(ctx, cluster, version)) rotate(ctx, cluster);
}

/** The present name, if commands can have been sealed to it. */
function presentName(
  ctx: PhatContext,
  cluster: Uint8Array,
  { generation, epoch }: Cluster,
): readonly EpochName[] {
  const agreed = ctx.storage.WrappedStateKeys.get(cluster);
  const name = { generation, epoch };
  return agreed && isSameName(agreed, name) ? [name] : [];
}

/** The present keys are agreed: from now on the grace of the former ones runs. */
export function beginGrace(ctx: PhatContext, cluster: Uint8Array): void {
  const { Formers } = ctx.storage;
  const until = ctx.block.number + ctx.config.sealingGrace;
  Formers.put(
    Formers.get().map((one) =>
      equalBytes(one.cluster, cluster) && one.until === undefined ? { ...one, until } : one,
    ),
  );
}

/** Whether the chain takes commands sealed to the name in the present block. */
export function isAccepted(
  ctx: PhatContext,
  cluster: Uint8Array,
  record: Cluster,
  name: EpochName,
): boolean {
  if (isSameName(record, name)) return true;
  const former = ctx.storage.Formers.get().find(
    (one) => equalBytes(one.cluster, cluster) && isSameName(one, name),
  );
  return former !== undefined && (former.until === undefined || ctx.block.number <= former.until);
}

/** Replies to so many of the cluster's commands are final; it executes them in their order. */
export function commandsFinal(ctx: PhatContext, cluster: Uint8Array, count: number): void {
  if (count === 0) return;
  const { CommandCounts } = ctx.storage;
  const counts = CommandCounts.get(cluster) ?? NO_COMMANDS;
  CommandCounts.put(cluster, { ...counts, final: counts.final + BigInt(count) });
}

export function commandQueued(ctx: PhatContext, cluster: Uint8Array): void {
  const { CommandCounts } = ctx.storage;
  const counts = CommandCounts.get(cluster) ?? NO_COMMANDS;
  CommandCounts.put(cluster, { ...counts, queued: counts.queued + 1n });
}

/** Closes former names whose grace is over and whose last command is final. */
export function closeFormers(ctx: PhatContext): Weight {
  const { Formers, CommandCounts } = ctx.storage;
  const all = Formers.get();
  if (all.length === 0) return scaleWeight(WEIGHTS.per_former, 0n);
  const counted = all.map((one) => {
    const isOver = one.until !== undefined && ctx.block.number > one.until;
    if (!isOver || one.last !== undefined) return one;
    return { ...one, last: (CommandCounts.get(one.cluster) ?? NO_COMMANDS).queued };
  });
  const isDone = ({ cluster, last }: (typeof counted)[number]) =>
    last !== undefined && (CommandCounts.get(cluster) ?? NO_COMMANDS).final >= last;
  const open = counted.filter((one) => !isDone(one));
  const changed = counted.some((one, i) => one !== all[i]) || open.length < all.length;
  if (changed) Formers.put(open);
  for (const { cluster, generation, epoch } of counted.filter(isDone)) {
    const record = clusterOf(ctx, cluster);
    const name = { generation, epoch };
    const formers = record.formers.filter((one) => !isSameName(one, name));
    ctx.emit.FormerNameClosed({ cluster, ...name });
    putChanged(ctx, cluster, { ...record, formers });
    ctx.config.commits.formerClosed(ctx, cluster);
  }
  if (open.length < all.length) ctx.config.formersClosed(ctx);
  return scaleWeight(WEIGHTS.per_former, BigInt(all.length));
}

/** Oldest generation whose keys commands still wait for. */
export function oldestFormer(ctx: PhatContext): bigint | undefined {
  const generations = ctx.storage.Formers.get().map(({ generation }) => generation);
  return generations.reduce<bigint | undefined>(
    (least, one) => (least === undefined || one < least ? one : least),
    undefined,
  );
}

/** Every cluster's keys are of the new generation, first epoch; tells how many state keys are to be wrapped anew. */
export function generationActivated(
  ctx: PhatContext,
  generation: bigint,
  keeps: (former: EpochName) => boolean,
): number {
  let wrapped = 0;
  for (const cluster of ctx.storage.ClusterList.get()) {
    nameAnew(ctx, cluster, { generation, epoch: FIRST_EPOCH }, keeps);
    const { WrappedStateKeys, GivenUp } = ctx.storage;
    if (WrappedStateKeys.has(cluster) && !GivenUp.has(cluster)) wrapped += 1;
  }
  return wrapped;
}

/** Nobody can make the keys of a generation any more: clusters that still need one are named anew without it. */
export function generationLost(ctx: PhatContext, lost: bigint): void {
  for (const cluster of ctx.storage.ClusterList.get()) {
    const { formers, generation, epoch } = clusterOf(ctx, cluster);
    if (!formers.some((one) => one.generation === lost)) continue;
    const next = { generation, epoch: epoch + 1n };
    nameAnew(ctx, cluster, next, (former) => former.generation !== lost);
  }
}

/** Whether the handover waited for the cluster, which it does not any more. */
export function giveUp(ctx: PhatContext, cluster: Uint8Array, generation: bigint): boolean {
  const { GivenUp, WrappedStateKeys } = ctx.storage;
  const wrap = WrappedStateKeys.get(cluster);
  if (wrap === undefined || wrap.generation >= generation || GivenUp.has(cluster)) return false;
  GivenUp.put(cluster, { generation: wrap.generation, block: ctx.block.number });
  const { epoch } = clusterOf(ctx, cluster);
  const isOlder = (former: EpochName) => former.generation < generation;
  if (ctx.storage.Formers.get().some((one) => equalBytes(one.cluster, cluster) && isOlder(one)))
    nameAnew(ctx, cluster, { generation, epoch: epoch + 1n }, (former) => !isOlder(former));
  return true;
}

/** Replicas that kept the state key in memory wrapped it anew. */
export function returned(ctx: PhatContext, cluster: Uint8Array, generation: bigint): void {
  ctx.storage.GivenUp.remove(cluster);
  ctx.emit.ClusterReturned({ cluster, generation });
}
