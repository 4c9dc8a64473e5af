/** One worker's CPU is broken: its memory shows the key of its cluster, of this epoch. */

import { verifyVetKey } from "@pha/crypto";
import { keyIdentity } from "@pha/protocol";
import { CLUSTER, liveNetwork } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";
import { clusterKey, keyFrom, opens, sealedOf } from "../broken.ts";

export const attack: Attack = {
  name: "one broken worker",
  rule: "a key is named (generation, cluster, epoch) and opens nothing of another name (protocol §2)",
  weaknesses: [
    {
      file: "packages/protocol/src/keys.ts",
      text: "return encode(KeyName, name);",
      // One secret for everything, as where a consensus seed lies on every machine.
      instead: "return encode(KeyName, { ...name, cluster: new Uint8Array(32), epoch: 0n });",
    },
  ],
  attempt() {
    const live = liveNetwork();
    const { network, chain, pallets, client, gatekeepers } = live;
    const { genesisHash } = chain;
    const { generation, contracts } = pallets;
    const [contract] = contracts;
    const [gatekeeper] = gatekeepers;
    if (!(generation && contract && gatekeeper)) throw new Error("the cluster serves");
    // As it lies in every replica's memory; here the one gatekeeper's share makes it.
    const { shares } = sealedOf(gatekeeper);
    const stolen = keyFrom(genesisHash, generation, shares, clusterKey(CLUSTER, 1n));
    if (stolen === undefined) throw new Error("the replicas have this key");
    if (!opens(live, client.send({ argument: 1 }), stolen)) throw new Error("it is the cluster's");
    network.blocks(4);
    pallets.newEpoch();
    network.until(() => pallets.sealingKeys(contract).at(-1)?.epoch === 2n);
    const later = opens(live, client.send({ argument: 2 }), stolen);
    const name = clusterKey(new Uint8Array(32).fill(7), 1n);
    const identity = keyIdentity({ genesisHash, ...name });
    const other = verifyVetKey({ vetKey: stolen, rootPublicKey: generation.root, identity });
    return later || other
      ? { succeeded: true, says: "it goes on reading after its removal, in every cluster" }
      : { succeeded: false, says: "its key is no other epoch's and no other cluster's" };
  },
};
