/**
 * Verifies a receipt of an answer from the genesis hash up, without any network (protocol §9).
 *
 * **Trust**: the receipt is hostile; assumed is what a light client assumes of the voters. Proven is that the chain had
 * assigned the replica to the contract's cluster at that block, that the root was the majority's, and that the replica signed
 * this answer to this question. That the answer follows from the root is its word. Whether its lease ran then is not in it.
 */
import { headerHash } from "@pha/consensus";
import {
  type Answer,
  AnswerReceipt,
  type BlockRef,
  type QueryRequest,
  requestHash,
  verifyAnswer,
} from "@pha/protocol";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { type FinalityError, openReceipt, verifyFinality } from "./verify-finality.ts";
import { answeredAt, provenState, type StandingError } from "./verify-state-receipt.ts";

/** Why bytes are no receipt of an answer. */
export type AnswerReceiptError =
  | FinalityError
  | StandingError
  /** The headers do not lead from the finalized one to that of the answer. */
  | { readonly code: "receipt/other-block" }
  /** The replica did not sign this answer. */
  | { readonly code: "receipt/bad-answer-signature" }
  /** The answer is to another question. */
  | { readonly code: "receipt/other-question" }
  /** The answer is not from the root that the majority voted. */
  | { readonly code: "receipt/other-root" };

/** What a receipt of an answer proves. */
export interface VerifiedAnswerReceipt {
  readonly contract: Uint8Array;
  readonly codeHash: Uint8Array;
  readonly cluster: Uint8Array;
  /** Replica that answered. */
  readonly boot: Uint8Array;
  readonly worker: Uint8Array;
  /** The question: entry, arguments, and the certificate of who asked. */
  readonly request: QueryRequest;
  readonly answer: Answer;
  /** Finalized block at which the root was the newest final one. */
  readonly at: BlockRef;
  readonly root: Uint8Array;
  readonly index: bigint;
  /** Finalized block that leads there. */
  readonly finalized: BlockRef;
}

/**
 * What a receipt of an answer proves, for whoever knows the genesis hash; needs no network.
 *
 * @param trusted all that is believed beforehand
 */
export function verifyAnswerReceipt(
  encoded: Uint8Array,
  { genesisHash }: { readonly genesisHash: Uint8Array },
): Result<VerifiedAnswerReceipt, AnswerReceiptError> {
  const claimed = openReceipt(AnswerReceipt, encoded, genesisHash);
  if (!claimed.ok) return claimed;
  const { receipt, head } = claimed.value;
  const answered = answeredAt(receipt, head);
  if (!answered.ok) return answered;
  const { cluster, boot, stateProof, request } = receipt;
  const { answer } = receipt.answer;
  const { contract } = request;
  const proven = provenState({ cluster, contract, boot, stateProof }, answered.value);
  if (!proven.ok) return proven;
  const { record, replica, final } = proven.value;
  const at = { number: answered.value.number, hash: headerHash(answered.value) };
  if (answer.block.number !== at.number || !equalBytes(answer.block.hash, at.hash))
    return fail({ code: "receipt/other-block" });
  if (!verifyAnswer(genesisHash, boot, receipt.answer))
    return fail({ code: "receipt/bad-answer-signature" });
  if (!equalBytes(answer.requestHash, requestHash(request)))
    return fail({ code: "receipt/other-question" });
  if (!equalBytes(answer.root, final.root)) return fail({ code: "receipt/other-root" });
  // Signatures of voters, the dear part, are checked when nothing else is wrong.
  const finality = verifyFinality(receipt);
  if (!finality.ok) return finality;
  return ok({
    contract,
    codeHash: record.codeHash,
    cluster,
    boot,
    worker: replica.identity,
    request,
    answer,
    at,
    root: final.root,
    index: final.index,
    finalized: { number: head.number, hash: headerHash(head) },
  });
}
