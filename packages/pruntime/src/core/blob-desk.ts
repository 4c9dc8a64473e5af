/**
 * Blobs between the core and its host: what is given out to be kept, the receipts for it, and what is asked back.
 *
 * **Bounds**: `MAX_AWAITED` blobs await their receipt, the oldest is forgotten; `MAX_ASKED` questions wait for an
 * answer.
 * **Trust**: a receipt is the operator's word that its host keeps a blob; it is signed for blobs that this boot made only.
 */
import {
  type BlobRef,
  MAX_PENDING_COMMITS,
  MAX_REPLY_BLOBS,
  StorageReceipt,
  TOPIC,
} from "@pha/protocol";
import { encode, toHex } from "@pha/scale";
import type { Output } from "./inputs.ts";
import type { Outbox } from "./outbox.ts";

/** Those of some clusters' pending commits, each with a delta and as many replies as can be blobs, and snapshots. */
export const MAX_AWAITED = 4 * MAX_PENDING_COMMITS * (MAX_REPLY_BLOBS + 1);
export const MAX_ASKED = 512;

export type BlobKind = "Delta" | "Reply" | "Manifest" | "Chunk";

export interface BlobDesk {
  /** @param cluster whose commit or snapshot names it */
  give(kind: BlobKind, cluster: Uint8Array, digest: Uint8Array, content: Uint8Array): Output;
  /** The host keeps the blobs, at most `MAX_RECEIPT_BLOBS`, and of a manifest all that it names: a receipt per cluster. */
  kept(digests: readonly Uint8Array[]): readonly Output[];
  ask(
    blob: BlobRef,
    source: number,
    then: (content: Uint8Array | undefined) => readonly Output[],
  ): Output;
  answer(id: number, content: Uint8Array | undefined): readonly Output[];
}

export function createBlobDesk(outbox: Outbox): BlobDesk {
  /** Clusters of what awaits a receipt, by digest. */
  const awaited = new Map<string, Uint8Array>();
  const asked = new Map<number, (content: Uint8Array | undefined) => readonly Output[]>();
  let nextId = 1;
  return {
    give(kind, cluster, digest, content) {
      // A chunk is kept with its manifest.
      if (kind !== "Chunk") {
        awaited.set(toHex(digest), cluster);
        const [oldest] = awaited.keys();
        if (awaited.size > MAX_AWAITED && oldest !== undefined) awaited.delete(oldest);
      }
      return { type: "blob", kind, digest, content };
    },
    kept(digests) {
      const byCluster = new Map<string, Uint8Array[]>();
      for (const digest of digests) {
        const id = toHex(digest);
        const cluster = awaited.get(id);
        if (cluster === undefined) continue;
        awaited.delete(id);
        byCluster.set(toHex(cluster), [...(byCluster.get(toHex(cluster)) ?? []), digest]);
      }
      return [...byCluster.values()].map((own) =>
        outbox.send(TOPIC.storageReceipt, encode(StorageReceipt, { digests: own })),
      );
    },
    ask(blob, source, then) {
      const id = nextId++;
      asked.set(id, then);
      const [oldest] = asked.keys();
      // Its replica has begun anew.
      if (asked.size > MAX_ASKED && oldest !== undefined) asked.delete(oldest);
      return { type: "read-blob", id, blob, source };
    },
    answer(id, content) {
      const then = asked.get(id);
      asked.delete(id);
      return then?.(content) ?? [];
    },
  };
}
