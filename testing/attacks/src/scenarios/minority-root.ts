/** One broken replica of three commits a root of its own, first and with its delta. */
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { attackedCluster, finalRoot } from "../cluster.ts";

export const attack: Attack = {
  name: "minority commits a wrong root",
  rule: "⌊n/2⌋ + 1 of the assigned replicas make a root final (protocol §6)",
  weaknesses: [
    {
      file: "packages/protocol/src/cluster.ts",
      text: "return Math.floor(replicas / 2) + 1;",
      instead: "return Math.min(1, replicas);",
    },
  ],
  attempt() {
    const { chain, workers, forged, vote } = attackedCluster();
    vote(workers[2], forged(), { carries: true });
    const root = finalRoot(chain);
    return root && equalBytes(root, forged().newRoot)
      ? { succeeded: true, says: "one vote made the forged root final" }
      : { succeeded: false, says: "the forged root waits for a majority" };
  },
};
