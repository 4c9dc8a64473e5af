/** The gatekeeper that made the first root keeps all that it ever held, and waits. */
import { CLUSTER, liveNetwork } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";
import { clusterKey, keyFrom, opens, sealedOf } from "../broken.ts";

export const attack: Attack = {
  name: "genesis gatekeeper keeps everything",
  rule: "each generation's root is made afresh, from nothing that the one before held (protocol §2)",
  weaknesses: [
    {
      file: "packages/pruntime/src/core/dkg-participant.ts",
      text: "entropy: entropy.next(),",
      // A polynomial of the machine's own, as if an old root were shared anew.
      instead: "entropy: keys.boot.seed.slice(),",
    },
    {
      file: "packages/crypto/src/threshold/dkg-dealing.ts",
      text: "deriveScalar(THRESHOLD_DOMAINS.polynomial, input.polynomialSeed, [context, Uint8Array.of(k)]),",
      instead:
        "deriveScalar(THRESHOLD_DOMAINS.polynomial, input.polynomialSeed, [Uint8Array.of(k)]),",
    },
  ],
  attempt() {
    const live = liveNetwork();
    const { network, chain, pallets, client, gatekeepers } = live;
    const [contract] = pallets.contracts;
    const [genesis] = gatekeepers;
    if (contract === undefined || genesis === undefined) throw new Error("both are there");
    const kept = sealedOf(genesis).shares.map((one) => ({ ...one, share: one.share.slice() }));
    pallets.startRun();
    network.until(() => pallets.sealingKeys(contract).at(-1)?.generation === 2n);
    const sent = client.send({ argument: 42 });
    const { generation } = pallets;
    if (generation === undefined) throw new Error("a generation is active");
    const key = keyFrom(chain.genesisHash, generation, kept, clusterKey(CLUSTER, 2n));
    return opens(live, sent, key)
      ? { succeeded: true, says: "its old share makes the next generation's keys, and reads on" }
      : { succeeded: false, says: "what it kept makes no key of the next generation" };
  },
};
