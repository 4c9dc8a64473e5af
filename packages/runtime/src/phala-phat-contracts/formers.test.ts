import type { ClusterKeys, Reply } from "@pha/protocol";
import { ClusterEvent, MAX_FORMERS, TOPIC } from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { PhaContractState } from "../pha-contract-state/index.ts";
import { PhaGatekeepers } from "../pha-gatekeepers/index.ts";
import { DEVELOPMENT_CLUSTER } from "../pha-genesis.ts";
import { DEVELOPMENT_PHA } from "../pha-pallets.ts";
import { type PhaChain, registerCall, rejection, testBoot } from "../testing/pha-chain.ts";
import {
  clusterKeysCall,
  commitCall,
  keyRequestCall,
  type LiveChain,
  runDkg,
  signedCommit,
  startLive,
  testCommand,
  testRequest,
  testSeat,
  testStep,
} from "../testing/pha-cluster.ts";
import { nameAnew } from "./formers.ts";
import { PhalaPhatContracts } from "./index.ts";

const FIRST = { generation: 1n, epoch: 1n };
const GRACE = DEVELOPMENT_PHA.sealingGrace;

function storageOf(chain: PhaChain) {
  return chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
}
const gatekeepersOf = (chain: PhaChain) =>
  chain.runtime.env(chain.overlay).of(PhaGatekeepers).storage;
const recordOf = (chain: PhaChain) => storageOf(chain).Clusters.get(DEVELOPMENT_CLUSTER)!;

function newGeneration({ chain, seat }: LiveChain): void {
  expect(chain.sudo(chain.runtime.tx.PhaGatekeepers.new_generation()).error).toBeUndefined();
  runDkg(chain, [seat]);
}

/** What the replicas publish under another name of their keys. */
function keysFor({ keys }: LiveChain, generation: bigint, epoch = 1n): ClusterKeys {
  const mark = Number(generation * 16n + epoch);
  const wrappedStateKey = keys.keys.wrappedStateKey.map((byte) => byte ^ mark);
  const sealingKeys = keys.keys.sealingKeys.map(({ contract, key }) => ({
    contract,
    key: key.map((byte) => byte ^ mark),
  }));
  return { ...keys.keys, generation, epoch, wrappedStateKey, sealingKeys };
}

function publish(live: LiveChain, generation: bigint, epoch = 1n): void {
  const { chain, workers } = live;
  const keys = keysFor(live, generation, epoch);
  chain.sendAll(workers.map((boot) => clusterKeysCall(chain, boot, keys)));
}

const push = (chain: PhaChain, command: ReturnType<typeof testCommand>) =>
  chain.send(chain.runtime.tx.PhalaPhatContracts.push_command(command), "//Alice").error;

/** A live cluster whose keys are of the second generation, agreed. */
function changed(): LiveChain {
  const live = startLive();
  newGeneration(live);
  publish(live, 2n);
  expect(recordOf(live.chain)).toMatchObject({ generation: 2n, epoch: 1n, formers: [FIRST] });
  return live;
}

/** The replicas execute up to the newest block, with replies to `count` commands. */
function execute(live: LiveChain, count: number, epoch = 1n): void {
  const { chain, workers, keys, creation } = live;
  const { root } = chain.runtime
    .env(chain.overlay)
    .of(PhaContractState)
    .storage.Roots.get(DEVELOPMENT_CLUSTER) ?? { root: creation.newRoot };
  const replies = Array.from({ length: count }, (_, i): Reply => {
    const { contract, commandId } = testCommand(chain, i);
    return { contract, commandId, sealed: undefined };
  });
  const step = testStep(chain, keys.vetKey, chain.head(), root, "honest", replies);
  chain.sendAll(
    workers.map((boot, i) => {
      const change = { generation: 2n, epoch };
      const signed = signedCommit(chain, boot, keys.signing, step, { carries: i === 0, change });
      return commitCall(chain, boot, signed);
    }),
  );
}

