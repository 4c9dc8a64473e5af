/** A worker's identity is stolen from its sealed store; with it the whole chain is gone through. */
import { sr25519FromSeed, transportKeypair } from "@pha/crypto";
import { liveNetwork } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";
import { keyFromReleases, opens, releasesOf, sealedOf } from "../broken.ts";

export const attack: Attack = {
  name: "a worker's long-lived key stolen, the whole chain replayed",
  rule: "long-lived keys sign; key material goes to one-time keys that are erased (protocol §1)",
  weaknesses: [
    {
      file: "packages/pruntime/src/core/epoch-key.ts",
      text: "transport = transportKeypair(entropy.next());",
      instead: "transport = transportKeypair(keys.identity.secretKey);",
    },
  ],
  attempt() {
    const live = liveNetwork({ gatekeepers: 3, threshold: 2 });
    const { network, chain, pallets, client, workers, gatekeepers } = live;
    const sent = client.send({ argument: 42 });
    network.blocks(4);
    const [worker] = workers;
    const { generation } = pallets;
    if (worker === undefined || generation === undefined) throw new Error("the cluster serves");
    const releases = releasesOf(gatekeepers);
    if (releases.length === 0) throw new Error("releases are on chain");
    const { secretKey } = sr25519FromSeed(sealedOf(worker).identitySeed);
    const transport = transportKeypair(secretKey);
    const key = keyFromReleases(chain.genesisHash, generation, releases, transport);
    return opens(live, sent, key)
      ? { succeeded: true, says: "the releases of the past open, and with them every command" }
      : { succeeded: false, says: `none of ${releases.length} releases is for any key it kept` };
  },
};
