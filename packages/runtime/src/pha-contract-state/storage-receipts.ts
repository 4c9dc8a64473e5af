/** Receipts of operators for the blobs that their hosts keep: what waited for one becomes final. */
import { ensure, linearWeight } from "@pha/frame";
import { type Blob, keyHolders, StorageReceipt, TOPIC } from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import type { MessageHandler } from "../phala-mq/index.ts";
import { declaration, type StateContext } from "./declaration.ts";
import { settleSnapshot } from "./snapshots.ts";
import { tally } from "./tally.ts";
import { judge } from "./verdicts.ts";
import { WEIGHTS } from "./weights.ts";

const DIGEST_BYTES = 32;

export const storageReceiptHandler: MessageHandler = {
  topic: TOPIC.storageReceipt,
  weight: (bytes) =>
    linearWeight(
      WEIGHTS.storage_receipt,
      WEIGHTS.receipt_per_blob,
      Math.ceil(bytes / DIGEST_BYTES),
    ),
  handle(hasEnv, { identity, boot, payload }) {
    const ctx = hasEnv.env.of(declaration);
    const decoded = decode(StorageReceipt, payload);
    ensure(decoded.ok, ctx.errors.MalformedMessage);
    const operator = ctx.config.workers.registrationOf(ctx, identity)?.operator;
    ensure(operator, ctx.errors.NotAssigned);
    const { digests } = decoded.value;
    const cluster = clusterOf(ctx, digests);
    ensure(cluster, ctx.errors.UnknownBlob);
    const record = ctx.config.clusters.clusterOf(ctx, cluster);
    const isMember = (record ? keyHolders(record) : []).some(
      (one) => equalBytes(one.identity, identity) && equalBytes(one.boot, boot),
    );
    ensure(isMember, ctx.errors.NotAssigned);
    const taken = digests.flatMap((digest) => takeReceipt(ctx, cluster, digest, operator));
    ensure(taken.length > 0, ctx.errors.RepeatedReceipt);
    if (taken.some(({ isManifest }) => isManifest)) settleSnapshot(ctx, cluster);
    if (taken.every(({ isManifest }) => isManifest)) return;
    tally(ctx, cluster);
    judge(ctx, cluster);
  },
};

/** Cluster of the first blob that the chain refers to; a receipt is for one. */
function clusterOf(ctx: StateContext, digests: readonly Uint8Array[]): Uint8Array | undefined {
  for (const digest of digests) {
    const blob = ctx.storage.Blobs.get(digest);
    if (blob) return blob.cluster;
  }
  return undefined;
}

/** Nothing where the chain has let the blob go meanwhile, has the operator's receipt, or names another cluster's. */
function takeReceipt(
  ctx: StateContext,
  cluster: Uint8Array,
  digest: Uint8Array,
  operator: Uint8Array,
): readonly Blob[] {
  const blob = ctx.storage.Blobs.get(digest);
  if (blob === undefined || !equalBytes(blob.cluster, cluster)) return [];
  if (blob.receipts.some((one) => equalBytes(one, operator))) return [];
  ctx.storage.Blobs.put(digest, { ...blob, receipts: [...blob.receipts, operator] });
  ctx.emit.BlobKept({ digest, operator });
  return [blob];
}
