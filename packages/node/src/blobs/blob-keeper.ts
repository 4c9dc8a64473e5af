/**
 * Which blobs this node keeps: those that the chain refers to, for as long as it does (protocol §5).
 *
 * **Bounds**: those of the store; `MAX_BYTES_PER_MINUTE` from one caller. **Trust**: whoever puts is hostile: content must
 * hash to its name, be no longer than the chain says, and be referred to.
 */
import { blake2b256 } from "@pha/crypto";
import { cidText, SEALED_CHUNK_BYTES, SnapshotManifest, STORAGE } from "@pha/protocol";
import { decode, equalBytes, PhaError } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import type { BlobRefusal, BlobStore, BlobUsage } from "./blob-store.ts";

/** Finalized blocks between two looks at what is not referred to any more. */
export const LOOK_BLOCKS = 16;
/** A blob named by the best chain stays for so long before finality has to name it. */
export const GRACE_BLOCKS = 64;
/** A host brings the largest snapshot within one. */
const MAX_BYTES_PER_MINUTE = 384 << 20;
const MINUTE_MS = 60_000;

export interface BlobKeeper {
  readonly usage: BlobUsage;
  /** Content of a blob, if it is here. */
  get(digest: Uint8Array): Uint8Array | undefined;
  /**
   * @param caller connection that brings it
   * @throws PhaError `blob/…`
   */
  put(caller: number, digest: Uint8Array, content: Uint8Array): Promise<void>;
  stop(): void;
}

interface Allowance {
  readonly since: number;
  bytes: number;
}

const HINTS: Readonly<Record<BlobRefusal["code"], string>> = {
  "blob/not-announced": "Bring it when the chain refers to it, and a manifest before its chunks.",
  "blob/store-full": "The operator of this node may give blobs more room; others may have it.",
  "blob/cluster-full": "The cluster's share of this node is used up; older snapshots make room.",
};

export function startBlobKeeper(parts: {
  readonly chain: Pick<Chain, "best" | "finalized" | "stateOf" | "events">;
  readonly store: BlobStore;
  /** @default performance.now */
  readonly nowMs?: () => number;
}): BlobKeeper {
  const { chain, store, nowMs = () => performance.now() } = parts;
  const allowances = new Map<number, Allowance>();
  let lookedAt = chain.finalized.number;

  function look(): void {
    const { number, header } = chain.finalized;
    lookedAt = number;
    const state = chain.stateOf(header);
    for (const { digest, since } of store.roots())
      if (number >= since + GRACE_BLOCKS && state.get(STORAGE.blob.key(digest)) === undefined)
        store.release(digest);
  }

  const stop = chain.events.subscribe((event) => {
    if (event.type === "finalized" && chain.finalized.number >= lookedAt + LOOK_BLOCKS) look();
  });

  function allow(caller: number, bytes: number): void {
    const now = nowMs();
    for (const [id, { since }] of allowances) if (now - since >= MINUTE_MS) allowances.delete(id);
    const allowance = allowances.get(caller) ?? { since: now, bytes: 0 };
    if (allowance.bytes + bytes > MAX_BYTES_PER_MINUTE)
      throw new PhaError("blob/too-much", "the connection brought too many bytes in a minute", {
        hint: "Wait a minute.",
      });
    allowance.bytes += bytes;
    allowances.set(caller, allowance);
  }

  function announced(digest: Uint8Array) {
    const stored = chain.stateOf(chain.best.header).get(STORAGE.blob.key(digest));
    const blob = stored && decode(STORAGE.blob.value, stored);
    return blob?.ok ? blob.value : undefined;
  }

  return {
    get usage() {
      return store.usage;
    },
    get: (digest) => store.get(digest),
    async put(caller, digest, content) {
      if (store.has(digest)) return;
      allow(caller, content.length);
      if (!equalBytes(blake2b256(content), digest))
        throw refusal("blob/other-content", "the content has another hash than the name", digest);
      await store.ready();
      const blob = announced(digest);
      const put = blob
        ? putRoot(blob, digest, content)
        : content.length === SEALED_CHUNK_BYTES
          ? store.putChunk(digest, content)
          : ({ ok: false, error: { code: "blob/not-announced" } } as const);
      if (!put.ok) {
        const { code } = put.error;
        throw new PhaError(code, "the blob is not kept here", {
          facts: { cid: cidText(digest) },
          hint: HINTS[code],
        });
      }
    },
    stop,
  };

  function putRoot(
    blob: NonNullable<ReturnType<typeof announced>>,
    digest: Uint8Array,
    content: Uint8Array,
  ) {
    // A vote may name a longer one than it is; what hashes to the name is the blob all the same.
    if (content.length > blob.bytes)
      throw refusal("blob/other-length", "the chain names a shorter length", digest);
    const manifest = blob.isManifest ? decode(SnapshotManifest, content) : undefined;
    if (manifest && !manifest.ok)
      throw refusal("blob/bad-manifest", "the manifest does not decode", digest);
    const root = { digest, cluster: blob.cluster, since: chain.finalized.number };
    return store.putRoot(root, content, manifest?.value.chunks ?? []);
  }
}

function refusal(
  code: "blob/other-content" | "blob/other-length" | "blob/bad-manifest",
  message: string,
  digest: Uint8Array,
): PhaError {
  return new PhaError(code, message, {
    facts: { cid: cidText(digest) },
    hint: "Take the blob from whoever made it; this one is damaged or another.",
  });
}
