/**
 * Where the host finds blobs for a pRuntime: its own node first, then other worker hosts.
 *
 * **Trust**: sources are hostile; what does not hash to its name is not passed on. pRuntime judges again.
 */
import { blake2b256 } from "@pha/crypto";
import { cidText, SEALED_CHUNK_BYTES } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import { reasonOf, type WorkerLog } from "../log.ts";
import type { NodeClient } from "../node/node-client.ts";

const PEER_TIMEOUT_MS = 10_000;

export interface BlobSource {
  /**
   * @param source which of the sources, modulo of how many there are
   * @returns nothing when it has none, or another content
   */
  get(digest: Uint8Array, source: number): Promise<Uint8Array | undefined>;
}

/** @param peers URLs of other worker hosts */
export function createBlobSource(
  node: Pick<NodeClient, "getBlob">,
  peers: readonly string[],
  log: WorkerLog,
): BlobSource {
  const sources = [
    { name: "node", get: (digest: Uint8Array) => node.getBlob(digest) },
    ...peers.map((url) => ({ name: url, get: (digest: Uint8Array) => fromPeer(url, digest) })),
  ];
  return {
    async get(digest, wanted) {
      const source = sources[wanted % sources.length];
      const facts = { source: source?.name, cid: cidText(digest) };
      try {
        const content = await source?.get(digest);
        if (content === undefined || equalBytes(blake2b256(content), digest)) return content;
        log.warn(facts, "a source gave another blob");
      } catch (error) {
        log.debug({ ...facts, reason: reasonOf(error) }, "a source gave no blob");
      }
      return undefined;
    },
  };
}

async function fromPeer(url: string, digest: Uint8Array): Promise<Uint8Array | undefined> {
  const response = await fetch(`${url.replace(/\/$/, "")}/v1/blobs/${cidText(digest)}`, {
    signal: AbortSignal.timeout(PEER_TIMEOUT_MS),
    redirect: "error",
  });
  if (!response.ok || response.body === null) return undefined;
  const content = new Uint8Array(SEALED_CHUNK_BYTES);
  let length = 0;
  for await (const part of response.body) {
    if (length + part.length > content.length) return undefined;
    content.set(part, length);
    length += part.length;
  }
  return content.slice(0, length);
}
