/** Everything of one vendor is broken, and a cluster that trusts two has its majority there. */
import { DEVELOPMENT_CLUSTER, PhalaPhatContracts } from "@pha/runtime";
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { attackedCluster, clusterRecord, finalRoot } from "../cluster.ts";

export const attack: Attack = {
  name: "majority of one broken vendor",
  rule: "a cross-vendor cluster's majority spans two vendors (protocol §6)",
  weaknesses: [
    {
      file: "packages/runtime/src/pha-contract-state/quorum.ts",
      text: "return !record.crossVendor || vendorsOf(ctx, equal).size >= 2;",
      instead: "return !record.crossVendor || vendorsOf(ctx, equal).size >= 1;",
    },
  ],
  attempt() {
    const { chain, workers, forged, vote } = attackedCluster();
    const { Clusters } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
    Clusters.put(DEVELOPMENT_CLUSTER, { ...clusterRecord(chain), crossVendor: true });
    vote(workers[0], forged(), { carries: true });
    vote(workers[1], forged());
    const root = finalRoot(chain);
    return root && equalBytes(root, forged().newRoot)
      ? { succeeded: true, says: "two TEEs of one vendor made the forged root final" }
      : { succeeded: false, says: "their votes wait for one of another vendor" };
  },
};
