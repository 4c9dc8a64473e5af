/**
 * What is said over an attested channel (protocol §7 inside RA-TLS): sealed queries and their answers, in the frames of the
 * pipe. The channel shows the asker which TEE it talks to; the query is sealed and signed for as over HTTP.
 *
 * **Bounds**: `MAX_CHANNEL_FRAME_BYTES` a frame. **Trust**: either end is hostile to the other.
 */
import { MAX_QUERY_BYTES, SealedAnswer, SealedQuery } from "@pha/protocol";
import { createFrameReader, type FrameReader } from "@pha/protocol/pipe";
import { boundedStr, struct, variant, variants } from "@pha/scale";
import { AnswerProof } from "./from-pruntime.ts";

/** Kinds are those of the pipe. */
export const ChannelQuery = variants({ Query: variant(3, SealedQuery) });

export const ChannelAnswer = variants({
  Answer: variant(134, struct({ sealed: SealedAnswer, proofOf: AnswerProof })),
  QueryRefused: variant(135, boundedStr(64)),
});

/** A sealed query or answer, and what stands around it. */
export const MAX_CHANNEL_FRAME_BYTES = MAX_QUERY_BYTES + 512;

export function createChannelFrameReader(): FrameReader {
  return createFrameReader(MAX_CHANNEL_FRAME_BYTES);
}
