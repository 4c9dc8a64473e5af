/**
 * Blobs that the chain refers to and does not hold: large deltas and replies, manifests of snapshots (protocol §4 to §6).
 *
 * A blob is announced by the first vote that names it and goes with the last vote or step that does. It counts as kept when
 * so many operators of the cluster's replicas as the chain demands gave a receipt for it.
 * **Bounds**: a delta and `MAX_REPLY_BLOBS` replies, of `MAX_REPLY_BLOB_BYTES` together, per voted commit and step, two
 * manifests per cluster; a receipt per operator. **Trust**: a receipt is its operator's word, signed by its replica's boot;
 * nobody proves that bytes are stored. A length is what a vote says: of several the longest counts, and nodes take nothing
 * longer.
 */
import { ensure } from "@pha/frame";
import {
  type BlobRef,
  MAX_DELTA_BYTES,
  MAX_REPLY_BLOB_BYTES,
  MAX_REPLY_BLOBS,
  replyBlobs,
} from "@pha/protocol";
import type { StateContext } from "./declaration.ts";
import type { Content } from "./types.ts";

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
  const longest = Math.max(blob.bytes, bytes);
  const references = blob.references + 1;
  ctx.storage.Blobs.put(digest, { ...blob, bytes: longest, references });
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

/** Blobs that a vote or a step names. */
export function blobsOf({ delta, replies }: Content): readonly BlobRef[] {
  const large = replyBlobs(replies);
  return delta.type === "Blob" ? [delta.value, ...large] : large;
}

/** Whether everything is on chain, or kept elsewhere. */
export function isAvailable(ctx: StateContext, content: Content): boolean {
  return blobsOf(content).every(({ digest }) => isKept(ctx, digest));
}

export function ensureFits(ctx: StateContext, { delta, replies }: Content): void {
  if (delta.type === "Blob") ensure(delta.value.bytes <= MAX_SEALED_DELTA, ctx.errors.BadContent);
  const large = replyBlobs(replies);
  const bytes = large.reduce((sum, blob) => sum + blob.bytes, 0);
  const fits = large.length <= MAX_REPLY_BLOBS && bytes <= MAX_REPLY_BLOB_BYTES;
  ensure(fits, ctx.errors.BadContent);
}

/**
 * Keeps what a vote carries, and refers to what it names. What came first stays, but for a delta that was said to be a
 * blob: on chain it is there, and of a blob's lengths the longest counts.
 */
export function keepContent(
  ctx: StateContext,
  cluster: Uint8Array,
  digest: Uint8Array,
  content: Content,
): void {
  const former = ctx.storage.Contents.get(cluster, digest);
  if (former !== undefined && former.delta.type === "OnChain") return;
  for (const blob of blobsOf(content)) refer(ctx, cluster, blob);
  for (const blob of former ? blobsOf(former) : []) release(ctx, blob.digest);
  ctx.storage.Contents.put(cluster, digest, content);
}

/** Forgets what a vote carried. */
export function dropContent(ctx: StateContext, cluster: Uint8Array, digest: Uint8Array): void {
  const content = ctx.storage.Contents.get(cluster, digest);
  if (content === undefined) return;
  for (const blob of blobsOf(content)) release(ctx, blob.digest);
  ctx.storage.Contents.remove(cluster, digest);
}

/** Takes what a vote carried for its step, and with it the references to its blobs. */
export function takeContentFor(
  ctx: StateContext,
  cluster: Uint8Array,
  digest: Uint8Array,
): Content | undefined {
  const content = ctx.storage.Contents.get(cluster, digest);
  ctx.storage.Contents.remove(cluster, digest);
  return content;
}
