/** Somebody fills a block with calls as slow as can be, so that the cluster falls behind for everybody. */
import { liveNetwork } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";

const FUEL = 1_000_000n;

export const attack: Attack = {
  name: "slow calls stall everybody",
  rule: "a cluster has a budget of fuel per block; what does not fit waits in order (protocol §4)",
  weaknesses: [
    {
      file: "packages/pruntime/src/core/cluster-queue.ts",
      text: "fuel > fuelPerBlock ||",
      instead: "fuel < 0n ||",
    },
  ],
  attempt() {
    const { network, pallets, client } = liveNetwork({ fuelPerBlock: 2n * FUEL });
    for (let i = 0; i < 12; i++) client.send({ fuelLimit: FUEL });
    network.until(() => pallets.steps.reduce((sum, { replies }) => sum + replies.length, 0) === 12);
    const most = Math.max(...pallets.steps.map(({ replies }) => replies.length));
    return most > 2
      ? { succeeded: true, says: `${most} slow calls in one block: six times what it has time for` }
      : { succeeded: false, says: "two of twelve in each block, and the next block is on time" };
  },
};
