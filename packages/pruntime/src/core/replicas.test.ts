import {
  executionTag,
  MAX_DELTA_BYTES,
  MAX_REPLY_BLOBS,
  openCommand,
  openReply,
  StepDelta,
  TOPIC,
} from "@pha/protocol";
import { encode, equalBytes, toHex, u64 } from "@pha/scale";
import { expect, test } from "vitest";
import { COUNTER } from "../testing/fake-engine.ts";
import { liveNetwork } from "../testing/live-network.ts";
import { CLUSTER } from "../testing/scripted-cluster.ts";
import { MAX_JOB_ITEMS } from "./cluster-queue.ts";
import type { EngineResponse } from "./index.ts";

test("three replicas make byte-equal deltas, replies and roots, and each boot signs its own vote", () => {
  const { network, client, pallets, workers } = liveNetwork();
  for (let i = 0; i < 5; i++) {
    client.send({ argument: i });
    client.send({ selector: COUNTER.random });
    client.send({ selector: COUNTER.fail });
    network.blocks();
  }
  network.blocks(4);
  const byBlock = new Map<number, Set<string>>();
  for (const { commit } of pallets.votes) {
    const { number } = commit.block;
    const facts = [commit.newRoot, commit.deltaHash, commit.repliesRoot, commit.previousRoot];
    byBlock.set(number, (byBlock.get(number) ?? new Set()).add(facts.map(toHex).join()));
  }
  expect(byBlock.size).toBe(6);
  for (const different of byBlock.values()) expect(different.size).toBe(1);
  expect(new Set(pallets.votes.map(({ commit }) => toHex(commit.boot))).size).toBe(3);
  expect(new Set(pallets.publishedKeys.map(toHex)).size).toBe(1);
  const carried = pallets.votes.filter(({ content }) => content);
  expect(
    new Set(carried.map(({ content }) => content && toHex(encode(StepDelta, content.delta)))).size,
  ).toBe(6);
  for (const worker of workers)
    expect(worker.status?.clusters[0]).toMatchObject({ phase: "serving", waiting: 0 });
});

test("each vote promises a trace and shows that of the vote before, which all replicas make alike", () => {
  const { network, client, pallets } = liveNetwork();
  for (let i = 0; i < 4; i++) {
    client.send({ argument: i });
    network.blocks(2);
  }
  network.blocks(3);
  const traces = new Map<number, Set<string>>();
  for (const boot of new Set(pallets.votes.map(({ commit }) => toHex(commit.boot)))) {
    const own = pallets.votes.filter(({ commit }) => toHex(commit.boot) === boot);
    expect(own[0]?.commit.revealed).toBeUndefined();
    for (const [i, { commit }] of own.slice(1).entries()) {
      const before = own[i]?.commit;
      if (before === undefined || commit.revealed === undefined) throw new Error("it shows one");
      const { block, trace } = commit.revealed;
      expect(block).toBe(before.block.number);
      expect(executionTag(before.boot, before.block.hash, trace)).toEqual(before.executionTag);
      traces.set(block, (traces.get(block) ?? new Set()).add(toHex(trace)));
    }
  }
  expect(traces.size).toBe(4);
  expect([...traces.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1]);
  expect(new Set([...traces.values()].flatMap((all) => [...all])).size).toBe(4);
});

test("the content's carrier rotates with the block number", () => {
  const { network, client, pallets } = liveNetwork();
  for (let i = 0; i < 9; i++) {
    client.send();
    network.blocks();
  }
  network.blocks(4);
  const { replicas } = pallets.cluster;
  for (const { block, boot } of pallets.carriers)
    expect(equalBytes(boot, replicas[block % 3]!.boot)).toBe(true);
  expect(new Set(pallets.carriers.map(({ boot }) => toHex(boot))).size).toBe(3);
});

test("when a carrier stays silent the next replica carries the content", () => {
  const { network, client, pallets, workers } = liveNetwork();
  const sent = client.send({ argument: 4 });
  const number = network.chain.head.number + 1;
  const silent = workers.find(({ boot }) =>
    equalBytes(boot, pallets.cluster.replicas[number % 3]!.boot),
  )!;
  silent.stop();
  network.until(() => client.reply(sent) !== "waiting", 12);
  expect(network.chain.head.number - number).toBeGreaterThanOrEqual(4);
  expect(equalBytes(pallets.carriers.at(-1)!.boot, silent.boot)).toBe(false);
});

