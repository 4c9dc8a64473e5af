/** Every gatekeeper is broken, one generation too late: what was sent before was recorded. */
import { STORAGE } from "@pha/protocol";
import { CLUSTER, liveNetwork } from "@pha/pruntime/testing";
import { decode } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { clusterKey, keyFrom, opens, sealedOf } from "../broken.ts";

export const attack: Attack = {
  name: "all gatekeepers broken one generation later",
  rule: "shares of a generation are erased when the next one has proved itself (protocol §2)",
  weaknesses: [
    {
      file: "packages/pruntime/src/core/retirement.ts",
      text: "const isRetired = shares().some(({ generation }) => generation < before);",
      // One generation is kept, in case it should be needed once more.
      instead: "const isRetired = shares().some(({ generation }) => generation + 1n < before);",
    },
  ],
  attempt() {
    const live = liveNetwork({ gatekeepers: 3, threshold: 2 });
    const { network, chain, pallets, client, gatekeepers } = live;
    const sent = client.send({ argument: 42 });
    network.blocks(5);
    const first = pallets.generation;
    if (first === undefined) throw new Error("a generation is active");
    pallets.startRun();
    const { key: oldest, value } = STORAGE.generation.oldest;
    const isRetired = () => {
      const bytes = chain.get(oldest);
      const read = bytes && decode(value, bytes);
      return read?.ok === true && read.value === 2n;
    };
    network.until(isRetired);
    network.blocks(4);
    const shares = gatekeepers.flatMap((one) =>
      sealedOf(one).shares.filter(({ generation }) => generation === 1n),
    );
    const key = keyFrom(chain.genesisHash, first, shares, clusterKey(CLUSTER, 1n));
    return opens(live, sent, key)
      ? { succeeded: true, says: `${shares.length} old shares open what was recorded` }
      : { succeeded: false, says: "all of them together hold no share of the former generation" };
  },
};
