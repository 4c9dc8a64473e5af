/**
 * Batches of finalized blocks from the node, fetched once for all pRuntimes of the same height.
 *
 * **Bounds**: `MAX_KEPT` batches of together `MAX_KEPT_BYTES`; the one used longest ago goes first.
 */
import { SyncBatch } from "@pha/protocol";
import { decode, PhaError } from "@pha/scale";

export interface FetchedBatch {
  /** Number of the first block. */
  readonly from: number;
  /** Number of the last one. */
  readonly to: number;
  /** Encoded `SyncBatch`. */
  readonly bytes: Uint8Array;
}

export interface BatchSource {
  get(from: number): Promise<FetchedBatch | undefined>;
  forget(from: number): void;
}

const MAX_KEPT = 16;
const MAX_KEPT_BYTES = 48 << 20;
/** Blocks asked for at once; the node ends a batch earlier by its bytes. */
const MAX_BLOCKS = 256;

export function createBatchSource(
  fetchBatch: (from: number, maxBlocks: number) => Promise<Uint8Array | undefined>,
): BatchSource {
  const kept = new Map<number, FetchedBatch>();
  const underWay = new Map<number, Promise<FetchedBatch | undefined>>();
  let keptBytes = 0;

  function forget(from: number): void {
    keptBytes -= kept.get(from)?.bytes.length ?? 0;
    kept.delete(from);
  }

  function keep(batch: FetchedBatch): void {
    forget(batch.from);
    kept.set(batch.from, batch);
    keptBytes += batch.bytes.length;
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT && keptBytes <= MAX_KEPT_BYTES) return;
      forget(oldest);
    }
  }

  async function fetchFrom(from: number): Promise<FetchedBatch | undefined> {
    const bytes = await fetchBatch(from, MAX_BLOCKS);
    if (bytes === undefined) return undefined;
    const batch = decode(SyncBatch, bytes);
    if (!batch.ok || batch.value.headers.length === 0)
      throw new PhaError("worker/unexpected-answer", "the node's batch of blocks is malformed", {
        facts: { from, lengthBytes: bytes.length },
        hint: "Node and worker host must be of the same release.",
      });
    const fetched = { from, to: from + batch.value.headers.length - 1, bytes };
    keep(fetched);
    return fetched;
  }

  return {
    get(from) {
      const known = kept.get(from);
      if (known !== undefined) {
        kept.delete(from);
        kept.set(from, known);
        return Promise.resolve(known);
      }
      const running = underWay.get(from);
      if (running !== undefined) return running;
      const fetching = fetchFrom(from).finally(() => underWay.delete(from));
      underWay.set(from, fetching);
      return fetching;
    },
    forget,
  };
}
