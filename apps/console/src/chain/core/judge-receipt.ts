/** A receipt of a command, of opened fields or of an answer as a tree of verdicts, all made in this page. */
import { ANSWER_RECEIPT_VERSION, type BlockRef, STATE_RECEIPT_VERSION } from "@pha/protocol";
import { ok, type Result, toHex, utf8ToText } from "@pha/scale";
import {
  type AnswerReceiptError,
  type ReceiptError,
  type StateReceiptError,
  type Verdict,
  type VerifiedAnswerReceipt,
  type VerifiedReceipt,
  type VerifiedStateReceipt,
  verifyAnswerReceipt,
  verifyReceipt,
  verifyStateReceipt,
} from "@pha/sdk";

export interface JudgedReceipt {
  readonly contract: Uint8Array;
  readonly finalizedBlock: number;
  readonly verdicts: readonly Verdict[];
}

export function judgeReceipt(
  bytes: Uint8Array,
  genesisHash: Uint8Array,
): Result<JudgedReceipt, ReceiptError | StateReceiptError | AnswerReceiptError> {
  if (bytes[0] === ANSWER_RECEIPT_VERSION) {
    const verified = verifyAnswerReceipt(bytes, { genesisHash });
    return verified.ok
      ? ok(judged(verified.value, answerVerdicts(verified.value, genesisHash)))
      : verified;
  }
  if (bytes[0] === STATE_RECEIPT_VERSION) {
    const verified = verifyStateReceipt(bytes, { genesisHash });
    return verified.ok
      ? ok(judged(verified.value, stateVerdicts(verified.value, genesisHash)))
      : verified;
  }
  const verified = verifyReceipt(bytes, { genesisHash });
  return verified.ok
    ? ok(judged(verified.value, receiptVerdicts(verified.value, genesisHash)))
    : verified;
}

function judged(
  { contract, finalized }: { readonly contract: Uint8Array; readonly finalized: BlockRef },
  verdicts: readonly Verdict[],
): JudgedReceipt {
  return { contract, finalizedBlock: finalized.number, verdicts };
}

function finalityVerdict({ number, hash }: BlockRef, genesis: Uint8Array): Verdict {
  return {
    link: "finality",
    ok: true,
    says: "The receipt leads from this network's genesis to a block that its voters finalized.",
    facts: { block: number, hash: toHex(hash), genesis: toHex(genesis) },
  };
}

function stateVerdicts(receipt: VerifiedStateReceipt, genesis: Uint8Array): readonly Verdict[] {
  const { finalized, at, stateBlock, root, index, fields, contract, codeHash } = receipt;
  return [
    finalityVerdict(finalized, genesis),
    {
      link: "receipt-root",
      ok: true,
      says: "The majority of the replicas voted this state root.",
      facts: {
        block: stateBlock.number,
        readAt: at.number,
        root: toHex(root),
        index: Number(index),
      },
    },
    ...fields.map(({ key, value, path, salt }) => ({
      link: "receipt-field",
      ok: true,
      says: "The state holds this value under this path.",
      facts: { key: toHex(key), value: toHex(value), path: toHex(path), salt: toHex(salt) },
    })),
    {
      link: "receipt-field-word",
      ok: true,
      says: "That the path is this key of this contract is the word of one replica, under its signature.",
      facts: {
        contract: toHex(contract),
        codeHash: toHex(codeHash),
        boot: toHex(receipt.boot),
        worker: toHex(receipt.worker),
      },
    },
  ];
}

function answerVerdicts(receipt: VerifiedAnswerReceipt, genesis: Uint8Array): readonly Verdict[] {
  const { finalized, at, root, index, request, answer, boot, worker } = receipt;
  const { certificate, selector, args } = request;
  return [
    finalityVerdict(finalized, genesis),
    {
      link: "receipt-root",
      ok: true,
      says: "The majority of the replicas voted this state root.",
      facts: { block: at.number, root: toHex(root), index: Number(index) },
    },
    {
      link: "receipt-question",
      ok: true,
      says: "The answer names this question, and no other.",
      facts: {
        contract: toHex(receipt.contract),
        codeHash: toHex(receipt.codeHash),
        selector: toHex(selector),
        args: toHex(args),
        ...(certificate && { asker: toHex(certificate.account) }),
      },
    },
    {
      link: "receipt-answer",
      ok: true,
      says: "A replica of the contract's cluster signed this answer, and that it is from this root. That it follows from it is its word.",
      facts: {
        outcome: answer.outcome.type,
        value: outcomeText(answer.outcome.value),
        fuelUsed: Number(answer.fuelUsed),
        boot: toHex(boot),
        worker: toHex(worker),
      },
    },
  ];
}

function receiptVerdicts(receipt: VerifiedReceipt, genesis: Uint8Array): readonly Verdict[] {
  const { finalized, executed, included, root, reply, body } = receipt;
  const verdicts: Verdict[] = [
    finalityVerdict(finalized, genesis),
    {
      link: "receipt-command",
      ok: true,
      says: "The block holds this sealed command of this account.",
      facts: {
        block: included.number,
        command: toHex(receipt.commandId),
        origin: toHex(receipt.origin),
        contract: toHex(receipt.contract),
        codeHash: toHex(receipt.codeHash),
        sealedHash: toHex(receipt.sealedHash),
      },
    },
    {
      link: "receipt-root",
      ok: true,
      says: "The majority of the replicas voted the state root after it.",
      facts: { block: executed.number, root: toHex(root), index: Number(receipt.index) },
    },
  ];
  if (body !== undefined)
    verdicts.push({
      link: "receipt-opens-command",
      ok: true,
      says: "The receipt opens the command: these bytes, and no others, were sealed.",
      facts: { selector: toHex(body.selector), args: toHex(body.args) },
    });
  if (reply !== undefined)
    verdicts.push({
      link: "receipt-opens-reply",
      ok: true,
      says: "The receipt opens the reply.",
      facts: {
        outcome: reply.outcome.type,
        value: outcomeText(reply.outcome.value),
        fuelUsed: Number(reply.fuelUsed),
      },
    });
  return verdicts;
}

function outcomeText(value: unknown): string {
  if (!(value instanceof Uint8Array)) return String(value);
  const text = utf8ToText(value);
  return text !== undefined && /^[\x20-\x7e]+$/.test(text) ? text : toHex(value);
}
