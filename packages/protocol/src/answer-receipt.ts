/**
 * Receipts of answers (protocol §9): what the caller of a query keeps, to prove later, without any network, what a replica
 * answered to which question, and from which state.
 *
 * ```
 * genesis ── set changes ──► finalized header ── headers ──► block of the answer ──► replicas, contract, cluster's root
 *  voters     justified                                        read proof                 ▲                  ▲
 *                                        question ── hash ──► answer ── signed by ────────┘── names ─────────┘
 * ```
 * It tells question and answer to whoever reads it: who keeps it decides whom to show it to.
 *
 * **Bounds**: those of a command's receipt (`receipt.ts`) and of queries (`query.ts`).
 */
import { type CodecType, struct, vec } from "@pha/scale";
import { Ed25519Key, Hash } from "./ids.ts";
import { QueryRequest, SignedAnswer } from "./query.ts";
import { EncodedHeader, MAX_RECEIPT_BLOCKS, receiptVersion, WAY_FROM_GENESIS } from "./receipt.ts";
import { ReadProof } from "./sync.ts";

/** Version 1; other receipts have other numbers. */
export const ANSWER_RECEIPT_VERSION = 0x91;

export const AnswerReceipt = struct({
  version: receiptVersion(ANSWER_RECEIPT_VERSION),
  ...WAY_FROM_GENESIS,
  /** From the block of the answer to the one before the last of `headers`, contiguous, ascending; none if it is that one. */
  blocks: vec(EncodedHeader, MAX_RECEIPT_BLOCKS),
  cluster: Hash,
  /** Replica that answered. */
  boot: Ed25519Key,
  /** Records of cluster and contract, and the cluster's root, under the state root of the answer's block. */
  stateProof: ReadProof,
  /** As it was sealed, with the certificate of who asked. */
  request: QueryRequest,
  answer: SignedAnswer,
});
export type AnswerReceipt = CodecType<typeof AnswerReceipt>;
