/**
 * A victim's command, seen in the pool, is to be run for the attacker alone: a query cannot name a sealed command, so the
 * host shows its worker the block before it is final, and asks.
 */
import { liveNetwork } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";
import { simulated } from "../made-up-chain.ts";

export const attack: Attack = {
  name: "victim's command simulated as a query",
  rule: "a command is opened only under a header whose own finality was verified (protocol §4)",
  weaknesses: [
    {
      file: "packages/consensus/src/grandpa/verify-justification.ts",
      text: `  if (target && !isSameBlock(target, justification.target))
    return fail({ code: "justification/wrong-target", target: justification.target });`,
      // The best block goes along with the finality of one before it.
      instead: "",
    },
  ],
  attempt() {
    const live = liveNetwork();
    const { network, chain, client, workers } = live;
    client.send({ argument: 7 });
    network.blocks(4);
    const [worker] = workers;
    if (worker === undefined) throw new Error("there are workers");
    const victim = client.makeCommand({ argument: 35 });
    const { number } = chain.head;
    const answer = simulated(live, worker, [victim], () => chain.justification(number));
    return typeof answer === "bigint"
      ? { succeeded: true, says: `without a trace on chain: it would make the counter ${answer}` }
      : { succeeded: false, says: `what is not final is not opened: ${answer}` };
  },
};
