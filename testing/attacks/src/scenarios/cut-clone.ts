/** A clone is cut off from the chain and asked on, by clients that can check no head of their own. */
import { liveNetwork } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";

export const attack: Attack = {
  name: "clone cut off from the chain answers on",
  rule: "a worker stops by itself when its lease is over by its own clock (protocol §7)",
  weaknesses: [
    {
      file: "packages/pruntime/src/core/membership.ts",
      text: 'leased: () => phase === "registered" && now < leasedUntil && !isOverOnChain(),',
      instead: 'leased: () => phase === "registered",',
    },
  ],
  attempt() {
    const { network, chain, client, workers } = liveNetwork();
    client.send({ argument: 7 });
    network.blocks(4);
    const [clone] = workers;
    if (clone === undefined) throw new Error("there are workers");
    const at = chain.head;
    clone.syncing = false;
    client.send({ argument: 5 });
    network.blocks(20);
    const asked = client.ask(clone, { at });
    const outcome = asked.type === "answer" ? asked.answer.outcome : undefined;
    return outcome?.type === "Ok"
      ? { succeeded: true, says: "20 s later it answered what was true then" }
      : { succeeded: false, says: `within the lease it fell silent: ${outcome?.value}` };
  },
};
