/**
 * Collects a receipt's proofs from a node, while it has them: steps may be let go later, and states of old blocks, too.
 *
 * **Bounds**: those of `findReply`. **Trust**: the node is not trusted; what comes out is
 * verified as any receipt is before it is given.
 */
import { type BlockRef, clampedSecret, RECEIPT_VERSION, Receipt, STORAGE } from "@pha/protocol";
import { encode, PhaError, toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import { fetchReply, findReply } from "../contracts/final-reply.ts";
import { untilFinal } from "../contracts/until-final.ts";
import { collectFinality, collectHeaders, collectProof } from "./collect-proofs.ts";
import { type VerifiedReceipt, verifyReceipt } from "./verify-receipt.ts";

/** The command that a receipt is made of. */
export interface ReceiptInput {
  readonly contract: Uint8Array;
  readonly cluster: Uint8Array;
  readonly commandId: Uint8Array;
  /** Block that included the command. */
  readonly block: BlockRef;
  /** Ephemeral secret that the command was sealed with: shows what was asked. */
  readonly ephemeralSecret?: Uint8Array;
  /** Secret of the command's reply key: shows what was answered. */
  readonly replySecret?: Uint8Array;
  readonly timeoutMs?: number;
}

/** A receipt, and what it proves. */
export interface MadeReceipt {
  readonly bytes: Uint8Array;
  readonly verified: VerifiedReceipt;
}

/** Waits until the command's root is final. */
export async function makeReceipt(
  chain: Pick<Chain, "rpc" | "read" | "finality" | "genesisHash">,
  input: ReceiptInput,
): Promise<MadeReceipt> {
  const { contract, cluster, commandId, block } = input;
  await untilFinal(chain, cluster, block.number, input.timeoutMs);
  const at = chain.finality.head;
  const found = await findReply(chain, input, at, block.number);
  if (found === undefined)
    throw new PhaError(
      "receipt/not-found",
      "no step that the node still has holds a reply to the command",
      {
        facts: { commandId: toHex(commandId) },
        hint: "Make receipts soon after the command, and at a node that has the steps of that time.",
      },
    );
  const { index, step, reply } = found;
  const stepKey = STORAGE.step.key(cluster, index);
  const finality = await collectFinality(chain.rpc, at.number);
  const receipt: Receipt = {
    version: RECEIPT_VERSION,
    ...finality.proof,
    stepProof: await collectProof(chain.rpc, finality.last.hash, [stepKey]),
    cluster,
    index,
    blocks: await collectHeaders(chain.rpc, block.number, step.block.number),
    contract,
    commandId,
    commandProof: await collectProof(chain.rpc, block.hash, [
      STORAGE.outboundMessages.key,
      STORAGE.contract.key(contract),
      STORAGE.sealingKeys.key(contract),
    ]),
    opening: {
      command: input.ephemeralSecret && clampedSecret(input.ephemeralSecret),
      reply: input.replySecret && clampedSecret(input.replySecret),
      replyBlob:
        input.replySecret && reply.sealed?.type === "Blob"
          ? await fetchReply(chain, reply.sealed)
          : undefined,
    },
  };
  const bytes = encode(Receipt, receipt);
  const verified = verifyReceipt(bytes, chain);
  if (verified.ok) return { bytes, verified: verified.value };
  throw new PhaError(
    "receipt/not-made",
    `the node's proofs make no receipt: ${verified.error.code}`,
    {
      facts: { reason: verified.error.code, commandId: toHex(commandId) },
      hint: "Ask a node that keeps the states of the command's block and has its steps.",
    },
  );
}
