/** Why a receipt is not believed. */
import { PhaError } from "@pha/scale";
import type { AnswerReceiptError, ReceiptError, StateReceiptError } from "@pha/sdk";

export function notVerified({
  code,
  ...facts
}: ReceiptError | StateReceiptError | AnswerReceiptError): PhaError {
  return new PhaError(code, "the file is no receipt of this network, or it was changed", {
    facts,
    hint: "Believe nothing that it is said to prove; ask for the receipt again.",
  });
}
