import {
  makeAnswerReceipt,
  makeStateReceipt,
  stateReceiptNetwork,
} from "@pha/sdk/testing/receipts";
import { expect, test } from "vitest";
import { judgeReceipt } from "./judge-receipt.ts";

test("a receipt of fields is a tree that tells what is proven from what one replica says", async () => {
  const { network, chain, input } = stateReceiptNetwork(0);
  const { genesisHash } = network.chain;
  const { bytes, verified } = await makeStateReceipt(chain(), input);
  const judged = judgeReceipt(bytes, genesisHash);
  if (!judged.ok) throw new Error(judged.error.code);
  const { verdicts, contract, finalizedBlock } = judged.value;
  expect(verdicts.map(({ link }) => link)).toEqual([
    "finality",
    "receipt-root",
    "receipt-field",
    "receipt-field",
    "receipt-field-word",
  ]);
  expect(verdicts.every(({ ok }) => ok)).toBe(true);
  expect(contract).toEqual(input.contract);
  expect(finalizedBlock).toBe(verified.finalized.number);
  expect(judgeReceipt(bytes.subarray(0, 100), genesisHash)).toMatchObject({
    ok: false,
    error: { code: "receipt/malformed" },
  });
  expect(judgeReceipt(Uint8Array.of(1), genesisHash)).toMatchObject({
    error: { code: "receipt/malformed" },
  });
});

test("a receipt of an answer is a tree that tells question, answer and whose word it is", async () => {
  const { network, chain, answer } = stateReceiptNetwork(0);
  const { genesisHash } = network.chain;
  const { bytes } = await makeAnswerReceipt(chain(), answer);
  const judged = judgeReceipt(bytes, genesisHash);
  if (!judged.ok) throw new Error(judged.error.code);
  const { verdicts, contract } = judged.value;
  expect(verdicts.map(({ link }) => link)).toEqual([
    "finality",
    "receipt-root",
    "receipt-question",
    "receipt-answer",
  ]);
  expect(contract).toEqual(answer.request.contract);
  expect(judgeReceipt(bytes.subarray(0, 500), genesisHash)).toMatchObject({
    error: { code: "receipt/malformed" },
  });
});
