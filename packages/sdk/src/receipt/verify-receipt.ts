/**
 * Verifies a receipt from the genesis hash up, without any network (protocol §9).
 *
 * **Trust**: the receipt is hostile; assumed is what a light client assumes of the voters (less than a third malicious
 * while they were current) and that the chain makes no root final without its majority. What a replica computed is
 * vouched for by that majority, not by the receipt.
 */
import { decodeHeader, type Header, headerHash } from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import {
  type BlockRef,
  Command,
  type CommandBody,
  type Contract,
  openOwnCommand,
  openReply,
  Receipt,
  type Reply,
  type ReplyBody,
  replyHash,
  replyPublicKey,
  STORAGE,
  type StateStep,
  sealedBytes,
  TOPIC,
} from "@pha/protocol";
import { decode, equalBytes, fail, ok, type Result } from "@pha/scale";
import { verifyProof } from "@pha/state";
import { type FinalityError, openReceipt, shown, verifyFinality } from "./verify-finality.ts";

/** Why bytes are no receipt. */
export type ReceiptError =
  | FinalityError
  /** A proof does not belong under its state root, or does not show what it is for. */
  | { readonly code: "receipt/bad-proof"; readonly of: "step" | "command" }
  /** The headers do not lead from the command's block to the step's. */
  | { readonly code: "receipt/other-block" }
  /** The step or the block is not one of this command and contract. */
  | { readonly code: "receipt/no-command" }
  | { readonly code: "receipt/no-reply" }
  /** The sealed reply beside the proofs is not the one that the step names, is missing or not asked for. */
  | { readonly code: "receipt/other-reply" }
  /** A secret in the receipt opens nothing. */
  | { readonly code: "receipt/not-opened"; readonly of: "command" | "reply" };

/** What a receipt proves. */
export interface VerifiedReceipt {
  readonly contract: Uint8Array;
  readonly codeHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly commandId: Uint8Array;
  /** Account that sent the command. */
  readonly origin: Uint8Array;
  /** Block that included the command. */
  readonly included: BlockRef;
  /** Block at which it ran. */
  readonly executed: BlockRef;
  /** Finalized block whose state says so. */
  readonly finalized: BlockRef;
  /** Root of the cluster after that block, final by the majority of its replicas. */
  readonly root: Uint8Array;
  readonly index: bigint;
  /** blake2b-256 of the sealed command and of the sealed reply. */
  readonly sealedHash: Uint8Array;
  /** Absent when the replicas could not open the command. */
  readonly replyHash: Uint8Array | undefined;
  /** Present when the receipt opens the command. */
  readonly body: CommandBody | undefined;
  /** Present when the receipt opens the reply. */
  readonly reply: ReplyBody | undefined;
}

/**
 * What a receipt proves, for whoever knows the genesis hash; needs no network.
 *
 * @param trusted all that is believed beforehand
 */
export function verifyReceipt(
  encoded: Uint8Array,
  trusted: { readonly genesisHash: Uint8Array },
): Result<VerifiedReceipt, ReceiptError> {
  const claimed = openReceipt(Receipt, encoded, trusted.genesisHash);
  if (!claimed.ok) return claimed;
  const { receipt, head } = claimed.value;
  const step = provenStep(receipt, head);
  if (!step.ok) return step;
  const included = includingBlock(receipt, step.value);
  if (!included.ok) return included;
  const found = provenCommand(receipt, included.value);
  if (!found.ok) return found;
  const reply = step.value.replies.find(
    (one) =>
      equalBytes(one.contract, receipt.contract) && equalBytes(one.commandId, receipt.commandId),
  );
  if (reply === undefined) return fail({ code: "receipt/no-reply" });
  // Signatures, the dear part, are checked when nothing else is wrong.
  const finality = verifyFinality(receipt);
  if (!finality.ok) return finality;
  const block = { number: included.value.number, hash: headerHash(included.value) };
  const opened = open(receipt, trusted.genesisHash, block, found.value, reply);
  if (!opened.ok) return opened;
  return ok({
    contract: receipt.contract,
    codeHash: found.value.record.codeHash,
    cluster: receipt.cluster,
    commandId: receipt.commandId,
    origin: found.value.command.origin,
    included: block,
    executed: step.value.block,
    finalized: { number: head.number, hash: headerHash(head) },
    root: step.value.newRoot,
    index: receipt.index,
    sealedHash: blake2b256(found.value.command.sealed),
    replyHash: reply.sealed && replyHash(reply.sealed),
    ...opened.value,
  });
}

