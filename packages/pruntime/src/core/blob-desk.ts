/**
 * Blobs between the core and its host: what is given out to be kept, the receipts for it, and what is asked back.
 *
 * **Bounds**: `MAX_AWAITED` blobs await their receipt, the oldest is forgotten; `MAX_ASKED` questions wait for an answer.
 * **Trust**: a receipt is the operator's word that its host keeps a blob; it is signed for blobs that this boot made only.
 */
import { type BlobRef, StorageReceipt, TOPIC } from "@pha/protocol";
import { encode, toHex } from "@pha/scale";
import type { Output } from "./inputs.ts";
import type { Outbox } from "./outbox.ts";

export const MAX_AWAITED = 256;
export const MAX_ASKED = 512;

export type BlobKind = "Delta" | "Manifest" | "Chunk";

export interface BlobDesk {
  give(kind: BlobKind, digest: Uint8Array, content: Uint8Array): Output;
  /** The host keeps the blob and, of a manifest, all that it names. */
  kept(digest: Uint8Array): readonly Output[];
  ask(
    blob: BlobRef,
    source: number,
    then: (content: Uint8Array | undefined) => readonly Output[],
  ): Output;
  answer(id: number, content: Uint8Array | undefined): readonly Output[];
}

export function createBlobDesk(outbox: Outbox): BlobDesk {
  const awaited = new Map<string, Uint8Array>();
  const asked = new Map<number, (content: Uint8Array | undefined) => readonly Output[]>();
  let nextId = 1;
  return {
    give(kind, digest, content) {
      // A chunk is kept with its manifest.
      if (kind !== "Chunk") {
        awaited.set(toHex(digest), digest);
        const [oldest] = awaited.keys();
        if (awaited.size > MAX_AWAITED && oldest !== undefined) awaited.delete(oldest);
      }
      return { type: "blob", kind, digest, content };
    },
    kept(digest) {
      if (!awaited.delete(toHex(digest))) return [];
      return [outbox.send(TOPIC.storageReceipt, encode(StorageReceipt, { digest }))];
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