test("a quorum of two goes on without the third, one alone does not", () => {
  const { network, client, pallets, workers } = liveNetwork();
  workers[2]!.stop();
  const first = client.send({ argument: 2 });
  network.until(() => client.reply(first) !== "waiting", 15);
  workers[1]!.stop();
  const second = client.send({ argument: 2 });
  network.blocks(20);
  expect(client.reply(second)).toBe("waiting");
  expect(pallets.steps.length).toBe(2);
  const asked = client.ask(workers[0]!);
  // What is not final is not answered from.
  expect(asked.type === "answer" && asked.answer.outcome).toEqual({
    type: "Ok",
    value: encode(u64, 2n),
  });
});

test("commands beyond the fuel of a block are carried over in order, equally on every replica", () => {
  const { network, client, pallets } = liveNetwork({ fuelPerBlock: 2_500_000n });
  const sent = Array.from({ length: 7 }, (_, i) => client.send({ argument: i + 1 }));
  const before = pallets.steps.length;
  network.blocks(10);
  expect(pallets.steps.length - before).toBe(4);
  expect(pallets.steps.slice(before).map(({ replies }) => replies.length)).toEqual([2, 2, 2, 1]);
  let sum = 0n;
  for (const [i, one] of sent.entries()) {
    sum += BigInt(i + 1);
    const reply = client.reply(one);
    expect(typeof reply === "object" && reply.outcome).toEqual({
      type: "Ok",
      value: encode(u64, sum),
    });
  }
  expect(pallets.dissents).toEqual([]);
});

test("a job stops where a delta would overflow and goes on in the next block", () => {
  const { network, client, pallets } = liveNetwork({ fuelPerBlock: 100_000_000n });
  const before = pallets.steps.length;
  const sent = Array.from({ length: 5 }, () =>
    client.send({ selector: COUNTER.write, argument: 60_000 }),
  );
  network.blocks(8);
  for (const one of sent) expect(client.reply(one)).toMatchObject({ outcome: { type: "Ok" } });
  expect(pallets.steps.slice(before).map(({ replies }) => replies.length)).toEqual([3, 2]);
});

test.each([
  ["bytes of blobs", 64_000, 15],
  ["blobs", 3_000, MAX_REPLY_BLOBS],
  ["bytes of the commit", 900, 366],
])("replies that a step has no room for in its %s are replaced, what the commands did stands", (_, argument, room) => {
  const { network, client } = liveNetwork({ workers: 1, fuelPerBlock: 1_000_000_000n });
  const sent = Array.from({ length: room + 4 }, () =>
    client.send({ selector: COUNTER.echo, argument }),
  );
  network.blocks(6);
  const outcomes = sent.map((one) => client.reply(one));
  const full = outcomes.filter((one) => typeof one === "object" && one.outcome.type === "Ok");
  expect(full.length).toBe(room);
  expect(outcomes.slice(room)).toEqual(
    Array(4).fill({
      outcome: { type: "Failed", value: "command/reply-too-large" },
      fuelUsed: 1000n,
    }),
  );
});

/** More replies of 1 KiB than one commit has room for. */
const LARGE = 400;

test("the largest commit fits a transaction: full delta, large replies, and as many small ones as a job takes", () => {
  const { network, client, pallets, workers } = liveNetwork({
    workers: 1,
    fuelPerBlock: 10n ** 12n,
  });
  for (let i = 0; i < LARGE; i++) client.send({ selector: COUNTER.echo, argument: 900 });
  for (let i = 0; i < MAX_JOB_ITEMS; i++) client.send({ selector: COUNTER.fail });
  for (let i = 0; i < 4; i++) client.send({ selector: COUNTER.write, argument: 60_000 });
  network.blocks(5);
  const sizes = workers[0]!.recorded
    .flatMap(({ outputs }) => outputs)
    .flatMap((output) =>
      output.type === "message" && equalBytes(output.message.message.destination, TOPIC.commit)
        ? [output.message.message.payload.length + MAX_DELTA_BYTES]
        : [],
    );
  expect(Math.max(...sizes)).toBeGreaterThan(900_000);
  expect(Math.max(...sizes)).toBeLessThan((1 << 20) - 1024);
  expect(pallets.steps.map(({ replies }) => replies.length)).toEqual([
    0,
    MAX_JOB_ITEMS,
    LARGE + 3,
    1,
  ]);
});

