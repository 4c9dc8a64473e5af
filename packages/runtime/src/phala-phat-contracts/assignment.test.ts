import { type Cluster, type ClusterClass, ClusterEvent, TOPIC } from "@pha/protocol";
import { decode, equalBytes, toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { Babe } from "../babe/index.ts";
import type { PhaParameters } from "../parameters.ts";
import { PHA } from "../parameters.ts";
import { PhaAttestation } from "../pha-attestation/index.ts";
import { DEVELOPMENT_CLUSTER } from "../pha-genesis.ts";
import { PhalaRegistry } from "../phala-registry/index.ts";
import {
  heartbeatCall,
  type PhaChain,
  registerCall,
  type Sent,
  startPhaChain,
  type TestBoot,
  testBoot,
} from "../testing/pha-chain.ts";
import { clusterKeysCall, startKeyed, startLive, testCommand } from "../testing/pha-cluster.ts";
import { PATIENCE_BLOCKS } from "./declaration.ts";
import { clusterId, PhalaPhatContracts } from "./index.ts";

const storageOf = (chain: PhaChain) =>
  chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;

function clusterOf(chain: PhaChain, cluster = DEVELOPMENT_CLUSTER): Cluster {
  const record = storageOf(chain).Clusters.get(cluster);
  if (record === undefined) throw new Error("the cluster exists");
  return record;
}

function isReplica(chain: PhaChain, { identity }: TestBoot, cluster = DEVELOPMENT_CLUSTER) {
  const { replicas } = clusterOf(chain, cluster);
  return replicas.some((one) => equalBytes(one.identity, identity.publicKey));
}

const names = ({ events }: Sent) => events.map(({ name }) => name);

/** Makes blocks in which all of them renew their leases. */
function pass(chain: PhaChain, blocks: number, boots: readonly TestBoot[]): void {
  for (let i = 0; i < blocks; i++)
    if (i % 4 === 0) chain.sendAll(boots.map((boot) => heartbeatCall(chain, boot)));
    else chain.block();
}

function drain(chain: PhaChain, boot: TestBoot, draining = true, uri?: string): Sent {
  const worker = boot.identity.publicKey;
  return chain.send(chain.runtime.tx.PhalaPhatContracts.drain_worker({ worker, draining }), uri);
}

const SPREAD = { replication: 3, fuelPerBlock: 1n } as const;

function addCluster(
  chain: PhaChain,
  type: ClusterClass["type"],
  crossVendor = false,
  replication = 3,
): Uint8Array {
  const owner = chain.account("//Bob");
  const clusterClass: ClusterClass = { type, value: undefined };
  const { add_cluster } = chain.runtime.tx.PhalaPhatContracts;
  const args = { ...SPREAD, owner, clusterClass, crossVendor, replication };
  const sent = chain.sudo(add_cluster(args));
  if (sent.error) throw new Error(sent.error);
  const created = storageOf(chain).ClusterList.get().at(-1);
  if (created === undefined) throw new Error("the cluster was made");
  return created;
}

/** A chain whose first cluster is full, so that whoever registers later waits. */
function waiting(pha: Partial<PhaParameters> = {}) {
  const chain = startPhaChain({ workers: 1 }, pha);
  chain.block();
  chain.send(registerCall(chain, testBoot(1)));
  return chain;
}

describe("a free seat", () => {
  test("is drawn: by randomness, cluster and platform, whatever identity a machine gives itself", () => {
    const drawnWith = (randomness: number, start: number) => {
      const chain = waiting();
      const boots = [2, 3, 4, 5, 6].map((n) => testBoot(n + start, "Worker", 0, n));
      chain.sendAll(boots.map((boot) => registerCall(chain, boot)));
      chain.runtime
        .env(chain.overlay)
        .of(Babe)
        .storage.Randomness.put(new Uint8Array(32).fill(randomness));
      const cluster = addCluster(chain, "Open", false, 1);
      chain.block();
      chain.block();
      return boots.findIndex((boot) => isReplica(chain, boot, cluster));
    };
    const first = drawnWith(1, 0);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(drawnWith(1, 100)).toBe(first);
    const others = [2, 3, 4, 5].map((randomness) => drawnWith(randomness, 0));
    expect(others.some((one) => one !== first)).toBe(true);
  });

  test("waits for epochs that begin after the worker did, and for the preset's blocks", () => {
    const chain = startPhaChain({ workers: 1 }, { waitingEpochs: 3n, waitingBlocks: 5 });
    chain.block();
    const boot = testBoot(1);
    chain.send(registerCall(chain, boot));
    pass(chain, 8, [boot]);
    expect(isReplica(chain, boot)).toBe(false);
    const { EpochIndex } = chain.runtime.env(chain.overlay).of(Babe).storage;
    EpochIndex.put(2n);
    pass(chain, 2, [boot]);
    expect(isReplica(chain, boot)).toBe(false);
    EpochIndex.put(3n);
    pass(chain, 2, [boot]);
    expect(isReplica(chain, boot)).toBe(true);
    const late = startPhaChain({ workers: 1 }, { waitingBlocks: 20 });
    late.block();
    late.send(registerCall(late, boot));
    boot.sequence = 0n;
    pass(late, 17, [boot]);
    expect(isReplica(late, boot)).toBe(false);
    pass(late, 4, [boot]);
    expect(isReplica(late, boot)).toBe(true);
  });

  test("is for workers that are bonded, leased and not suspended", () => {
    const chain = startPhaChain({ workers: 1 }, { minBond: 100n * PHA });
    chain.block();
    const boot = testBoot(1);
    const worker = boot.identity.publicKey;
    chain.send(registerCall(chain, boot));
    pass(chain, 3, [boot]);
    expect(isReplica(chain, boot)).toBe(false);
    const { bond_worker } = chain.runtime.tx.PhalaComputation;
    for (let i = 0; i < 14; i++) chain.block();
    expect(chain.send(bond_worker({ worker, amount: 100n * PHA })).error).toBeUndefined();
    chain.block();
    expect(isReplica(chain, boot)).toBe(false);
    chain.send(heartbeatCall(chain, boot));
    chain.block();
    expect(isReplica(chain, boot)).toBe(true);
  });

  test("of an endorsed cluster is for endorsed platforms of operators that differ", () => {
    const chain = waiting();
    const boots = [testBoot(2), testBoot(3), testBoot(4)] as const;
    const operators = ["//Operator", "//Bob", "//Bob"];
    for (const [i, boot] of boots.entries()) {
      const uri = operators[i] ?? "";
      chain.send(registerCall(chain, boot, { operator: chain.account(uri) }), uri);
    }
    const cluster = addCluster(chain, "Endorsed");
    chain.block();
    expect(clusterOf(chain, cluster).replicas).toEqual([]);
    const { endorse_platform, withdraw_endorsement } = chain.runtime.tx.PhaAttestation;
    expect(chain.send(endorse_platform({ platformId: boots[0].platformId })).error).toBe(
      "BadOrigin",
    );
    for (const { platformId } of boots) chain.sudo(endorse_platform({ platformId }));
    for (let i = 0; i < 4; i++) chain.block();
    expect(clusterOf(chain, cluster).replicas).toHaveLength(2);
    expect(isReplica(chain, boots[0], cluster)).toBe(true);
    const { platformId } = boots[0];
    expect(chain.sudo(withdraw_endorsement({ platformId })).error).toBeUndefined();
    expect(chain.sudo(withdraw_endorsement({ platformId })).error).toBe("NotEndorsed");
    const { Endorsed } = chain.runtime.env(chain.overlay).of(PhaAttestation).storage;
    expect(Endorsed.has(platformId)).toBe(false);
  });

  test("of a mixed cluster goes to others as long as endorsed ones keep the majority", () => {
    const chain = waiting();
    const boots = [2, 3, 4].map((n) => testBoot(n));
    chain.sendAll(boots.map((boot) => registerCall(chain, boot)));
    const cluster = addCluster(chain, "Mixed");
    for (let i = 0; i < 6; i++) chain.block();
    expect(clusterOf(chain, cluster).replicas).toHaveLength(1);
    const { endorse_platform } = chain.runtime.tx.PhaAttestation;
    for (const { platformId } of boots) chain.sudo(endorse_platform({ platformId }));
    for (let i = 0; i < 4; i++) chain.block();
    expect(clusterOf(chain, cluster).replicas).toHaveLength(3);
  });

  test("of a cross-vendor cluster leaves no vendor more than half", () => {
    const chain = waiting();
    const boots = [2, 3, 4, 5].map((n) => testBoot(n));
    chain.sendAll(boots.map((boot) => registerCall(chain, boot)));
    const cluster = addCluster(chain, "Open", true);
    for (let i = 0; i < 6; i++) chain.block();
    expect(clusterOf(chain, cluster).replicas).toHaveLength(2);
    const { Grades } = chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
    for (const { identity } of boots) {
      const grade = Grades.get(identity.publicKey);
      if (grade && !storageOf(chain).ClusterOf.has(identity.publicKey))
        Grades.put(identity.publicKey, { ...grade, line: "amd-genoa-vcek" });
    }
    chain.block();
    chain.block();
    expect(clusterOf(chain, cluster).replicas).toHaveLength(3);
    const { add_cluster } = chain.runtime.tx.PhalaPhatContracts;
    const owner = chain.account("//Bob");
    const clusterClass: ClusterClass = { type: "Open", value: undefined };
    const two = { owner, clusterClass, crossVendor: true, replication: 2, fuelPerBlock: 1n };
    expect(chain.sudo(add_cluster(two)).error).toBe("BadReplication");
  });
});

describe("a replica", () => {
  test("that is drained makes room for a drawn one, and the epoch advances with grace", () => {
    const { chain, workers, keys } = startLive();
    const [first, second] = workers;
    expect(drain(chain, first, true, "//Bob").error).toBe("NotOperator");
    expect(drain(chain, testBoot(9)).error).toBe("UnknownWorker");
    expect(drain(chain, first).error).toBeUndefined();
    pass(chain, 4, workers);
    expect(isReplica(chain, first)).toBe(true);
    const spare = testBoot(4);
    chain.send(registerCall(chain, spare));
    pass(chain, 2, [...workers, spare]);
    expect(isReplica(chain, first)).toBe(false);
    expect(isReplica(chain, spare)).toBe(true);
    expect(clusterOf(chain)).toMatchObject({ generation: 1n, epoch: 2n });
    const push = (number: number) =>
      chain.send(
        chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, number)),
        "//Alice",
      );
    expect(push(1).error).toBeUndefined();
    const next = {
      ...keys.keys,
      epoch: 2n,
      sealingKeys: keys.keys.sealingKeys.map((one) => ({ ...one })),
    };
    chain.sendAll([second, workers[2]].map((boot) => clusterKeysCall(chain, boot, next)));
    expect(push(2).error).toBeUndefined();
    // It does not come back by itself.
    chain.send(registerCall(chain, testBoot(1, "Worker", 1)));
    expect(storageOf(chain).Candidates.get()).toEqual([]);
    expect(drain(chain, testBoot(1, "Worker", 1), false).error).toBeUndefined();
    expect(storageOf(chain).Candidates.get()).toHaveLength(1);
  });

  test("that is not heard of for long is replaced when somebody can take its seat, and waits again", () => {
    const { chain, workers } = startLive();
    const [gone, second, third] = workers;
    pass(chain, 80, [second, third]);
    expect(isReplica(chain, gone)).toBe(true);
    const spare = testBoot(4);
    chain.send(registerCall(chain, spare));
    pass(chain, 2, [second, third, spare]);
    expect(isReplica(chain, gone)).toBe(false);
    expect(isReplica(chain, spare)).toBe(true);
    const [again] = storageOf(chain).Candidates.get();
    expect(again && toHex(again.identity)).toBe(toHex(gone.identity.publicKey));
    // Its lease is over: it is not drawn before it is heard of.
    const { set_replication } = chain.runtime.tx.PhalaPhatContracts;
    const cluster = DEVELOPMENT_CLUSTER;
    chain.send(set_replication({ cluster, replication: 4 }), "//Alice");
    pass(chain, 3, [second, third, spare]);
    expect(isReplica(chain, gone)).toBe(false);
    chain.send(heartbeatCall(chain, gone));
    chain.block();
    expect(isReplica(chain, gone)).toBe(true);
    expect(clusterOf(chain).epoch).toBe(2n);
  });

  test("that did not vote while the cluster was late is replaced", () => {
    const { chain, workers } = startLive();
    const spare = testBoot(4);
    chain.send(registerCall(chain, spare));
    const { push_command } = chain.runtime.tx.PhalaPhatContracts;
    chain.send(push_command(testCommand(chain, 1)), "//Alice");
    pass(chain, 10, [...workers, spare]);
    expect(isReplica(chain, spare)).toBe(false);
    pass(chain, 3, [...workers, spare]);
    expect(clusterOf(chain).status.type).toBe("Late");
    expect(isReplica(chain, spare)).toBe(true);
    // All are silent, as all lack the new keys: the next is not replaced before the newcomer could have voted.
    const [left] = workers.filter((worker) => !isReplica(chain, worker));
    const epochs = (blocks: number) => {
      const before = clusterOf(chain).epoch;
      pass(chain, blocks, [...workers, spare]);
      return clusterOf(chain).epoch - before;
    };
    expect(epochs(PATIENCE_BLOCKS - 5)).toBe(0n);
    expect(left && isReplica(chain, left)).toBe(false);
    expect(epochs(8)).toBe(1n);
    // The weakened form, which forgets when it was: the keys get another name with nearly every block.
    storageOf(chain).SilentReplaced.remove(DEVELOPMENT_CLUSTER);
    expect(epochs(1)).toBe(1n);
  });

  test("whose platform is denied is out at once: no command is sealed to what it knows", () => {
    const { chain, workers } = startLive();
    const [denied] = workers;
    const { push_command } = chain.runtime.tx.PhalaPhatContracts;
    const push = (number: number) =>
      chain.send(push_command(testCommand(chain, number)), "//Alice");
    expect(push(1).error).toBeUndefined();
    const { platformId } = denied;
    const sent = chain.sudo(chain.runtime.tx.PhaAttestation.deny_platform({ platformId }));
    expect(names(sent)).toEqual(
      expect.arrayContaining(["WorkerSuspended", "ReplicaRemoved", "EpochChanged"]),
    );
    expect(isReplica(chain, denied)).toBe(false);
    expect(clusterOf(chain)).toMatchObject({ epoch: 2n, replication: 3 });
    expect(push(2).error).toBe("StaleSealingKey");
    // The weakened form: with the former name kept, as after a drain, the chain takes it in its grace.
    const former = { generation: 1n, epoch: 1n, until: undefined, last: undefined };
    storageOf(chain).Formers.put([{ cluster: DEVELOPMENT_CLUSTER, ...former }]);
    expect(push(3).error).toBeUndefined();
    expect(chain.send(registerCall(chain, testBoot(1, "Worker", 1))).error).toBe("DeniedPlatform");
    const spare = testBoot(4);
    chain.send(registerCall(chain, spare));
    expect(isReplica(chain, spare)).toBe(true);
  });

  test("whose platform runs another worker loses its seat to whoever is drawn", () => {
    const { chain, workers } = startLive();
    const [first] = workers;
    const other = testBoot(8, "Worker", 0, 1);
    const sent = chain.send(registerCall(chain, other));
    expect(names(sent)).toEqual(expect.arrayContaining(["PlatformMoved", "ReplicaRemoved"]));
    expect(isReplica(chain, first)).toBe(false);
    expect(isReplica(chain, other)).toBe(true);
  });
});