describe("a former name", () => {
  test("takes commands before the new keys are agreed, and then for the grace", () => {
    const live = startLive();
    const { chain } = live;
    newGeneration(live);
    for (let i = 0; i < 2 * GRACE; i++) chain.block();
    // However long the new keys take.
    expect(push(chain, testCommand(chain, 2))).toBeUndefined();
    publish(live, 2n);
    execute(live, 1);
    const { until } = storageOf(chain).Formers.get()[0]!;
    while (chain.number() < until! - 1) chain.block();
    expect(push(chain, testCommand(chain, 3))).toBeUndefined();
    expect(push(chain, testCommand(chain, 4))).toBe("StaleSealingKey");
    expect(push(chain, { ...testCommand(chain, 5), generation: 2n })).toBeUndefined();
  });

  test("is named, and its generation kept, until the last command that it can open is final", () => {
    const live = changed();
    const { chain } = live;
    const { until } = storageOf(chain).Formers.get()[0]!;
    while (chain.number() < until! - 4) chain.block();
    expect(push(chain, testCommand(chain, 1))).toBeUndefined();
    expect(push(chain, testCommand(chain, 2))).toBeUndefined();
    while (chain.number() <= until!) chain.block();
    expect(push(chain, { ...testCommand(chain, 3), generation: 2n })).toBeUndefined();
    expect(recordOf(chain).formers).toEqual([FIRST]);
    expect(storageOf(chain).Formers.get()).toMatchObject([{ ...FIRST, last: 2n }]);
    execute(live, 1);
    chain.block();
    expect(recordOf(chain).formers).toEqual([FIRST]);
    expect(gatekeepersOf(chain).OldestGeneration.get()).toBe(1n);
    execute(live, 1);
    chain.block();
    expect(chain.events("FormerNameClosed").map(({ fields }) => fields["generation"])).toEqual([
      1n,
    ]);
    expect(recordOf(chain).formers).toEqual([]);
    expect(storageOf(chain).Formers.get()).toEqual([]);
    expect(storageOf(chain).CommandCounts.get(DEVELOPMENT_CLUSTER)).toEqual({
      queued: 3n,
      final: 2n,
    });
    expect(gatekeepersOf(chain).OldestGeneration.get()).toBe(2n);
    // Replicas hear of it with the record.
    const heard = chain.messages().flatMap(({ destination, payload }) => {
      const event = decode(ClusterEvent, payload);
      return equalBytes(destination, TOPIC.cluster) && event.ok ? [event.value] : [];
    });
    expect(heard).toMatchObject([{ type: "Changed", value: { record: { formers: [] } } }]);
  });

  test("has its key asked for by replicas as long as it is one", () => {
    const live = changed();
    const { chain, workers } = live;
    const ask = (name: typeof FIRST) =>
      rejection(chain, chain.send(keyRequestCall(chain, testRequest(workers[0]), name)));
    expect(ask(FIRST)).toBeUndefined();
    expect(ask({ generation: 1n, epoch: 2n })).toBe("StaleEpoch");
    for (let i = 0; i <= GRACE; i++) chain.block();
    expect(recordOf(chain).formers).toEqual([]);
    expect(ask(FIRST)).toBe("StaleEpoch");
  });

  test("is none when nothing can have been sealed to it", () => {
    const live = startLive();
    const { chain } = live;
    newGeneration(live);
    newGeneration(live);
    // The keys of generation 2 were never agreed.
    expect(recordOf(chain)).toMatchObject({ generation: 3n, formers: [FIRST] });
  });

  test("of more than the bound the oldest goes without grace", () => {
    const live = changed();
    const { chain } = live;
    // Epochs advance, one replica leaving after the other; the keys of none are agreed but the first.
    const advance = () => {
      const record = recordOf(chain);
      chain.runtime
        .env(chain.overlay)
        .of(PhalaPhatContracts)
        .storage.WrappedStateKeys.put(DEVELOPMENT_CLUSTER, {
          generation: record.generation,
          epoch: record.epoch,
          version: 0,
          wrapped: new Uint8Array(1),
        });
      const ctx = chain.runtime.env(chain.overlay).of(PhalaPhatContracts);
      const { generation, epoch } = record;
      nameAnew(ctx, DEVELOPMENT_CLUSTER, { generation, epoch: epoch + 1n }, () => true);
    };
    while (recordOf(chain).formers.length < MAX_FORMERS) advance();
    expect(recordOf(chain).formers[0]).toEqual(FIRST);
    expect(push(chain, testCommand(chain, 1))).toBeUndefined();
    advance();
    expect(recordOf(chain).formers).toHaveLength(MAX_FORMERS);
    expect(recordOf(chain).formers).not.toContainEqual(FIRST);
    expect(push(chain, testCommand(chain, 2))).toBe("StaleSealingKey");
  });
});

describe("shares that are lost with their gatekeepers' memory", () => {
  test("take the former name away with its grace: named anew, and retired", () => {
    const live = startLive();
    const { chain } = live;
    gatekeepersOf(chain).SealedShares.put(false);
    newGeneration(live);
    publish(live, 2n);
    expect(recordOf(chain).formers).toEqual([FIRST]);
    expect(push(chain, testCommand(chain, 1))).toBeUndefined();
    chain.send(registerCall(chain, testBoot(0, "Gatekeeper", 1)));
    // What replicas open changes: so does the name, and all votes of before are void.
    expect(recordOf(chain)).toMatchObject({ generation: 2n, epoch: 2n });
    expect(recordOf(chain).formers).toEqual([{ generation: 2n, epoch: 1n }]);
    expect(push(chain, testCommand(chain, 2))).toBe("StaleSealingKey");
    expect(gatekeepersOf(chain).OldestGeneration.get()).toBe(2n);
  });

  test("before the change leave no former name", () => {
    const live = startLive();
    const { chain } = live;
    gatekeepersOf(chain).SealedShares.put(false);
    const again = testBoot(0, "Gatekeeper", 1);
    chain.send(registerCall(chain, again));
    runDkg(chain, [testSeat(again)]);
    expect(gatekeepersOf(chain).CurrentGeneration.get()).toBe(2n);
    expect(recordOf(chain)).toMatchObject({ generation: 2n, formers: [] });
    expect(push(chain, testCommand(chain, 1))).toBe("StaleSealingKey");
  });
});
