/**
 * A worker is stopped. The voters of then are replaced, and sell their keys. Whoever bought them starts the worker from its
 * old checkpoint, shows it a chain that they signed, and has the real chain's gatekeepers release its key.
 */
import { ClusterEvent, KeyRelease, STORAGE, TOPIC } from "@pha/protocol";
import { CLUSTER, liveNetwork, voterSeed } from "@pha/pruntime/testing";
import { encode, equalBytes, utf8 } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { releasesOf } from "../broken.ts";
import { type Justify, proveFrom, show } from "../made-up-chain.ts";

/** Of a made-up chain: its voters are those of the block that it began after. */
const byFormerVoters: Justify = (fork, number) => fork.justification(number);

export const attack: Attack = {
  name: "worker stopped before a set change, fed by former authorities",
  rule: "gatekeepers release on a request that names a head of their own chain (protocol §3, §7)",
  weaknesses: [
    {
      file: "packages/pruntime/src/core/key-releaser.ts",
      text: 'if (!isOwnHead(one)) return refuse(one, "release/other-head");',
      instead: "void isOwnHead;",
    },
  ],
  attempt() {
    const { network, chain, pallets, client, workers, gatekeepers } = liveNetwork();
    client.send({ argument: 7 });
    network.blocks(4);
    const [worker] = workers;
    if (worker === undefined) throw new Error("there are workers");
    const { head: before } = chain;
    worker.start(worker.sealed);
    network.sync(worker);
    worker.syncing = false;
    // The chain registers and assigns the new boot, and its voters change.
    network.blocks(1);
    chain.addBlock({ nextVoters: [voterSeed("two")] });
    network.blocks(2);

    const fork = chain.fork(before.number);
    const { boot, evidence, lease, cluster } = STORAGE;
    for (const key of [
      boot.key(worker.identity),
      evidence.key(worker.identity),
      lease.key(worker.boot),
      cluster.key(CLUSTER),
    ])
      fork.put(key, chain.get(key));
    const event: ClusterEvent = {
      type: "Changed",
      value: { cluster: CLUSTER, record: pallets.cluster },
    };
    const sender = { type: "Pallet", value: utf8("PhalaPhatContracts") } as const;
    fork.push({ sender, destination: TOPIC.cluster, payload: encode(ClusterEvent, event) });
    proveFrom(worker, fork);
    fork.addBlock();
    if (!show(worker, fork, byFormerVoters)) throw new Error("former voters are all it knows");
    // Its request goes to the real chain, and what is released comes back to the made-up one.
    network.blocks(4);
    for (const release of releasesOf(gatekeepers)) {
      if (!equalBytes(release.boot, worker.boot)) continue;
      const [gatekeeper] = gatekeepers;
      if (gatekeeper === undefined) throw new Error("it released");
      fork.push({
        sender: { type: "Worker", value: gatekeeper.identity },
        destination: TOPIC.keyRelease,
        payload: encode(KeyRelease, release),
      });
    }
    fork.addBlock();
    show(worker, fork, byFormerVoters);
    const [refusal] = gatekeepers.flatMap(({ logs }) =>
      logs.filter(({ event: name }) => name === "release/other-head"),
    );
    return worker.logged("key-received") > 1
      ? { succeeded: true, says: "it holds the cluster's key on a chain that the attacker writes" }
      : { succeeded: false, says: `gatekeepers do not know its head: ${refusal?.event}` };
  },
};
