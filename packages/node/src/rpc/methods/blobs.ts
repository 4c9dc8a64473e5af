/** `pha_*` of blobs: what the chain refers to and does not hold, by CID. */
import { cidText, parseCid } from "@pha/protocol";
import { toHex } from "../../hex.ts";
import type { MethodGroup } from "../method.ts";
import type { NodeContext } from "../node-context.ts";
import { hexParam, type Params, stringParam } from "../params.ts";
import { invalidParams } from "../rpc-errors.ts";

export function blobMethods({ blobs }: NodeContext): MethodGroup {
  return {
    /**
     * Keeps a blob that the chain, or a manifest that is here, refers to; again is no error.
     *
     * @throws PhaError `blob/not-announced`, `blob/store-full`, `blob/cluster-full`, `blob/too-much`, `blob/other-content`,
     * `blob/other-length`, `blob/bad-manifest`
     */
    pha_putBlob: async ({ params, connection }) => {
      const digest = cidParam(params);
      await blobs.put(connection.id, digest, hexParam(params, 1, "content"));
      return cidText(digest);
    },
    /** Content of a blob, or null. */
    pha_getBlob: ({ params }) => {
      const content = blobs.get(cidParam(params));
      return content === undefined ? null : toHex(content);
    },
    /** How much is kept, and how much may be. */
    pha_blobUsage: () => blobs.usage,
  };
}

function cidParam(params: Params): Uint8Array {
  const digest = parseCid(stringParam(params, 0, "cid"));
  if (!digest.ok) throw invalidParams(`cid is a CIDv1, raw, blake2b-256 (${digest.error.code})`);
  return digest.value;
}