function provenStep({ cluster, index, stepProof }: Receipt, head: Header) {
  const view = verifyProof({ root: head.stateRoot, proof: stepProof });
  const { key, value } = STORAGE.step;
  const step = view.ok ? shown(view.value, { key: key(cluster, index), value }) : undefined;
  return step ? ok(step) : fail({ code: "receipt/bad-proof", of: "step" } as const);
}

/** Headers bound to each other by their hashes, the newest by the step. */
function includingBlock({ blocks }: Receipt, step: StateStep): Result<Header, ReceiptError> {
  let expected = step.block.hash;
  let oldest: Header | undefined;
  for (const encoded of blocks.toReversed()) {
    const header = decodeHeader(encoded);
    if (!header.ok || !equalBytes(blake2b256(encoded), expected))
      return fail({ code: "receipt/other-block" });
    oldest = header.value;
    expected = oldest.parentHash;
  }
  return oldest ? ok(oldest) : fail({ code: "receipt/other-block" });
}

interface FoundCommand {
  readonly command: Command;
  readonly record: Contract;
  /** The contract's key for the command's epoch, when the chain still had it. */
  readonly sealingKey: Uint8Array | undefined;
}

function provenCommand(receipt: Receipt, block: Header): Result<FoundCommand, ReceiptError> {
  const { contract, commandId, cluster, commandProof } = receipt;
  const bad = fail({ code: "receipt/bad-proof", of: "command" } as const);
  const view = verifyProof({ root: block.stateRoot, proof: commandProof });
  if (!view.ok) return bad;
  const messages = shown(view.value, STORAGE.outboundMessages);
  const { contract: contracts, sealingKeys } = STORAGE;
  const record = shown(view.value, { key: contracts.key(contract), value: contracts.value });
  const keys = shown(view.value, { key: sealingKeys.key(contract), value: sealingKeys.value });
  if (messages === undefined || record === undefined || keys === undefined) return bad;
  // The step is another cluster's word about a contract that is not its own.
  if (!equalBytes(record.cluster, cluster)) return fail({ code: "receipt/no-command" });
  for (const { sender, destination, payload } of messages) {
    if (sender.type !== "AccountId" || !equalBytes(destination, TOPIC.command)) continue;
    const command = decode(Command, payload);
    if (!command.ok || !equalBytes(command.value.origin, sender.value)) continue;
    const { value } = command;
    if (!equalBytes(value.contract, contract) || !equalBytes(value.commandId, commandId)) continue;
    const sealedTo = keys.find(
      ({ generation, epoch }) => generation === value.generation && epoch === value.epoch,
    );
    return ok({ command: value, record, sealingKey: sealedTo?.key });
  }
  return fail({ code: "receipt/no-command" });
}

function open(
  { opening, commandId }: Receipt,
  genesisHash: Uint8Array,
  block: BlockRef,
  { command, sealingKey }: FoundCommand,
  reply: Reply,
): Result<Pick<VerifiedReceipt, "body" | "reply">, ReceiptError> {
  let body: CommandBody | undefined;
  if (opening.command) {
    const ephemeralSecret = opening.command;
    const opened =
      sealingKey && openOwnCommand({ genesisHash, command, sealingKey, ephemeralSecret });
    if (!opened?.ok) return fail({ code: "receipt/not-opened", of: "command" });
    body = opened.value;
  }
  let answered: ReplyBody | undefined;
  const isInBlob = opening.reply !== undefined && reply.sealed?.type === "Blob";
  if (isInBlob !== (opening.replyBlob !== undefined)) return fail({ code: "receipt/other-reply" });
  if (opening.reply) {
    const replySecretKey = opening.reply;
    const sealedHash = blake2b256(command.sealed);
    const bytes = reply.sealed && sealedBytes(reply.sealed, opening.replyBlob);
    if (bytes?.ok === false) return fail({ code: "receipt/other-reply" });
    const sealed = bytes?.value;
    const opened =
      sealed && openReply({ genesisHash, commandId, sealedHash, block, sealed, replySecretKey });
    const isKey = body === undefined || equalBytes(replyPublicKey(replySecretKey), body.replyKey);
    if (!opened?.ok || !isKey) return fail({ code: "receipt/not-opened", of: "reply" });
    answered = opened.value;
  }
  return ok({ body, reply: answered });
}
