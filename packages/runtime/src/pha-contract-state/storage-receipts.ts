/** Receipts of operators for the blobs that their hosts keep: what waited for one becomes final. */
import { ensure } from "@pha/frame";
import { keyHolders, StorageReceipt, TOPIC } from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import type { MessageHandler } from "../phala-mq/index.ts";
import { declaration } from "./declaration.ts";
import { settleSnapshot } from "./snapshots.ts";
import { tally } from "./tally.ts";
import { judge } from "./verdicts.ts";
import { WEIGHTS } from "./weights.ts";

export const storageReceiptHandler: MessageHandler = {
  topic: TOPIC.storageReceipt,
  weight: () => WEIGHTS.storage_receipt,
  handle(hasEnv, { identity, boot, payload }) {
    const ctx = hasEnv.env.of(declaration);
    const decoded = decode(StorageReceipt, payload);
    ensure(decoded.ok, ctx.errors.MalformedMessage);
    const { digest } = decoded.value;
    const blob = ctx.storage.Blobs.get(digest);
    ensure(blob, ctx.errors.UnknownBlob);
    const { cluster, receipts } = blob;
    const record = ctx.config.clusters.clusterOf(ctx, cluster);
    const isMember = (record ? keyHolders(record) : []).some(
      (one) => equalBytes(one.identity, identity) && equalBytes(one.boot, boot),
    );
    const operator = ctx.config.workers.registrationOf(ctx, identity)?.operator;
    ensure(isMember && operator, ctx.errors.NotAssigned);
    ensure(!receipts.some((one) => equalBytes(one, operator)), ctx.errors.RepeatedReceipt);
    ctx.storage.Blobs.put(digest, { ...blob, receipts: [...receipts, operator] });
    ctx.emit.BlobKept({ digest, operator });
    if (blob.isManifest) settleSnapshot(ctx, cluster);
    else {
      tally(ctx, cluster);
      judge(ctx, cluster);
    }
  },
};
