/** A receipt of an answer, for `pha receipt`: verified and shown. */
import { equalBytes, toHex } from "@pha/scale";
import { verifyAnswerReceipt } from "@pha/sdk";
import type { Output } from "./output.ts";
import { notVerified } from "./receipt-refusal.ts";

/** @throws PhaError `receipt/…` */
export function showAnswerReceipt(
  bytes: Uint8Array,
  genesisHash: Uint8Array,
  output: Output,
): void {
  const verified = verifyAnswerReceipt(bytes, { genesisHash });
  if (!verified.ok) throw notVerified(verified.error);
  const { request, answer, ...proven } = verified.value;
  const { type, value } = answer.outcome;
  const outcome = {
    outcome: type.toLowerCase(),
    value: typeof value === "string" ? value : toHex(value),
  };
  const asker = request.certificate?.account;
  const { selector, args } = request;
  const { fuelUsed } = answer;
  output.result({ ...proven, selector, args, asker, ...outcome, fuelUsed }, [
    `contract   ${toHex(proven.contract)}, code ${toHex(proven.codeHash)}`,
    `asked      ${toHex(selector)} with ${args.length === 0 ? "nothing" : toHex(args)}`,
    `asked by   ${asker === undefined || equalBytes(asker, new Uint8Array(32)) ? "nobody by name" : `${toHex(asker)}, as the certificate in it says`}`,
    `answered   ${JSON.stringify(outcome)}`,
    `root       ${toHex(proven.root)}, final by the majority of the replicas, step ${proven.index} of cluster ${toHex(proven.cluster)}`,
    `read at    block #${proven.at.number}, finalized with block #${proven.finalized.number}`,
    `said by    boot ${toHex(proven.boot)} of worker ${toHex(proven.worker)}, a replica at that block:`,
    "           that the answer follows from the root is its word, whether its lease ran is not shown",
  ]);
}
