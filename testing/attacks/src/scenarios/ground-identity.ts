/** An operator tries identities until one is drawn for the cluster it wants. */
import { blake2b256, sr25519FromSeed } from "@pha/crypto";
import { clusterId, PhalaPhatContracts } from "@pha/runtime";
import {
  heartbeatCall,
  registerCall,
  startPhaChain,
  type TestBoot,
  testBoot,
} from "@pha/runtime/testing";
import { compareBytes, concatBytes, equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";

const WANTED = clusterId(2);
/** Of a development chain in its first epoch. */
const RANDOMNESS = new Uint8Array(32);
const rankOf = (name: Uint8Array): Uint8Array => blake2b256(concatBytes(RANDOMNESS, WANTED, name));

function best(names: readonly Uint8Array[]): Uint8Array {
  return names.map(rankOf).reduce((least, one) => (compareBytes(one, least) < 0 ? one : least));
}

export const attack: Attack = {
  name: "identity ground for a seat",
  rule: "a rank is drawn by the platform, which an operator cannot choose (protocol §8)",
  weaknesses: [
    {
      file: "packages/runtime/src/phala-phat-contracts/candidates.ts",
      text: "rank: blake2b256(concatBytes(randomness, cluster, candidate.platform, salt)),",
      instead: "rank: blake2b256(concatBytes(randomness, cluster, candidate.identity, salt)),",
    },
  ],
  attempt() {
    const chain = startPhaChain({ workers: 1 });
    chain.block();
    chain.send(registerCall(chain, testBoot(1)));
    const honest = [2, 3, 4, 5, 6].map((number) => testBoot(number));
    // A machine that is not drawn by its own luck.
    const platforms = honest.map(({ platformId }) => platformId);
    let machine = 50;
    while (compareBytes(rankOf(testBoot(machine).platformId), best(platforms)) < 0) machine++;
    const names = honest.map(({ identity }) => identity.publicKey);
    const plain = testBoot(machine);
    let ground: TestBoot = plain;
    for (let i = 0; compareBytes(rankOf(ground.identity.publicKey), best(names)) >= 0; i++)
      ground = { ...plain, identity: sr25519FromSeed(blake2b256(Uint8Array.of(i & 255, i >> 8))) };
    chain.sendAll([...honest, ground].map((boot) => registerCall(chain, boot)));
    chain.sendAll([...honest, ground].map((boot) => heartbeatCall(chain, boot)));
    const owner = chain.account("//Bob");
    const clusterClass = { type: "Open", value: undefined } as const;
    const { add_cluster } = chain.runtime.tx.PhalaPhatContracts;
    const made = { owner, clusterClass, crossVendor: false, replication: 1, fuelPerBlock: 1n };
    chain.sudo(add_cluster(made));
    for (let i = 0; i < 3; i++) chain.block();
    const { storage } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts);
    const [drawn] = storage.Clusters.get(WANTED)?.replicas ?? [];
    if (drawn === undefined) throw new Error("somebody was drawn");
    return equalBytes(drawn.identity, ground.identity.publicKey)
      ? { succeeded: true, says: "the ground identity has the seat it was made for" }
      : { succeeded: false, says: "its machine's rank is what it is; another was drawn" };
  },
};