test("replicas are added and removed while the cluster serves, by its owner's word", () => {
  const { chain, workers } = startLive();
  const cluster = DEVELOPMENT_CLUSTER;
  const { set_replication } = chain.runtime.tx.PhalaPhatContracts;
  const set = (replication: number, uri = "//Alice") =>
    chain.send(set_replication({ cluster, replication }), uri);
  expect(set(4, "//Bob").error).toBe("NotOwner");
  expect(set(16).error).toBe("BadReplication");
  expect(set(4).error).toBeUndefined();
  expect(storageOf(chain).Vacant.get()).toEqual([cluster]);
  const spare = testBoot(4);
  chain.send(registerCall(chain, spare));
  expect(clusterOf(chain)).toMatchObject({ epoch: 1n, status: { type: "Live" } });
  expect(isReplica(chain, spare)).toBe(true);
  const told = chain.messages().flatMap(({ destination, payload }) => {
    const event = equalBytes(destination, TOPIC.cluster) && decode(ClusterEvent, payload);
    return event !== false && event.ok ? [event.value.type] : [];
  });
  expect(told).toContain("Changed");
  expect(set(3).error).toBeUndefined();
  expect(clusterOf(chain).replicas.map(({ identity }) => toHex(identity))).toEqual(
    workers.map(({ identity }) => toHex(identity.publicKey)),
  );
  expect(clusterOf(chain).epoch).toBe(2n);
  expect(storageOf(chain).Candidates.get()).toHaveLength(1);
});

test("nobody waits beyond the bound, unless one that is gone makes room", () => {
  const { chain } = startKeyed();
  const { Candidates } = storageOf(chain);
  const absent = Array.from({ length: 512 }, (_, i) => {
    const identity = new Uint8Array(32).fill(i >> 8, 0, 1).fill(i & 255, 1);
    return { identity, platform: identity, since: 1, epoch: 0n };
  });
  Candidates.put(absent);
  const spare = testBoot(4);
  chain.send(registerCall(chain, spare));
  const after = Candidates.get();
  expect(after).toHaveLength(512);
  expect(after.at(-1)?.identity).toEqual(spare.identity.publicKey);
  const present = after.at(-1);
  if (present === undefined) throw new Error("somebody waits");
  Candidates.put(Array.from({ length: 512 }, () => present));
  chain.send(registerCall(chain, testBoot(5)));
  expect(Candidates.get().every(({ identity }) => equalBytes(identity, present.identity))).toBe(
    true,
  );
  expect(clusterId(1)).toEqual(DEVELOPMENT_CLUSTER);
});
