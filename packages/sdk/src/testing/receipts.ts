/** Networks of real pRuntime cores in memory, whose nodes have the proofs for receipts. */
export { makeAnswerReceipt } from "../receipt/make-answer-receipt.ts";
export { makeStateReceipt } from "../receipt/make-state-receipt.ts";
export { type StateReceiptNetwork, stateReceiptNetwork } from "./state-receipt-network.ts";
