/**
 * Blobs in the node's own database, counted by what refers to them.
 *
 * Each change is one batch of the journaled store: content, record and the counts of a manifest's chunks come and go
 * together, whenever the process dies.
 * **Bounds**: `maxBytes` of content, a quarter of it for one cluster; records of chunks are those of manifests.
 */

import { MAX_SNAPSHOT_CHUNKS } from "@pha/protocol";
import {
  type Codec,
  type CodecType,
  decode,
  encode,
  fail,
  fixedBytes,
  ok,
  option,
  type Result,
  struct,
  u32,
  vec,
} from "@pha/scale";
import type { KeyValueWrite } from "@pha/state";
import { BLOB_RECORD_PREFIX, blobKey, blobRecordKey } from "../database/columns.ts";
import { corrupt } from "../database/corrupt.ts";
import type { JournaledStore } from "../database/journaled-store.ts";
import { keyText } from "../database/key-text.ts";
import type { BlobRefusal, BlobStore } from "./blob-store.ts";

/** Clusters of which each may fill its share. */
const SHARES = 4;
const hash32 = fixedBytes(32);

const BlobRecord = struct({
  cluster: hash32,
  /** Of the content; 0 while a chunk is only expected. */
  bytes: u32,
  /** Manifests that name it; of a root the chain's word is one. */
  references: u32,
  /** Of a blob that the chain names: finalized block when it came, and the chunks that belong to it. */
  root: option(struct({ since: u32, chunks: vec(hash32, MAX_SNAPSHOT_CHUNKS) })),
});
type BlobRecord = CodecType<typeof BlobRecord>;

export function openEmbeddedBlobStore(store: JournaledStore, maxBytes: number): BlobStore {
  const records = new Map<string, { readonly digest: Uint8Array; readonly record: BlobRecord }>();
  const perCluster = new Map<string, number>();
  let bytes = 0;
  let count = 0;
  for (const [key, value] of store.range(BLOB_RECORD_PREFIX)) {
    const digest = key.slice(BLOB_RECORD_PREFIX.length);
    remember(digest, recordOf(value, BlobRecord));
  }

  function remember(digest: Uint8Array, record: BlobRecord | undefined): void {
    const id = keyText(digest);
    const former = records.get(id)?.record;
    account(former, -1);
    account(record, 1);
    if (record) records.set(id, { digest, record });
    else records.delete(id);
  }

  function account(record: BlobRecord | undefined, sign: 1 | -1): void {
    if (record === undefined || record.bytes === 0) return;
    bytes += sign * record.bytes;
    count += sign;
    const cluster = keyText(record.cluster);
    perCluster.set(cluster, (perCluster.get(cluster) ?? 0) + sign * record.bytes);
  }

  const known = (digest: Uint8Array) => records.get(keyText(digest))?.record;

  function room(cluster: Uint8Array, more: number): Result<undefined, BlobRefusal> {
    if (bytes + more > maxBytes) return fail({ code: "blob/store-full" });
    const own = perCluster.get(keyText(cluster)) ?? 0;
    return own + more > maxBytes / SHARES ? fail({ code: "blob/cluster-full" }) : ok(undefined);
  }

  /** All of it or nothing, on disk and here. */
  function write(
    changes: readonly (readonly [Uint8Array, BlobRecord | undefined])[],
    contents: readonly KeyValueWrite[],
  ): void {
    const writes = changes.map(
      ([digest, record]): KeyValueWrite => ({
        key: blobRecordKey(digest),
        value: record && encode(BlobRecord, record),
      }),
    );
    store.batch([...writes, ...contents]);
    for (const [digest, record] of changes) remember(digest, record);
  }

  return {
    get usage() {
      return { blobs: count, bytes, maxBytes };
    },
    get: (digest) => (known(digest)?.bytes ? store.get(blobKey(digest)) : undefined),
    has: (digest) => (known(digest)?.bytes ?? 0) > 0,
    putRoot({ cluster, since, digest }, content, chunks) {
      const former = known(digest);
      if (former?.root) return ok(undefined);
      const fits = room(cluster, content.length - (former?.bytes ?? 0));
      if (!fits.ok) return fits;
      const references = (former?.references ?? 0) + 1;
      const root = { since, chunks: chunks.map((chunk) => chunk.slice()) };
      const record = { cluster: cluster.slice(), bytes: content.length, references, root };
      const expected = new Map<string, readonly [Uint8Array, BlobRecord]>();
      for (const chunk of root.chunks) {
        const id = keyText(chunk);
        const before = expected.get(id)?.[1] ?? known(chunk);
        const next = before ?? {
          cluster: record.cluster,
          bytes: 0,
          references: 0,
          root: undefined,
        };
        expected.set(id, [chunk, { ...next, references: next.references + 1 }]);
      }
      write(
        [[digest.slice(), record], ...expected.values()],
        [{ key: blobKey(digest), value: content }],
      );
      return ok(undefined);
    },
    putChunk(digest, content) {
      const record = known(digest);
      if (record === undefined) return fail({ code: "blob/not-announced" });
      if (record.bytes > 0) return ok(undefined);
      const fits = room(record.cluster, content.length);
      if (!fits.ok) return fits;
      write(
        [[digest.slice(), { ...record, bytes: content.length }]],
        [{ key: blobKey(digest), value: content }],
      );
      return ok(undefined);
    },
    roots: () =>
      [...records.values()].flatMap(({ digest, record: { cluster, root } }) =>
        root ? [{ digest, cluster, since: root.since }] : [],
      ),
    release(digest) {
      const record = known(digest);
      if (record?.root === undefined) return;
      const left = new Map<string, readonly [Uint8Array, BlobRecord]>();
      left.set(keyText(digest), [digest, { ...record, root: undefined }]);
      for (const each of [digest, ...record.root.chunks]) {
        const id = keyText(each);
        const before = left.get(id)?.[1] ?? known(each);
        if (before) left.set(id, [each, { ...before, references: before.references - 1 }]);
      }
      const gone = [...left.values()].filter(([, { references }]) => references === 0);
      write(
        [...left.values()].map(([each, next]) => [each, next.references > 0 ? next : undefined]),
        gone.map(([each]) => ({ key: blobKey(each), value: undefined })),
      );
    },
    ready: () => store.ready(),
  };
}

function recordOf<T>(bytes: Uint8Array, codec: Codec<T>): T {
  const decoded = decode(codec, bytes);
  if (!decoded.ok) throw corrupt("record of a blob");
  return decoded.value;
}
