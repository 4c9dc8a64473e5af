import { blake2b256 } from "@pha/crypto";
import {
  CLUSTER_ITSELF,
  derivePathKey,
  deriveStateKeys,
  NO_ROOT,
  type StateStep,
  type StateWrite,
  sealDelta,
} from "@pha/protocol";
import { ok, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { createClusterStore, RESERVED } from "./cluster-store.ts";
import { createState, type ExecutedStep, stepDelta } from "./replica-state.ts";
import { type Restore, startRestore } from "./restore.ts";
import { keysByVersion } from "./state-keys.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const context = { genesisHash: fill(1), cluster: fill(2), ring: { newest: 0, bytes: fill(3) } };
const write = (text: string): StateWrite => ({
  contract: fill(4),
  key: utf8(text),
  value: utf8(`value of ${text}`),
});
const blockAt = (number: number) => ({ number, hash: fill(100 + number) });
const position = { block: 1, index: 0 };

function published(step: ExecutedStep): StateStep {
  const { block, previousRoot, newRoot } = step;
  const delta = stepDelta(step);
  return {
    block,
    generation: 1n,
    epoch: 1n,
    keyVersion: 0,
    previousRoot,
    newRoot,
    delta,
    replies: [],
  };
}

function takeAll(restore: Restore, all: readonly StateStep[]) {
  for (const step of all) {
    const taken = restore.take(step);
    if (!taken.ok) return taken;
  }
  return ok(undefined);
}

const { state, first } = createState(context, {
  signingSeed: fill(5),
  block: blockAt(1),
  writes: [write("one")],
  position,
});
const steps = [
  first,
  state.step(blockAt(2), [write("two")], { block: 2, index: 0 }),
  state.step(blockAt(3), [write("three")], { block: 3, index: 0 }),
].map(published);
const [one, two, three] = steps as [StateStep, StateStep, StateStep];

test("the chain's steps give back root, position and signing key", () => {
  const restore = startRestore(context, keysByVersion(context.ring, context));
  expect(takeAll(restore, steps)).toEqual({ ok: true, value: undefined });
  const finished = restore.finish();
  if (!finished.ok) throw new Error(finished.error.code);
  expect(finished.value.root).toEqual(state.root);
  expect(finished.value.position).toEqual({ block: 3, index: 0 });
  expect(finished.value.signing).toEqual(state.signing);
});

/** A step whose delta was sealed by a replica with other writes than its root says, or without what all need. */
function forged(writes: readonly StateWrite[], newRoot: Uint8Array): StateStep {
  const keys = deriveStateKeys(context.ring.bytes, { ...context, version: 0 });
  const { hash: blockHash } = blockAt(1);
  const delta = sealDelta(
    keys,
    { ...context, keyVersion: 0, blockHash, previousRoot: NO_ROOT, newRoot },
    writes,
  );
  if (!delta.ok) throw new Error(delta.error.code);
  return { ...one, newRoot, delta: { type: "OnChain", value: delta.value } };
}

/** The cluster's own path key without which no later step can be placed. */
const pathKey = derivePathKey(context.ring.bytes, { ...context, version: 0 });
const own: StateWrite = { contract: CLUSTER_ITSELF, key: RESERVED.pathKey, value: pathKey };

function rootOf(writes: readonly StateWrite[]): Uint8Array {
  const keys = deriveStateKeys(context.ring.bytes, { ...context, version: 0 });
  const store = createClusterStore(pathKey);
  const { hash: blockHash } = blockAt(1);
  return store.apply(writes, keys.saltKey, { ...context, blockHash, previousRoot: NO_ROOT });
}

test.each<readonly [code: string, steps: readonly StateStep[], taken: bigint]>([
  ["restore/not-chained", [two], 0n],
  ["restore/not-chained", [one, three], 1n],
  ["restore/not-chained", [one, two, two], 2n],
  ["restore/not-opened", [one, { ...two, delta: three.delta }], 1n],
  ["restore/not-opened", [one, { ...two, newRoot: blake2b256(two.newRoot) }], 1n],
  ["restore/not-opened", [{ ...one, block: blockAt(9) }], 0n],
  ["restore/wrong-root", [forged([own], fill(9))], 0n],
  ["restore/incomplete", [forged([write("one")], fill(9))], 0n],
])("%s after the steps before: %#", (code, wrong, taken) => {
  const restore = startRestore(context, keysByVersion(context.ring, context));
  expect(takeAll(restore, wrong)).toEqual({ ok: false, error: { code } });
  expect(restore.next).toBe(taken);
});

test("a state without position or signing key is not taken up", () => {
  const restore = startRestore(context, keysByVersion(context.ring, context));
  expect(restore.finish()).toEqual({ ok: false, error: { code: "restore/incomplete" } });
  expect(restore.take(forged([own], rootOf([own]))).ok).toBe(true);
  expect(restore.finish()).toEqual({ ok: false, error: { code: "restore/incomplete" } });
});

test("a step of another state key does not open", () => {
  const restore = startRestore(context, keysByVersion({ newest: 0, bytes: fill(8) }, context));
  expect(takeAll(restore, steps)).toEqual({ ok: false, error: { code: "restore/not-opened" } });
});
