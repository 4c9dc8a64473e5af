import { blake2b256 } from "@pha/crypto";
import { type Snapshot, SnapshotVote, StorageReceipt, TOPIC } from "@pha/protocol";
import { encode, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { PhaContractState } from "../pha-contract-state/index.ts";
import { DEVELOPMENT_CLUSTER as CLUSTER } from "../pha-genesis.ts";
import { DEVELOPMENT_PHA } from "../pha-pallets.ts";
import { messageCall, type PhaChain, rejection, type TestBoot } from "../testing/pha-chain.ts";
import {
  clusterKeysCall,
  commitCall,
  type LiveChain,
  signedCommit,
  startLive,
  testCommand,
  testStep,
} from "../testing/pha-cluster.ts";
import { nameAnew } from "./formers.ts";
import { PhalaPhatContracts } from "./index.ts";

const storageOf = (chain: PhaChain) =>
  chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
const versionsOf = (chain: PhaChain) => storageOf(chain).StateKeys.get(CLUSTER);
const rotateCall = (chain: PhaChain) =>
  chain.runtime.tx.PhalaPhatContracts.rotate_state_key({ cluster: CLUSTER });

/** Names the cluster anew, as when a replica leaves. */
function rename(chain: PhaChain, isForCause: boolean): void {
  const ctx = chain.runtime.env(chain.overlay).of(PhalaPhatContracts);
  const { generation, epoch } = ctx.storage.Clusters.get(CLUSTER)!;
  nameAnew(ctx, CLUSTER, { generation, epoch: epoch + 1n }, () => !isForCause);
}

/** All replicas publish the keys of the present name, with the versions in use. */
function publish({ chain, workers, keys }: LiveChain, count = 3): readonly (string | undefined)[] {
  const { epoch } = storageOf(chain).Clusters.get(CLUSTER)!;
  const versions = versionsOf(chain);
  const wrappedStateKey = utf8(`wrap of ${versions.newest} from ${versions.oldest}`);
  return workers
    .slice(0, count)
    .map((boot) =>
      rejection(
        chain,
        chain.send(
          clusterKeysCall(chain, boot, { ...keys.keys, epoch, versions, wrappedStateKey }),
        ),
      ),
    );
}

/** The creation's snapshot under a version of the state key, voted on and kept. */
function makeSnapshot(
  { chain, workers, creation }: LiveChain,
  keyVersion: number,
): (string | undefined)[] {
  const { generation, epoch } = storageOf(chain).Clusters.get(CLUSTER)!;
  const { block, previousRoot, newRoot: root } = creation;
  const digest = blake2b256(utf8(`manifest ${keyVersion}`));
  const manifest = { digest, bytes: 33 };
  const snapshot: Snapshot = {
    index: 0n,
    block,
    previousRoot,
    root,
    keyVersion,
    manifest,
    chunks: 1,
  };
  const vote = encode(SnapshotVote, { cluster: CLUSTER, generation, epoch, snapshot });
  const send = (boot: TestBoot, topic: Uint8Array, payload: Uint8Array) =>
    rejection(chain, chain.send(messageCall(chain, boot, topic, payload)));
  const codes = workers.slice(0, 2).map((boot) => send(boot, TOPIC.snapshot, vote));
  return [
    ...codes,
    send(workers[0], TOPIC.storageReceipt, encode(StorageReceipt, { digests: [digest] })),
  ];
}

test("a name for cause rotates the state key, one without does not", () => {
  const { chain } = startLive();
  rename(chain, false);
  expect(versionsOf(chain)).toEqual({ newest: 0, oldest: 0 });
  const other = startLive();
  rename(other.chain, true);
  expect(versionsOf(other.chain)).toEqual({ newest: 1, oldest: 0 });
});

test("no root is final under a key that no majority wrapped", () => {
  const live = startLive();
  const { chain, workers, keys, creation } = live;
  chain.send(chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 1)), "//Alice");
  const block = chain.head();
  chain.block();
  rename(chain, true);
  const { epoch } = storageOf(chain).Clusters.get(CLUSTER)!;
  const step = testStep(chain, keys.vetKey, block, creation.newRoot);
  const roots = () =>
    chain.runtime.env(chain.overlay).of(PhaContractState).storage.Roots.get(CLUSTER);
  for (const [i, boot] of workers.entries()) {
    const change = { epoch };
    const signed = signedCommit(chain, boot, keys.signing, step, { carries: i === 0, change });
    expect(rejection(chain, chain.send(commitCall(chain, boot, signed)))).toBeUndefined();
  }
  expect(roots()?.index).toBe(0n);
  expect(publish(live)).toEqual([undefined, undefined, undefined]);
  expect(roots()?.index).toBe(1n);
  const { Steps } = chain.runtime.env(chain.overlay).of(PhaContractState).storage;
  expect([0n, 1n].map((index) => Steps.get([CLUSTER, index])?.keyVersion)).toEqual([0, 1]);
});

