/**
 * Blobs that the chain refers to and does not hold: large deltas, manifests of snapshots (protocol §5, §6).
 *
 * A blob is announced by the first vote or step that names it and goes with the last. It counts as kept when so many
 * operators of the cluster's replicas as the chain demands gave a receipt for it.
 * **Bounds**: one blob per voted commit and step, two per cluster for snapshots; a receipt per operator. **Trust**: a receipt
 * is its operator's word, signed by its replica's boot; nobody proves that bytes are stored.
 */
import { ensure } from "@pha/frame";
import { type BlobRef, MAX_DELTA_BYTES, type StepDelta } from "@pha/protocol";
import type { StateContext } from "./declaration.ts";

/** Longest sealed delta in bytes. */
const MAX_SEALED_DELTA = MAX_DELTA_BYTES + 16;

export function refer(
  ctx: StateContext,
  cluster: Uint8Array,
  { digest, bytes }: BlobRef,
  isManifest = false,
): void {
  const known = ctx.storage.Blobs.get(digest);
  if (known === undefined) ctx.emit.BlobAnnounced({ cluster, digest, bytes });
  const blob = known ?? { cluster, bytes, isManifest, references: 0, receipts: [] };
  ctx.storage.Blobs.put(digest, { ...blob, references: blob.references + 1 });
}

export function release(ctx: StateContext, digest: Uint8Array): void {
  const blob = ctx.storage.Blobs.get(digest);
  if (blob === undefined) return;
  if (blob.references > 1)
    ctx.storage.Blobs.put(digest, { ...blob, references: blob.references - 1 });
  else ctx.storage.Blobs.remove(digest);
}

/** Whether enough operators keep the blob. */
export function isKept(ctx: StateContext, digest: Uint8Array): boolean {
  const receipts = ctx.storage.Blobs.get(digest)?.receipts ?? [];
  return receipts.length >= ctx.config.storageReceipts;
}

/** Whether the delta is on chain, or kept elsewhere. */
export function isAvailable(ctx: StateContext, delta: StepDelta): boolean {
  return delta.type === "OnChain" || isKept(ctx, delta.value.digest);
}

export function ensureFits(ctx: StateContext, delta: StepDelta): void {
  if (delta.type === "Blob") ensure(delta.value.bytes <= MAX_SEALED_DELTA, ctx.errors.BadContent);
}

/** Forgets what a vote carried. */
export function dropContent(ctx: StateContext, cluster: Uint8Array, digest: Uint8Array): void {
  const content = ctx.storage.Contents.get(cluster, digest);
  if (content?.delta.type === "Blob") release(ctx, content.delta.value.digest);
  ctx.storage.Contents.remove(cluster, digest);
}
