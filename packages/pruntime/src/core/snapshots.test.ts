import { STORAGE } from "@pha/protocol";
import { decode, equalBytes, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { COUNTER } from "../testing/fake-engine.ts";
import { counterOf, type LiveNetwork, liveNetwork, phaseOf } from "../testing/live-network.ts";
import { CLUSTER } from "../testing/scripted-cluster.ts";
import type { ScriptedHost } from "../testing/scripted-host.ts";

/** A network whose newest snapshot is of step 4; the chain has let the steps up to there go. */
function withSnapshot(options: { readonly prune?: boolean } = {}): LiveNetwork {
  const live = liveNetwork({ snapshotSteps: 4 });
  const { client, network, pallets } = live;
  for (let i = 0; i < 5; i++) {
    client.send({ argument: 10 });
    network.blocks(2);
  }
  network.until(() => pallets.snapshot !== undefined);
  if (options.prune ?? true) pallets.prune();
  network.blocks(2);
  return live;
}

function served(host: ScriptedHost, live: LiveNetwork): bigint | string {
  live.network.until(() => phaseOf(host) === "serving");
  live.network.blocks(3);
  return counterOf(live.client, host);
}

test("replicas make the same snapshot every so many steps, and vote when its root is final", () => {
  const { pallets, chain } = withSnapshot();
  const { snapshot, snapshotVotes } = pallets;
  expect(snapshot?.index).toBe(4n);
  expect(new Set(snapshotVotes.map((vote) => toHex(vote.snapshot.manifest.digest))).size).toBe(1);
  expect(snapshotVotes.length).toBe(3);
  expect(snapshot && equalBytes(snapshot.root, pallets.steps[4]!.newRoot)).toBe(true);
  const stored = decode(STORAGE.snapshot.value, chain.get(STORAGE.snapshot.key(CLUSTER))!);
  expect(stored.ok && stored.value.index).toBe(4n);
});

test("a worker restores from a snapshot and the steps after it, with those before let go", () => {
  const live = withSnapshot();
  const { client, network, pallets, workers } = live;
  client.send({ argument: 1 });
  network.blocks(4);
  expect(pallets.stepsFrom(0)).toEqual([]);
  const [worker] = workers;
  worker!.start(worker!.sealed);
  expect(served(worker!, live)).toBe(51n);
  expect(worker!.logged("restore-refused")).toBe(0);
  // And it goes on as its peers do.
  client.send({ argument: 1 });
  network.blocks(4);
  expect(counterOf(client, worker!)).toBe(52n);
  expect(pallets.dissents).toEqual([]);
});

test("all workers of a cluster may be lost", () => {
  const live = withSnapshot();
  for (const worker of live.workers) worker.start(worker.sealed);
  for (const worker of live.workers) expect(served(worker, live)).toBe(50n);
});

const garbage = (content: Uint8Array) => content.map(() => 7);
const cut = (content: Uint8Array) => content.slice(0, -1);
type Change = (content: Uint8Array) => Uint8Array | undefined;

test.each<readonly [what: string, code: string, change: Change]>([
  ["truncated", "snapshot/other-blob", cut],
  ["garbage", "snapshot/other-blob", garbage],
  ["missing", "restore/incomplete", () => undefined],
])("where the node's blobs are %s, another source's are taken", (_, code, change) => {
  const live = withSnapshot();
  const [worker] = live.workers;
  worker!.peers = [new Map(live.network.blobs)];
  for (const [digest, content] of live.network.blobs) {
    const changed = change(content);
    if (changed) live.network.blobs.set(digest, changed);
    else live.network.blobs.delete(digest);
  }
  worker!.start(worker!.sealed);
  expect(served(worker!, live)).toBe(50n);
  expect(worker!.logs.some(({ event }) => event === code)).toBe(true);
  expect(worker!.logged("restore-refused")).toBe(1);
});

test("without any good source it restores from the chain's first step on, if that is still there", () => {
  const live = withSnapshot({ prune: false });
  live.network.blobs.clear();
  const [worker] = live.workers;
  worker!.start(worker!.sealed);
  expect(served(worker!, live)).toBe(50n);
  expect(worker!.logged("restore-refused")).toBe(3);
});

test("without source and steps nothing is served, and the next good source ends it", () => {
  const live = withSnapshot();
  const kept = new Map(live.network.blobs);
  live.network.blobs.clear();
  const [worker] = live.workers;
  worker!.start(worker!.sealed);
  live.network.blocks(30);
  expect(phaseOf(worker!)).not.toBe("serving");
  expect(counterOf(live.client, worker!)).not.toBe(50n);
  // One attempt a batch: a host that has nothing does not keep the core busy.
  expect(worker!.logged("restore-refused")).toBeLessThan(31);
  worker!.peers = [kept];
  expect(served(worker!, live)).toBe(50n);
});

test("a delta above what the chain carries is a blob; a root is final only when it is kept", () => {
  const { network, client, pallets, workers } = liveNetwork();
  for (const worker of workers)
    worker.intercept = (output) => (output.type === "blob" ? [] : undefined);
  const sent = client.send({ selector: COUNTER.write, argument: 65_000 });
  const more = client.send({ selector: COUNTER.write, argument: 65_000 });
  network.blocks(8);
  // Enough votes and the right root, and nobody has the bytes.
  expect(pallets.votes.filter(({ commit }) => commit.block.number > 0).length).toBeGreaterThan(2);
  expect(client.reply(sent)).toBe("waiting");
  for (const worker of workers) worker.intercept = undefined;
  for (const worker of workers) worker.start(worker.sealed);
  network.until(() => client.reply(more) !== "waiting");
  network.blocks(4);
  expect(pallets.steps.at(-1)?.delta.type).toBe("Blob");
  const [worker] = workers;
  worker!.start(worker!.sealed);
  network.until(() => phaseOf(worker!) === "serving");
  expect(worker!.logged("restore-refused")).toBe(0);
});

test("a large state is written over many inputs, none of which makes more than some chunks", () => {
  const { network, client, pallets, workers } = liveNetwork({
    snapshotSteps: 20,
    fuelPerBlock: 100_000_000n,
  });
  for (let i = 0; i < 22; i++) {
    for (let j = 0; j < 4; j++) client.send({ selector: COUNTER.write, argument: 60_000 });
    network.blocks(2);
  }
  network.until(() => pallets.snapshot !== undefined);
  expect(pallets.snapshot?.chunks).toBeGreaterThan(17);
  let most = 0;
  for (const { outputs } of workers[0]!.recorded)
    most = Math.max(most, outputs.filter(({ type }) => type === "blob").length);
  expect(most).toBeLessThanOrEqual(17);
  expect(pallets.dissents).toEqual([]);
});
