/** A cloned signer votes for two roots of one block, to be right whatever the others find. */
import type { Attack } from "../attack.ts";
import { attackedCluster, clusterRecord } from "../cluster.ts";

export const attack: Attack = {
  name: "two votes of one boot",
  rule: "two different votes of one boot for one block cost bond and seat at once (protocol §6)",
  weaknesses: [
    {
      file: "packages/runtime/src/pha-contract-state/commits.ts",
      text: "function equivocated(ctx: StateContext, first: Vote, second: Vote): void {",
      instead:
        "function equivocated(ctx: StateContext, first: Vote, second: Vote): void {\n  if (first !== second) return;",
    },
  ],
  attempt() {
    const { chain, workers, step, forged, vote } = attackedCluster();
    vote(workers[0], forged(), { carries: true });
    vote(workers[0], step);
    return clusterRecord(chain).replicas.length === 3
      ? { succeeded: true, says: "it keeps its seat with two votes on record" }
      : { succeeded: false, says: "its worker is out, and both votes are kept as evidence" };
  },
};
