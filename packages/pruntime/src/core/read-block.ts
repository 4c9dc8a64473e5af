/** What pRuntime reads of every block: the outbound messages and the time, proven under its state root. */
import { type BlockRef, STORAGE } from "@pha/protocol";
import { type CodecType, decode, fail, ok, type Result } from "@pha/scale";
import { verifyProof } from "@pha/state";
import type { FinalizedBlock } from "./block.ts";

export type ReadBlockError = {
  readonly code: "batch/bad-proof" | "batch/no-time" | "batch/malformed-messages";
  readonly number: number;
};

type Messages = CodecType<typeof STORAGE.outboundMessages.value>;
const NO_MESSAGES: Messages = [];

export function readBlock(
  header: {
    readonly ref: BlockRef;
    readonly stateRoot: Uint8Array;
    readonly parentHash: Uint8Array;
  },
  proof: readonly Uint8Array[],
): Result<FinalizedBlock, ReadBlockError> {
  const { number } = header.ref;
  const view = verifyProof({ root: header.stateRoot, proof });
  if (!view.ok) return fail({ code: "batch/bad-proof", number });
  const now = view.value.get(STORAGE.now.key);
  const outbound = view.value.get(STORAGE.outboundMessages.key);
  if (!now.ok || !outbound.ok) return fail({ code: "batch/bad-proof", number });
  const time = now.value === undefined ? undefined : decode(STORAGE.now.value, now.value);
  if (!time?.ok) return fail({ code: "batch/no-time", number });
  let messages = NO_MESSAGES;
  if (outbound.value !== undefined) {
    // Decoded messages are views: of a copy, so that a kept block does not keep its whole batch.
    const decoded = decode(STORAGE.outboundMessages.value, outbound.value.slice());
    if (!decoded.ok) return fail({ code: "batch/malformed-messages", number });
    messages = decoded.value;
  }
  const { ref, stateRoot, parentHash } = header;
  return ok({
    ref,
    stateRoot: stateRoot.slice(),
    parentHash: parentHash.slice(),
    timestampMs: time.value,
    messages,
  });
}
