/** Workers without a seat, given the signing key by one broken replica, vote its root to a majority. */
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { attackedCluster, finalRoot, spares } from "../cluster.ts";

const COMMITS = "packages/runtime/src/pha-contract-state/commits.ts";

export const attack: Attack = {
  name: "votes by unassigned workers",
  rule: "a vote counts for a replica's seat with its present boot alone (protocol §6)",
  weaknesses: [
    {
      file: COMMITS,
      text: "ensure(isMember && equalBytes(boot, message.boot), ctx.errors.NotAssigned);",
      instead: "void isMember; void boot;",
    },
    { file: COMMITS, text: "isPanel: !record.replicas.some(isSender)", instead: "isPanel: false" },
    {
      file: COMMITS,
      text: "      commit.epoch === epoch &&\n      replicas.some(({ boot }) => equalBytes(boot, commit.boot)),",
      instead: "      commit.epoch === epoch && replicas.length > 0,",
    },
    {
      file: "packages/runtime/src/pha-contract-state/quorum.ts",
      text: "      replicas.some(({ boot }) => equalBytes(boot, commit.boot)),",
      instead: "      replicas.length > 0,",
    },
  ],
  attempt() {
    const { chain, forged, vote } = attackedCluster();
    const [one, other] = spares(chain, 2);
    if (one === undefined || other === undefined) throw new Error("two workers wait");
    vote(one, forged(), { carries: true });
    vote(other, forged());
    const root = finalRoot(chain);
    return root && equalBytes(root, forged().newRoot)
      ? { succeeded: true, says: "two strangers outvoted a cluster of three" }
      : { succeeded: false, says: "the chain refused both: NotAssigned" };
  },
};
