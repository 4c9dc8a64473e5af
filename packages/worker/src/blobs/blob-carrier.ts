/**
 * Brings what a pRuntime made to the node as soon as the chain refers to it, and tells pRuntime what is kept there.
 *
 * ```
 * given ─► on disk ─ announced ─► at the node ─ of a manifest: all chunks too ─► kept
 * ```
 * A new start begins with an empty folder: a replica makes what is still wanted again.
 * **Bounds**: `maxBytes` on disk, more is dropped; `waitMs` for an announcement. **Not here**: what a blob is good for.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cidText, MAX_RECEIPT_BLOBS, SnapshotManifest } from "@pha/protocol";
import { decode, PhaError, toHex } from "@pha/scale";
import { reasonOf, type WorkerLog } from "../log.ts";
import type { NodeClient } from "../node/node-client.ts";

export type CarriedKind = "Delta" | "Reply" | "Manifest" | "Chunk";

export interface BlobCarrier {
  give(kind: CarriedKind, digest: Uint8Array, content: Uint8Array): void;
  /** The chain went on: it may refer to more. */
  onHead(): void;
  /** Resolves when what was under way at the call is done. */
  settled(): Promise<void>;
  /** The same, and begins nothing more. */
  stop(): Promise<void>;
}

export interface CarrierLimits {
  readonly maxBytes: number;
  readonly waitMs: number;
}

const LIMITS: CarrierLimits = { maxBytes: 1 << 30, waitMs: 30 * 60_000 };

interface Given {
  readonly kind: CarriedKind;
  readonly digest: Uint8Array;
  readonly bytes: number;
  readonly at: number;
}

export function createBlobCarrier(parts: {
  readonly directory: string;
  readonly node: Pick<NodeClient, "putBlob">;
  /** At most `MAX_RECEIPT_BLOBS` at once: pRuntime signs one receipt for all. */
  readonly kept: (digests: readonly Uint8Array[]) => void;
  readonly log: WorkerLog;
  readonly limits?: Partial<CarrierLimits>;
}): BlobCarrier {
  const { directory, node, kept, log } = parts;
  const { maxBytes, waitMs } = { ...LIMITS, ...parts.limits };
  const given = new Map<string, Given>();
  let bytes = 0;
  let stopped = false;
  let isCarrying = false;
  const empty = rm(directory, { recursive: true, force: true }).then(async () => {
    await mkdir(directory, { recursive: true });
  });
  /** Everything that is under way in the folder. */
  let working: Promise<void> = empty.catch(fault);

  function fault(error: unknown): void {
    log.error({ directory, reason: reasonOf(error) }, "the folder of blobs cannot be used");
  }

  const pathOf = (digest: Uint8Array): string => join(directory, toHex(digest).slice(2));

  async function drop({ digest, bytes: own }: Given): Promise<void> {
    if (!given.delete(toHex(digest))) return;
    bytes -= own;
    await rm(pathOf(digest), { force: true });
  }

  /** Whether the node has it now. */
  async function put(digest: Uint8Array, content: Uint8Array): Promise<boolean> {
    try {
      await node.putBlob(digest, content);
      return true;
    } catch (error) {
      if (!isUnannounced(error))
        log.debug({ cid: cidText(digest), reason: reasonOf(error) }, "the node keeps no blob");
      return false;
    }
  }

  async function carry(): Promise<void> {
    const now = performance.now();
    let carried: Uint8Array[] = [];
    const tell = (): void => {
      if (carried.length > 0) kept(carried);
      carried = [];
    };
    try {
      for (const one of [...given.values()]) {
        if (stopped) return;
        if (now - one.at > waitMs) await drop(one);
        else if (one.kind !== "Chunk" && (await carryRoot(one))) carried.push(one.digest);
        if (carried.length === MAX_RECEIPT_BLOBS) tell();
      }
    } finally {
      tell();
    }
  }

  /** Whether the node has it now, and all that it names. */
  async function carryRoot(root: Given): Promise<boolean> {
    const content = await readFile(pathOf(root.digest));
    if (!(await put(root.digest, content))) return false;
    const chunks = root.kind === "Manifest" ? chunksOf(content) : [];
    for (const digest of chunks) {
      const chunk = given.get(toHex(digest));
      // A chunk that is not here any more was brought in an earlier turn, or dropped for want of room.
      if (chunk === undefined) continue;
      if (stopped || !(await put(digest, await readFile(pathOf(digest))))) return false;
      await drop(chunk);
    }
    await drop(root);
    return true;
  }

  return {
    give(kind, digest, content) {
      if (given.has(toHex(digest))) return;
      if (bytes + content.length > maxBytes) {
        log.warn({ cid: cidText(digest), bytes }, "there is no room for a blob");
        return;
      }
      bytes += content.length;
      const one: Given = { kind, digest, bytes: content.length, at: performance.now() };
      // Beside what is being carried: contents must not wait in memory for a slow node.
      const written = empty
        .then(() => writeFile(pathOf(digest), content))
        .then(() => void given.set(toHex(digest), one))
        .catch(fault);
      working = working.then(() => written);
    },
    onHead() {
      if (isCarrying) return;
      isCarrying = true;
      const carried = empty
        .then(carry)
        .catch(fault)
        .finally(() => {
          isCarrying = false;
        });
      working = working.then(() => carried);
    },
    settled: () => working,
    stop() {
      stopped = true;
      return working;
    },
  };
}

function chunksOf(content: Uint8Array): readonly Uint8Array[] {
  const manifest = decode(SnapshotManifest, content);
  return manifest.ok ? manifest.value.chunks : [];
}

function isUnannounced(error: unknown): boolean {
  return error instanceof PhaError && error.facts["data"] === "blob/not-announced";
}
