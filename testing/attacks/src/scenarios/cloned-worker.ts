/** A worker is removed; a clone of its memory, with the keys, goes on to be asked. */
import { counterOf, liveNetwork } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";

export const attack: Attack = {
  name: "cloned worker after removal",
  rule: "a replica that the chain removed erases its keys and answers nothing (protocol §7)",
  weaknesses: [
    {
      file: "packages/pruntime/src/core/runtime.ts",
      text: "if (known && goesOn) return known.changed(record);",
      instead: "if (known && (goesOn || !member)) return known.changed(record);",
    },
  ],
  attempt() {
    const { network, pallets, client, workers } = liveNetwork();
    client.send({ argument: 7 });
    network.blocks(4);
    // Whoever runs it has its memory; its host shows it the chain, or it would only wait.
    const [clone] = workers;
    if (clone === undefined) throw new Error("there are workers");
    pallets.removeReplica(clone.identity);
    network.blocks(4);
    const answer = counterOf(client, clone);
    return typeof answer === "bigint"
      ? { succeeded: true, says: `it answered ${answer}, in a cluster it has no seat in` }
      : { succeeded: false, says: `it forgot everything as soon as it heard: ${answer}` };
  },
};
