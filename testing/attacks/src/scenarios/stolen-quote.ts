/** A key of a real platform was read out of its CPU: it signs quotes that are valid in every respect. */
import { clusterId, PhalaPhatContracts } from "@pha/runtime";
import { startLive } from "@pha/runtime/testing";
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { spares } from "../cluster.ts";

export const attack: Attack = {
  name: "valid quote from a stolen key",
  rule: "a valid quote is necessary and never sufficient: platforms are endorsed by their place (protocol §8)",
  weaknesses: [
    {
      file: "packages/runtime/src/phala-phat-contracts/candidates.ts",
      text: "return isEndorsedWorker(ctx, identity) && !sharesOperator(ctx, replicas, identity);",
      instead: "return !sharesOperator(ctx, replicas, identity);",
    },
  ],
  attempt() {
    const { chain } = startLive();
    const [forger] = spares(chain, 1);
    if (forger === undefined) throw new Error("it registers like any other");
    const { add_cluster } = chain.runtime.tx.PhalaPhatContracts;
    const clusterClass = { type: "Endorsed", value: undefined } as const;
    const owner = chain.account("//Bob");
    const made = { owner, clusterClass, crossVendor: false, replication: 1, fuelPerBlock: 1n };
    const sent = chain.sudo(add_cluster(made));
    if (!sent.ok) throw new Error(`the cluster is made: ${sent.error}`);
    for (let i = 0; i < 4; i++) chain.block();
    const { Clusters } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
    const seats = Clusters.get(clusterId(2))?.replicas ?? [];
    const isIn = seats.some(({ identity }) => equalBytes(identity, forger.identity.publicKey));
    return isIn
      ? { succeeded: true, says: "the forger holds the keys of a cluster whose users chose place" }
      : { succeeded: false, says: "without an endorsement of its platform it is drawn nowhere" };
  },
};