test("the former version is in use until a snapshot under the newest is final, also of a step that was let go", () => {
  const live = startLive();
  const { chain, workers, keys } = live;
  chain.runtime
    .env(chain.overlay)
    .of(PhaContractState)
    .storage.Snapshots.put(CLUSTER, {
      index: 0n,
      block: live.creation.block,
      previousRoot: live.creation.previousRoot,
      root: live.creation.newRoot,
      keyVersion: 0,
      manifest: { digest: CLUSTER, bytes: 33 },
      chunks: 1,
    });
  chain.runtime.env(chain.overlay).of(PhaContractState).storage.Steps.remove([CLUSTER, 0n]);
  rename(chain, true);
  // Nobody has wrapped the new key yet.
  expect(makeSnapshot(live, 1)).toContain("StaleEpoch");
  publish(live);
  expect(storageOf(chain).WrappedStateKeys.get(CLUSTER)?.version).toBe(1);
  expect(makeSnapshot(live, 0)).toContain("Superseded");
  expect(versionsOf(chain)).toEqual({ newest: 1, oldest: 0 });
  expect(makeSnapshot(live, 1)).toEqual([undefined, undefined, undefined]);
  expect(versionsOf(chain)).toEqual({ newest: 1, oldest: 1 });
  // A wrap that holds the former key too is not taken any more; one without it replaces it.
  const { epoch } = storageOf(chain).Clusters.get(CLUSTER)!;
  const late = { ...keys.keys, epoch, versions: { newest: 1, oldest: 0 } };
  expect(rejection(chain, chain.send(clusterKeysCall(chain, workers[0], late)))).toBe("StaleEpoch");
  publish(live, 2);
  expect(storageOf(chain).WrappedStateKeys.get(CLUSTER)?.wrapped).toEqual(utf8("wrap of 1 from 1"));
  expect(storageOf(chain).Clusters.get(CLUSTER)?.status.type).toBe("Live");
});

test("a cause while a rotation is under way rotates again when that is done; more of them count as one", () => {
  const live = startLive();
  const { chain } = live;
  rename(chain, true);
  // Not wrapped yet: it is made anew of the next name, which is as good.
  rename(chain, true);
  expect(versionsOf(chain)).toEqual({ newest: 1, oldest: 0 });
  publish(live);
  rename(chain, true);
  publish(live);
  rename(chain, true);
  publish(live);
  expect(versionsOf(chain)).toEqual({ newest: 1, oldest: 0 });
  const { epoch } = storageOf(chain).Clusters.get(CLUSTER)!;
  makeSnapshot(live, 1);
  expect(versionsOf(chain)).toEqual({ newest: 2, oldest: 1 });
  expect(storageOf(chain).Clusters.get(CLUSTER)?.epoch).toBe(epoch + 1n);
});

test("root rotates at will, not twice at once, and nobody else does", () => {
  const live = startLive();
  const { chain } = live;
  chain.send(rotateCall(chain), "//Alice");
  expect(versionsOf(chain)).toEqual({ newest: 0, oldest: 0 });
  chain.sudo(rotateCall(chain));
  expect(versionsOf(chain)).toEqual({ newest: 1, oldest: 0 });
  const again = chain.sudo(rotateCall(chain));
  expect(versionsOf(chain)).toEqual({ newest: 1, oldest: 0 });
  expect(again.events.map(({ name }) => name)).not.toContain("StateKeyRotated");
});

test("a week rotates without a cause", () => {
  const live = startLive();
  const { chain } = live;
  expect(storageOf(chain).Rotations.get(CLUSTER).due).toBe(DEVELOPMENT_PHA.rotationBlocks);
  storageOf(chain).Rotations.put(CLUSTER, { due: chain.number() + 3, wanted: false });
  const { epoch } = storageOf(chain).Clusters.get(CLUSTER)!;
  chain.block();
  expect(versionsOf(chain).newest).toBe(0);
  for (let i = 0; i < 3; i++) chain.block();
  expect(versionsOf(chain)).toEqual({ newest: 1, oldest: 0 });
  expect(storageOf(chain).Clusters.get(CLUSTER)?.epoch).toBe(epoch + 1n);
  // The present sealing keys stay good for their grace.
  expect(storageOf(chain).Clusters.get(CLUSTER)?.formers.length).toBe(1);
  for (let i = 0; i < 5; i++) chain.block();
  expect(versionsOf(chain).newest).toBe(1);
});
