/** `archive_v1_*`: blocks and states of the past. */
import { encodeHeader } from "@pha/consensus";
import { PhaError } from "@pha/scale";
import { toHex } from "../../hex.ts";
import type { MethodGroup } from "../method.ts";
import { blockAt, callRuntime, type NodeContext } from "../node-context.ts";
import { hashParam, hexParam, numberParam, optionalHexParam, stringParam } from "../params.ts";
import { invalidParams } from "../rpc-errors.ts";
import { readItems, storageItems } from "../storage-items.ts";

export function archiveMethods(context: NodeContext): MethodGroup {
  const { chain } = context;
  return {
    /** Hash of block 0. */
    archive_v1_genesisHash: () => toHex(chain.genesisHash),
    /** Number of the newest finalized block. */
    archive_v1_finalizedHeight: () => chain.finalized.number,
    /** Hashes of the blocks at a height: one of the best chain, or none. */
    archive_v1_hashByHeight: ({ params }) => {
      const hash = chain.hashAt(numberParam(params, 0, "height"));
      return hash ? [toHex(hash)] : [];
    },
    /** SCALE header in hex, or null when the block is not here. */
    archive_v1_header: ({ params }) => {
      const header = chain.header(hashParam(params, 0, "hash"));
      return header ? toHex(encodeHeader(header)) : null;
    },
    /** Extrinsics of a block in hex, or null when the block is not here. */
    archive_v1_body: ({ params }) => {
      const body = chain.body(hashParam(params, 0, "hash"));
      return body ? body.map(toHex) : null;
    },
    /**
     * Runs a function of the runtime on a block's state: `{ success, value }` or `{ success, error }`; null when
     * the block is not here.
     */
    archive_v1_call: ({ params }) => {
      const header = chain.header(hashParam(params, 0, "hash"));
      if (!header) return null;
      const entry = stringParam(params, 1, "function");
      const args = hexParam(params, 2, "callParameters");
      try {
        return { success: true, value: toHex(callRuntime(context, header, entry, args)) };
      } catch (error) {
        if (!(error instanceof PhaError)) throw error;
        return { success: false, error: `${error.code}: ${error.message}` };
      }
    },
    /**
     * Reads items of a block's state; they come as notifications `archive_v1_storageEvent`, `storageDone` last.
     */
    archive_v1_storage: ({ params, connection }) => {
      const block = blockAt(context, hashParam(params, 0, "hash"));
      const state = chain.stateOf(block.header);
      const items = storageItems(params, 1);
      if (optionalHexParam(params, 2, "childTrie"))
        throw invalidParams("this chain has no child tries");
      return connection.subscribe("archive_v1_storageEvent", (sink) => {
        const unpin = chain.pinState(block);
        const pages = readItems(state, items);
        let isStopped = false;
        const work = (): void => {
          if (isStopped) return;
          const page = pages.next();
          if (page.done) {
            sink.send({ event: "storageDone" });
            sink.end();
            return;
          }
          for (const answer of page.value) sink.send({ event: "storage", ...answer });
          setImmediate(work);
        };
        setImmediate(work);
        return () => {
          isStopped = true;
          unpin();
        };
      });
    },
    /** Ends such a reading; whether there was one. */
    archive_v1_stopStorage: ({ params, connection }) =>
      connection.unsubscribe(stringParam(params, 0, "subscription")),
  };
}
