/** Blocks that a host makes up for a worker of its own, from the chain's head on. */
import { ClusterEvent, Command, SignedCommit, type SyncBatch, TOPIC } from "@pha/protocol";
import {
  CLUSTER,
  counterOf,
  type LiveNetwork,
  type ScriptedChain,
  type SentCommand,
} from "@pha/pruntime/testing";
import { decode, encode, equalBytes, utf8 } from "@pha/scale";

type Host = LiveNetwork["hosts"][number];

/** What stands in for finality. @param number of the block that it is to be for */
export type Justify = (fork: ScriptedChain, number: number) => Uint8Array;

/**
 * The counter as the worker answers it when its host shows it a block with these commands, which the chain does not
 * have, and says that the root is final; or why it does not.
 */
export function simulated(
  { chain, client }: Pick<LiveNetwork, "chain" | "client">,
  worker: Host,
  commands: readonly SentCommand[],
  justify: Justify,
  /** What else the host writes into its chain. */
  prepare: (fork: ScriptedChain) => void = () => undefined,
): bigint | string {
  worker.syncing = false;
  const fork = chain.fork(worker.status?.head.number ?? 0);
  proveFrom(worker, fork);
  prepare(fork);
  for (const { command } of commands)
    fork.push({
      sender: { type: "AccountId", value: command.origin },
      destination: TOPIC.command,
      payload: encode(Command, command),
    });
  const shown = fork.addBlock();
  if (!show(worker, fork, justify)) return worker.refusedBatches.at(-1) ?? "refused";
  const root = votedRoot(worker);
  if (root !== undefined) {
    const event: ClusterEvent = {
      type: "RootFinal",
      value: { cluster: CLUSTER, block: shown, root },
    };
    fork.push({
      sender: { type: "Pallet", value: utf8("PhalaPhatContracts") },
      destination: TOPIC.cluster,
      payload: encode(ClusterEvent, event),
    });
  }
  fork.addBlock();
  if (!show(worker, fork, justify)) return worker.refusedBatches.at(-1) ?? "refused";
  return counterOf({ ...client, ask: (host) => client.ask(host, { at: fork.head }) }, worker);
}

/** Answers the worker's reads from the chain that it is shown. */
export function proveFrom(worker: Host, fork: ScriptedChain): void {
  worker.intercept = (output) =>
    output.type === "read"
      ? [{ type: "proof", id: output.id, proof: fork.proof(output.block, output.keys) }]
      : undefined;
}

/** Gives a worker the newest block; whether it was taken. */
export function show(worker: Host, fork: ScriptedChain, justify: Justify): boolean {
  const { number } = fork.head;
  const batch: SyncBatch = {
    ...fork.history(number, number),
    justification: justify(fork, number),
  };
  const refused = worker.refusedBatches.length;
  worker.feed({ type: "batch", batch });
  return worker.refusedBatches.length === refused;
}

/** Root of the newest vote that the worker wants to send. */
function votedRoot({ messages }: Host): Uint8Array | undefined {
  const vote = messages.findLast(({ message }) => equalBytes(message.destination, TOPIC.commit));
  const signed = vote && decode(SignedCommit, vote.message.payload);
  return signed?.ok ? signed.value.commit.newRoot : undefined;
}
