/** A gatekeeper whose host keeps it from the chain is asked for a key. */

import { TOPIC } from "@pha/protocol";
import { liveNetwork } from "@pha/pruntime/testing";
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";

export const attack: Attack = {
  name: "frozen gatekeeper asked for a key",
  rule: "a gatekeeper releases only while a nonce of its own was final less than a lease ago (protocol §3)",
  weaknesses: [
    {
      file: "packages/pruntime/src/core/key-releaser.ts",
      text: "if (!membership.leased() || parts.shares().length === 0) return [];",
      instead: "if (parts.shares().length === 0) return [];",
    },
  ],
  attempt() {
    const { network, pallets, gatekeepers } = liveNetwork();
    const [gatekeeper] = gatekeepers;
    if (gatekeeper === undefined) throw new Error("there is a gatekeeper");
    // Its heartbeats are lost, so that no nonce of its own becomes final any more.
    network.lose = (from, topic) => from === gatekeeper && equalBytes(topic, TOPIC.heartbeat);
    network.blocks(20);
    const before = gatekeeper.logged("share-released");
    pallets.newEpoch();
    network.blocks(6);
    return gatekeeper.logged("share-released") > before
      ? { succeeded: true, says: "it released shares for an epoch on a chain it may not be on" }
      : { succeeded: false, says: "without a nonce of its own it serves nobody" };
  },
};
