import { deriveStateKeys, type StateStep } from "@pha/protocol";
import { equalBytes, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { counterOf, type LiveNetwork, liveNetwork, phaseOf } from "../testing/live-network.ts";
import { CLUSTER } from "../testing/scripted-cluster.ts";
import { createState, stepDelta } from "./replica-state.ts";
import { startRestore } from "./restore.ts";
import {
  erase,
  keyOf,
  keysByVersion,
  type StateKeyRing,
  trimmed,
  versionsOf,
  withNext,
} from "./state-keys.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** Some steps, then a change of epoch for cause. */
function rotated(): LiveNetwork {
  const live = liveNetwork();
  const { client, network, pallets } = live;
  for (let i = 0; i < 3; i++) {
    client.send({ argument: 10 });
    network.blocks(2);
  }
  network.blocks(3);
  pallets.newEpoch();
  return live;
}

function settled(live: LiveNetwork): void {
  const { network, pallets } = live;
  network.until(() => pallets.stateKeys.oldest === 1);
  network.until(() => pallets.wrap?.version === 1);
  network.blocks(4);
}

test("a change of epoch for cause: new deltas under the new key at once, then a snapshot, then the old key goes", () => {
  const live = rotated();
  const { client, network, pallets, workers } = live;
  expect(pallets.stateKeys).toEqual({ newest: 1, oldest: 0 });
  for (const worker of workers)
    worker.intercept = (output) => (output.type === "blob" ? [] : undefined);
  network.until(() => pallets.sealingKeys(pallets.contracts[0]!).at(-1)?.epoch === 2n);
  const sent = client.send({ argument: 1 });
  network.until(() => client.reply(sent) !== "waiting");
  expect(pallets.steps.map(({ keyVersion }) => keyVersion)).toEqual([0, 0, 0, 0, 1]);
  // Nothing keeps the snapshot yet: the former key is still needed.
  network.blocks(10);
  expect(pallets.stateKeys).toEqual({ newest: 1, oldest: 0 });
  for (const worker of workers) expect(worker.logged("state-key-erased")).toBe(0);
  for (const worker of workers) worker.intercept = undefined;
  for (const worker of workers) worker.start(worker.sealed);
  settled(live);
  expect(pallets.snapshot?.keyVersion).toBe(1);
  for (const worker of workers) {
    expect(worker.logged("state-key-erased")).toBeLessThanOrEqual(1);
    expect(counterOf(client, worker)).toBe(31n);
  }
  expect(pallets.dissents).toEqual([]);
});

test("a snapshot of the new key is made without a step, all replicas at the root of the change", () => {
  const live = rotated();
  const root = live.pallets.root!;
  settled(live);
  const { snapshot, snapshotVotes } = live.pallets;
  expect(snapshot?.keyVersion).toBe(1);
  expect(snapshot && equalBytes(snapshot.root, root.root)).toBe(true);
  expect(new Set(snapshotVotes.map((vote) => toHex(vote.snapshot.manifest.digest))).size).toBe(1);
  for (const worker of live.workers) expect(worker.logged("state-key-erased")).toBe(1);
});

test("a boot that was not there when the key was made gets both, and later the new one alone", () => {
  const live = rotated();
  const { client, network, pallets, workers } = live;
  for (const worker of workers)
    worker.intercept = (output) => (output.type === "blob" ? [] : undefined);
  network.until(() => pallets.wrap?.version === 1);
  const [first, second, third] = workers;
  first!.start(first!.sealed);
  network.until(() => phaseOf(first!) === "serving");
  network.blocks(2);
  expect(counterOf(client, first!)).toBe(30n);
  for (const worker of workers) worker.intercept = undefined;
  for (const worker of [second!, third!]) worker.start(worker.sealed);
  settled(live);
  pallets.prune();
  first!.start(first!.sealed);
  network.until(() => phaseOf(first!) === "serving");
  network.blocks(2);
  expect(counterOf(client, first!)).toBe(30n);
});

test("a second change before anybody wrapped the new key makes it anew, of the keys of the last name", () => {
  const live = rotated();
  const { client, network, pallets, workers } = live;
  network.lose = (_, topic) =>
    toHex(topic).includes(toHex(new TextEncoder().encode("keys")).slice(2));
  network.blocks(6);
  expect(pallets.wrap?.version).toBe(0);
  network.lose = undefined;
  pallets.newEpoch();
  for (const worker of workers) worker.start(worker.sealed);
  expect(pallets.stateKeys).toEqual({ newest: 1, oldest: 0 });
  settled(live);
  for (const worker of workers) expect(counterOf(client, worker)).toBe(30n);
  expect(pallets.dissents).toEqual([]);
});

test("three rotations in a row leave one key, one snapshot and the same state", () => {
  const live = rotated();
  settled(live);
  for (const version of [2, 3]) {
    live.client.send({ argument: 1 });
    live.network.blocks(4);
    live.pallets.newEpoch();
    live.network.until(() => live.pallets.stateKeys.oldest === version);
    live.network.blocks(4);
  }
  expect(live.pallets.snapshot?.keyVersion).toBe(3);
  live.pallets.prune();
  for (const worker of live.workers) worker.start(worker.sealed);
  for (const worker of live.workers) {
    live.network.until(() => phaseOf(worker) === "serving");
    live.network.blocks(3);
    expect(counterOf(live.client, worker)).toBe(32n);
  }
});

test("after the rotation a pRuntime that is fed everything of before refuses the old ciphertext", () => {
  const live = rotated();
  const { network, pallets, workers } = live;
  settled(live);
  const old = pallets.steps.filter(({ keyVersion }) => keyVersion === 0);
  expect(old.length).toBe(4);
  // The honest restore is by the snapshot; this host hides it and brings the old steps.
  const [worker] = workers;
  const given: StateStep[][] = [];
  worker!.intercept = (output) => {
    if (output.type === "read-blob") return [{ type: "blob", id: output.id, content: undefined }];
    if (output.type !== "read-steps") return undefined;
    const steps = pallets.steps.slice(Number(output.fromIndex));
    given.push(steps);
    return [{ type: "steps", id: output.id, steps }];
  };
  worker!.start(worker!.sealed);
  network.blocks(24);
  expect(given.length).toBeGreaterThan(0);
  expect(phaseOf(worker!)).not.toBe("serving");
  expect(worker!.logs.some(({ event }) => event === "restore/not-opened")).toBe(true);
});

test("whoever kept the old key opens the old steps: erasing it is what protects them", () => {
  const context = { genesisHash: fill(1), cluster: CLUSTER };
  const { first } = createState(
    { ...context, ring: { newest: 0, bytes: fill(7) } },
    {
      signingSeed: fill(5),
      block: { number: 1, hash: fill(2) },
      writes: [],
      position: { block: 1, index: 0 },
    },
  );
  const { block, previousRoot, newRoot } = first;
  const name = { block, generation: 1n, epoch: 1n, keyVersion: 0, previousRoot, newRoot };
  const step: StateStep = { ...name, delta: stepDelta(first), replies: [] };
  const ring = withNext({ newest: 0, bytes: fill(7) }, 1, fill(8));
  // The weakened form: a copy that nobody overwrote.
  const copy: StateKeyRing = { newest: 1, bytes: ring.bytes.slice() };
  const restore = startRestore(context, keysByVersion(trimmed(ring, 1), context));
  expect(ring.bytes.every((byte) => byte === 0)).toBe(true);
  expect(startRestore(context, keysByVersion(copy, context)).take(step).ok).toBe(true);
  expect(restore.take(step)).toEqual({ ok: false, error: { code: "restore/not-opened" } });
});

test("keys by version: in front, trimmed, overwritten", () => {
  const first: StateKeyRing = { newest: 4, bytes: fill(4) };
  const both = withNext(first, 5, fill(5));
  expect(versionsOf(both)).toEqual({ newest: 5, oldest: 4 });
  expect([keyOf(both, 5), keyOf(both, 4), keyOf(both, 3), keyOf(both, 6)]).toEqual([
    fill(5),
    fill(4),
    undefined,
    undefined,
  ]);
  expect(first.bytes).toEqual(fill(0));
  const derived = keysByVersion(both, { genesisHash: fill(1), cluster: fill(2) });
  const older = derived.of(4)!;
  derived.eraseOlder();
  expect([older.saltKey, older.macKey, older.encKey]).toEqual([fill(0), fill(0), fill(0)]);
  expect(derived.of(4)).toBeUndefined();
  expect(derived.of(5)).toEqual(
    deriveStateKeys(fill(5), { genesisHash: fill(1), cluster: fill(2), version: 5 }),
  );
  const alone = trimmed(both, 5);
  expect(versionsOf(alone)).toEqual({ newest: 5, oldest: 5 });
  expect(trimmed(alone, 5)).toBe(alone);
  erase(alone);
  expect(alone.bytes).toEqual(fill(0));
});
