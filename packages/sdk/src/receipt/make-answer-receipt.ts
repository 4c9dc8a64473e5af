/**
 * Makes a receipt of an answer: the program that asked has question and answer, a node the proofs around them.
 *
 * **Trust**: the node is not trusted; what comes out is verified as any receipt is before it is given.
 */
import {
  ANSWER_RECEIPT_VERSION,
  AnswerReceipt,
  type QueryRequest,
  type SignedAnswer,
  STORAGE,
} from "@pha/protocol";
import { encode, PhaError } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import { collectFinality, collectHeaders, collectProof } from "./collect-proofs.ts";
import { type VerifiedAnswerReceipt, verifyAnswerReceipt } from "./verify-answer-receipt.ts";

/** What a receipt of an answer is made of. */
export interface AnswerReceiptInput {
  readonly cluster: Uint8Array;
  /** Replica that answered. */
  readonly boot: Uint8Array;
  readonly request: QueryRequest;
  readonly answer: SignedAnswer;
}

/** A receipt of an answer, and what it proves. */
export interface MadeAnswerReceipt {
  readonly bytes: Uint8Array;
  readonly verified: VerifiedAnswerReceipt;
}

/** Collects a receipt of an answer with the proofs that it needs. */
export async function makeAnswerReceipt(
  { rpc, genesisHash }: Pick<Chain, "rpc" | "genesisHash">,
  { cluster, boot, request, answer }: AnswerReceiptInput,
): Promise<MadeAnswerReceipt> {
  const { block } = answer.answer;
  const { proof, last } = await collectFinality(rpc, block.number);
  const between = last.number - block.number;
  const receipt: AnswerReceipt = {
    version: ANSWER_RECEIPT_VERSION,
    ...proof,
    blocks: between > 0 ? await collectHeaders(rpc, block.number, last.number - 1) : [],
    cluster,
    boot,
    stateProof: await collectProof(rpc, block.hash, [
      STORAGE.contract.key(request.contract),
      STORAGE.cluster.key(cluster),
      STORAGE.root.key(cluster),
    ]),
    request,
    answer,
  };
  const bytes = encode(AnswerReceipt, receipt);
  const verified = verifyAnswerReceipt(bytes, { genesisHash });
  if (verified.ok) return { bytes, verified: verified.value };
  throw new PhaError(
    "receipt/not-made",
    `the node's proofs make no receipt: ${verified.error.code}`,
    {
      facts: { reason: verified.error.code, block: block.number },
      hint: "Ask again; if it stays so, use a node that keeps the states of the newest blocks.",
    },
  );
}
