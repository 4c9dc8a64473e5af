import { x25519PublicKey } from "@pha/crypto";
import {
  deriveEpochSecrets,
  deriveSealingSecret,
  type EpochName,
  isSameName,
  KeyRelease,
  KeyRequest,
  STORAGE,
  sealCommand,
  TOPIC,
} from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { counterOf, type LiveNetwork, liveNetwork, phaseOf } from "../testing/live-network.ts";
import type { SentCommand } from "../testing/scripted-client.ts";
import type { ScriptedHost } from "../testing/scripted-host.ts";
import type { EpochKey } from "./epoch-key.ts";
import { createSealingSecrets, prepare, sealedReply } from "./execution.ts";
import { createFormerKeys } from "./former-keys.ts";
import type { QueueItem } from "./queue.ts";

/** Two of three gatekeepers, three replicas. */
function committee(options: Parameters<typeof liveNetwork>[0] = {}): LiveNetwork {
  return liveNetwork({ gatekeepers: 3, threshold: 2, ...options });
}

const keyOf = ({ pallets }: LiveNetwork) => pallets.sealingKeys(pallets.contracts[0]!).at(-1)!;
const isDone =
  ({ client }: LiveNetwork) =>
  (sent: SentCommand) =>
    client.reply(sent) !== "waiting";
const isOpened =
  ({ client }: LiveNetwork) =>
  (sent: SentCommand) => {
    const reply = client.reply(sent);
    return typeof reply !== "string" && reply.outcome.type === "Ok";
  };

/** Runs a generation's whole change with a command in every block, sealed as the chain would take it. */
function changeUnderLoad(live: LiveNetwork, meanwhile: (block: number) => void = () => {}) {
  const { client, network, pallets } = live;
  const former = keyOf(live);
  const sent: SentCommand[] = [];
  pallets.startRun();
  for (let i = 0; i < 60; i++) {
    const sealedTo = i % 2 === 0 ? former : keyOf(live);
    const one = client.makeCommand({ sealedTo });
    // What the chain refuses the SDK seals anew; what it takes must be opened.
    if (pallets.command(one.command) === undefined) sent.push(one);
    meanwhile(i);
    network.blocks();
  }
  return { sent, former };
}

function oldest({ chain }: LiveNetwork): bigint | undefined {
  const bytes = chain.get(STORAGE.generation.oldest.key);
  const value = bytes && decode(STORAGE.generation.oldest.value, bytes);
  return value?.ok ? value.value : undefined;
}

test("whatever the chain takes while a generation changes is opened, before and after the new keys are agreed", () => {
  const live = committee();
  const { sent, former } = changeUnderLoad(live);
  live.network.until(() => sent.every(isDone(live)));
  const late = sent.filter(({ command }) => command.generation === former.generation);
  // Before the change, in front of the new keys, and in the grace.
  expect(late.length).toBeGreaterThan(7);
  expect(sent.length - late.length).toBeGreaterThan(10);
  expect(sent.filter((one) => !isOpened(live)(one))).toEqual([]);
  live.network.blocks(3);
  for (const worker of live.workers)
    expect(counterOf(live.client, worker)).toBe(BigInt(sent.length));
  expect(live.pallets.dissents).toEqual([]);
  expect(live.workers.map((worker) => worker.logged("state-diverged"))).toEqual([0, 0, 0]);
});

test("when the grace is over the chain refuses, the name is closed, and only then the former generation is retired", () => {
  const live = committee();
  const { network, client, pallets } = live;
  const { former } = changeUnderLoad(live);
  network.until(() => oldest(live) === 2n);
  expect(pallets.cluster.formers).toEqual([]);
  expect(pallets.command(client.makeCommand({ sealedTo: former }).command)).toBe("StaleSealingKey");
  network.blocks(2);
  for (const gatekeeper of live.gatekeepers) expect(gatekeeper.status?.generations).toEqual([2n]);
});