test("a contract instantiated in a live cluster serves on every replica, with keys of its own", () => {
  const { network, client, pallets, workers } = liveNetwork();
  client.send({ argument: 3 });
  const contract = pallets.instantiate(9);
  network.until(() => pallets.sealingKeys(contract).length > 0);
  const sent = client.send({ contract, argument: 8 });
  network.until(() => client.reply(sent) !== "waiting");
  expect(client.reply(sent)).toMatchObject({ outcome: { type: "Ok", value: encode(u64, 8n) } });
  network.blocks(3);
  for (const worker of workers) {
    const asked = client.ask(worker, { contract });
    expect(asked.type === "answer" && asked.answer.outcome).toEqual({
      type: "Ok",
      value: encode(u64, 8n),
    });
    const calls = worker.engine.calls.filter((call) => toHex(call.contract) === toHex(contract));
    expect(calls.map(({ kind }) => kind)).toEqual(["instantiate", "command"]);
  }
  expect(pallets.dissents).toEqual([]);
});

test("an engine that restarts in the middle of a job gets state and job again, and the vote is the same", () => {
  const { network, client, pallets, workers } = liveNetwork();
  const [worker] = workers;
  let crashed = 0;
  worker!.intercept = (output) => {
    if (output.type !== "engine" || output.request.type !== "run" || crashed++ > 0)
      return undefined;
    worker!.engine.crash();
    return [{ type: "engine", cluster: CLUSTER, response: { type: "restarted" } }];
  };
  const sent = client.send({ argument: 6 });
  network.until(() => client.reply(sent) !== "waiting");
  network.blocks(3);
  expect(crashed).toBe(2);
  expect(worker!.logged("engine-restarted")).toBe(1);
  expect(pallets.dissents).toEqual([]);
  const asked = client.ask(worker!);
  expect(asked.type === "answer" && asked.answer.outcome).toEqual({
    type: "Ok",
    value: encode(u64, 6n),
  });
});

test("an engine that restarts while votes are pending answers no query before the newest is final", () => {
  const { network, client, workers } = liveNetwork();
  const [worker, second, third] = workers;
  client.send({ argument: 6 });
  second!.syncing = false;
  third!.syncing = false;
  network.blocks(2);
  worker!.engine.crash();
  worker!.feed({ type: "engine", cluster: CLUSTER, response: { type: "restarted" } });
  const asked = client.ask(worker!);
  expect(asked.type).toBe("waiting");
  second!.syncing = true;
  third!.syncing = true;
  network.blocks(6);
  const answered = asked.type === "waiting" ? client.poll(asked.id) : asked;
  expect(answered.type === "answer" && answered.answer.outcome).toEqual({
    type: "Ok",
    value: encode(u64, 6n),
  });
});

test("a replica whose engine is slower than the majority answers from no older root in the meantime", () => {
  const { network, client, workers } = liveNetwork();
  const [slow] = workers;
  const held: EngineResponse[] = [];
  slow!.intercept = (output) => {
    if (output.type !== "engine" || output.request.type !== "run") return undefined;
    const response = slow!.engine.handle(output.request);
    if (response) held.push(response);
    return [];
  };
  const sent = client.send({ argument: 6 });
  network.until(() => client.reply(sent) !== "waiting");
  network.blocks(2);
  const asked = client.ask(slow!);
  expect(asked.type).toBe("waiting");
  slow!.intercept = undefined;
  for (const response of held) slow!.feed({ type: "engine", cluster: CLUSTER, response });
  network.blocks();
  const answered = asked.type === "waiting" ? client.poll(asked.id) : asked;
  expect(answered.type === "answer" && answered.answer.outcome).toEqual({
    type: "Ok",
    value: encode(u64, 6n),
  });
});

test("jobs have the time of their block, the creation has none, on every replica", () => {
  const { network, client, workers, chain } = liveNetwork();
  client.send();
  const number = chain.head.number + 1;
  const timestampMs = chain.nextTimeMs;
  network.blocks(4);
  for (const { recorded } of workers) {
    const blocks = recorded
      .flatMap(({ outputs }) => outputs)
      .flatMap((output) =>
        output.type === "engine" && output.request.type === "run" ? [output.request.block] : [],
      );
    expect(blocks).toEqual([
      { number: 0, timestampMs: 0n },
      { number, timestampMs },
    ]);
  }
});

test("a reply opens only in its own context", () => {
  const { network, client, pallets } = liveNetwork();
  const { command, replySecret } = client.send();
  const block = { ...network.chain.head };
  network.blocks(5);
  const step = pallets.steps.at(-1)!;
  const { type, value: sealed } = step.replies[0]!.sealed!;
  if (type !== "OnChain") throw new Error("a small reply is on chain");
  expect(
    openReply({
      genesisHash: network.chain.genesisHash,
      commandId: command.commandId,
      sealedHash: new Uint8Array(32),
      block,
      sealed,
      replySecretKey: replySecret,
    }).ok,
  ).toBe(false);
  expect(
    openCommand({ genesisHash: network.chain.genesisHash, command, sealingSecret: replySecret }).ok,
  ).toBe(false);
});
