/** A host starts a second pRuntime from an old copy of the sealed store, lets nothing out, and shows it the old chain. */
import { liveNetwork, phaseOf } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";

export const attack: Attack = {
  name: "old sealed store",
  rule: "boot and transport keys are made anew at every start; nothing sealed leads to a cluster's key (protocol §1)",
  weaknesses: [
    {
      file: "packages/pruntime/src/core/runtime.ts",
      text: "const entropy = createEntropy(input.entropy);",
      // The identity, which is sealed, seeds everything.
      instead: "const entropy = createEntropy(input.sealed?.slice(0, 32) ?? input.entropy);",
    },
  ],
  attempt() {
    const { network, chain, client, workers } = liveNetwork();
    const [original] = workers;
    if (original?.sealed === undefined) throw new Error("a worker seals");
    const copy = original.sealed;
    original.start(copy);
    network.until(() => original.status !== undefined && phaseOf(original) === "serving");
    client.send({ argument: 7 });
    network.blocks(4);
    const past = chain.head;
    client.send({ argument: 5 });
    network.blocks(4);
    const clone = network.addWorker("clone");
    clone.platform = original.platform;
    clone.start(copy);
    // What it says goes nowhere: the chain must not learn of it.
    for (let number = 1; number <= past.number; number++) {
      const batch = chain.batch(number, 1);
      if (batch) clone.feed({ type: "batch", batch });
      clone.feed({ type: "register" });
    }
    const asked = client.ask(clone, { at: past });
    const isServing = asked.type === "answer" && asked.answer.outcome.type === "Ok";
    return isServing
      ? {
          succeeded: true,
          says: "the clone has the keys again, and answers from rolled back state",
        }
      : { succeeded: false, says: "it is another boot, which nobody released a key to" };
  },
};