test("replicas that all start again across the change ask for the former key and open the same", () => {
  const live = committee({ fuelPerBlock: 1_500_000n });
  const { network, client, pallets, workers } = live;
  const former = keyOf(live);
  // One fits a block: the rest waits, in blocks of before the change.
  const sent = Array.from({ length: 12 }, () => client.send());
  pallets.startRun();
  network.until(() => pallets.generation?.generation === 2n);
  expect(sent.filter(isDone(live)).length).toBeLessThan(sent.length);
  for (const worker of workers) worker.start(worker.sealed);
  network.until(() => sent.every(isDone(live)), 120);
  expect(sent.filter((one) => !isOpened(live)(one))).toEqual([]);
  network.blocks(3);
  for (const worker of workers) expect(counterOf(client, worker)).toBe(12n);
  const asked = workers.filter((worker) => released(live, worker, former.generation) > 0);
  expect(asked).toHaveLength(3);
});

/** Shares of a generation's cluster key that gatekeepers released to the worker's present boot. */
function released({ gatekeepers }: LiveNetwork, worker: ScriptedHost, generation: bigint): number {
  return gatekeepers
    .flatMap(({ recorded }) => recorded.flatMap(({ outputs }) => outputs))
    .filter((output) => {
      if (output.type !== "message") return false;
      const { destination, payload } = output.message.message;
      const release = decode(KeyRelease, payload);
      if (!equalBytes(destination, TOPIC.keyRelease) || !release.ok) return false;
      const { purpose, boot, generation: of } = release.value;
      return purpose.type === "Cluster" && equalBytes(boot, worker.boot) && of === generation;
    }).length;
}

test("a replica without a former key neither guesses nor diverges: it waits until that is released, or nothing needs it", () => {
  const live = committee();
  const { network, client, pallets, workers } = live;
  const [late] = workers;
  const isFormer = (payload: Uint8Array) => {
    const request = decode(KeyRequest, payload);
    return (
      request.ok && request.value.generation === 1n && request.value.purpose.type === "Cluster"
    );
  };
  const { sent } = changeUnderLoad(live, (i) => {
    if (i !== 12) return;
    late!.start(late!.sealed);
    // Its host lets no request for the former key through.
    late!.intercept = (output) =>
      output.type === "message" && isFormer(output.message.message.payload) ? [] : undefined;
  });
  expect(pallets.generation?.generation).toBe(2n);
  network.until(() => sent.every(isDone(live)));
  expect(sent.filter((one) => !isOpened(live)(one))).toEqual([]);
  network.until(() => pallets.cluster.formers.length === 0);
  network.until(() => phaseOf(late!) === "serving");
  network.blocks(4);
  expect(released(live, late!, 1n)).toBe(0);
  expect(late!.logged("state-diverged")).toBe(0);
  expect(counterOf(client, late!)).toBe(BigInt(sent.length));
  expect(pallets.dissents).toEqual([]);
});

test("named anew for cause, nothing sealed to the former key is taken or opened, on every replica alike", () => {
  const live = committee({ fuelPerBlock: 1_500_000n });
  const { network, client, pallets, workers, gatekeepers } = live;
  const former = keyOf(live);
  const sent = Array.from({ length: 6 }, () => client.send());
  network.blocks(3);
  pallets.newEpoch();
  const refused = client.makeCommand({ sealedTo: former });
  expect(pallets.command(refused.command)).toBe("StaleSealingKey");
  const before = gatekeepers.map((one) => one.logged("share-released"));
  workers[0]!.start(workers[0]!.sealed);
  network.until(() => sent.every(isDone(live)), 120);
  const opened = sent.filter(isOpened(live)).length;
  expect(opened).toBeLessThan(sent.length);
  network.until(() => workers.every((worker) => phaseOf(worker) === "serving"));
  network.blocks(4);
  for (const worker of workers) expect(counterOf(client, worker)).toBe(BigInt(opened));
  expect(gatekeepers.map((one) => one.logged("share-released"))).not.toEqual(before);
  expect(pallets.dissents).toEqual([]);
});

test("with grace an epoch's former key opens, and after it not even the chain takes what is sealed to it", () => {
  const live = committee({ fuelPerBlock: 1_500_000n });
  const { network, client, pallets } = live;
  const former = keyOf(live);
  const first = Array.from({ length: 3 }, () => client.send());
  pallets.newEpoch("grace");
  network.until(() => keyOf(live).epoch === 2n);
  const second = client.makeCommand({ sealedTo: former });
  expect(pallets.command(second.command)).toBeUndefined();
  network.until(() => isDone(live)(second));
  expect([...first, second].every(isOpened(live))).toBe(true);
  expect(pallets.cluster.formers).toMatchObject([{ generation: 1n, epoch: 1n }]);
  network.blocks(12);
  expect(pallets.cluster.formers).toEqual([]);
  expect(pallets.command(client.makeCommand({ sealedTo: former }).command)).toBe("StaleSealingKey");
});

