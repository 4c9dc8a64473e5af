/** A query that opened two entries of its contract, before and after changes of voters, and a node that has the proofs. */
import type { OpenedFields } from "@pha/protocol";
import { CLUSTER, COUNTER, voterSeed } from "@pha/pruntime/testing";
import type { AnswerReceiptInput } from "../receipt/make-answer-receipt.ts";
import type { StateReceiptInput } from "../receipt/make-state-receipt.ts";
import { type ReceiptNetwork, receiptNetwork } from "./receipt-network.ts";

export interface StateReceiptNetwork extends Pick<ReceiptNetwork, "network" | "chain"> {
  readonly input: StateReceiptInput;
  /** Of which a receipt of the whole answer is made. */
  readonly answer: AnswerReceiptInput;
  readonly opened: OpenedFields;
  /** Of another replica of the cluster, at the same block. */
  readonly otherBoot: Uint8Array;
}

/** @param laterBlocks finalized after the block of the answer */
export function stateReceiptNetwork(laterBlocks = 2): StateReceiptNetwork {
  const { network, chain } = receiptNetwork();
  const { client, workers, pallets } = network;
  const own = client.certificate();
  client.send({ argument: 5, origin: own.account });
  network.blocks(4);
  const [worker, other] = workers;
  const [contract] = pallets.contracts;
  if (!worker || !other || !contract) throw new Error("the network has workers and a contract");
  const asked = client.ask(worker, { ...own, selector: COUNTER.open });
  if (asked.type !== "answer" || asked.answer.opened === undefined)
    throw new Error("the query opens entries");
  const { block, opened } = asked.answer;
  if (laterBlocks > 0) {
    network.chain.addBlock({ nextVoters: [voterSeed("0"), voterSeed("7")] });
    network.blocks(laterBlocks - 1);
  }
  const input = { contract, cluster: CLUSTER, boot: worker.boot, block, opened };
  const answer = { cluster: CLUSTER, boot: worker.boot, ...asked.exchange };
  return { network, chain, input, answer, opened, otherBoot: other.boot };
}