test("a replica that went on without a former key would come to another step than those that hold it", () => {
  const name = { generation: 1n, epoch: 1n };
  const contract = new Uint8Array(32).fill(3);
  const genesisHash = new Uint8Array(32).fill(1);
  const [former, present] = [8, 9].map((byte) => new Uint8Array(48).fill(byte));
  const clear = {
    origin: new Uint8Array(32).fill(2),
    contract,
    commandId: new Uint8Array(32).fill(4),
    ...name,
    codeHash: undefined,
    fuelLimit: 1n,
    value: 0n,
    expiry: 100,
  };
  const sealed = sealCommand({
    genesisHash,
    clear,
    body: {
      selector: new Uint8Array(4),
      args: new Uint8Array(0),
      replyKey: x25519PublicKey(new Uint8Array(32).fill(5)),
    },
    sealingKey: x25519PublicKey(deriveSealingSecret(former!, contract)),
    ephemeralSecret: new Uint8Array(32).fill(6),
  });
  if (!sealed.ok) throw new Error("it fits a bucket");
  const block = { number: 7, hash: new Uint8Array(32).fill(7) };
  const item: QueueItem = {
    type: "command",
    at: { block: 7, index: 0 },
    block,
    command: { ...clear, sealed: sealed.value },
  };
  const epoch = {
    genesisHash,
    generation: 2n,
    epoch: 1n,
    vetKey: present!,
    secrets: deriveEpochSecrets(present!),
  };
  const secrets = createSealingSecrets(former!);
  const opened = prepare(
    item,
    block,
    0,
    epoch,
    (of) => (isSameName(of, name) ? secrets : undefined),
    () => undefined,
  );
  expect(opened.call?.contract).toEqual(contract);
  const unopened = prepare(
    item,
    block,
    0,
    epoch,
    () => undefined,
    () => undefined,
  );
  expect(unopened.call).toBeUndefined();
  // The one writes and replies, the other says that it could not open it.
  expect(
    sealedReply(
      item,
      opened,
      { outcome: { type: "Ok", value: new Uint8Array(0) }, fuelUsed: 1n },
      epoch,
    ),
  ).toBeDefined();
  expect(sealedReply(item, unopened, undefined, epoch)).toBeUndefined();
});

describe("keys of former names", () => {
  const NAME = { generation: 1n, epoch: 1n };
  function heldKey(name: EpochName) {
    const vetKey = new Uint8Array(48).fill(7);
    const key: EpochKey = {
      ...name,
      purpose: "Cluster",
      vetKey,
      request: () => [],
      release: () => [],
      generationProven: () => [],
      erase: () => void vetKey.fill(0),
    };
    return { key, vetKey };
  }

  test("are overwritten with what was derived from them, once the replica has caught up with their closing", () => {
    const { key, vetKey } = heldKey(NAME);
    const formers = createFormerKeys((name) => heldKey(name).key);
    formers.take([NAME], key);
    const contract = new Uint8Array(32).fill(1);
    const secret = formers.sealingOf(NAME)!.of(contract);
    formers.close([]);
    // A replica that is behind still opens what others opened.
    expect(formers.sealingOf(NAME)?.of(contract)).toEqual(secret);
    expect(secret.some((byte) => byte !== 0)).toBe(true);
    formers.eraseClosed();
    expect(formers.sealingOf(NAME)).toBeUndefined();
    expect(vetKey).toEqual(new Uint8Array(48));
    expect(secret).toEqual(new Uint8Array(32));
  });

  test("are overwritten when the record does not name them any more, and when the replica ends", () => {
    const first = heldKey(NAME);
    const second = heldKey({ generation: 1n, epoch: 2n });
    const formers = createFormerKeys((name) => heldKey(name).key);
    formers.take([NAME], first.key);
    formers.take([second.key], second.key);
    expect(first.vetKey).toEqual(new Uint8Array(48));
    expect(second.vetKey[0]).toBe(7);
    formers.end();
    expect(second.vetKey).toEqual(new Uint8Array(48));
    expect(formers.count).toBe(0);
  });
});
