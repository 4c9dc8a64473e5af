import { blake2b256 } from "@pha/crypto";
import { clusterRoot, NO_ROOT, type StateWrite, stateLeaf, statePath } from "@pha/protocol";
import { encode, toHex, u32, utf8 } from "@pha/scale";
import { trieRoot, verifyProof } from "@pha/state";
import { expect, test } from "vitest";
import { type ClusterStore, createClusterStore } from "./cluster-store.ts";

const fill = (byte: number) => new Uint8Array(32).fill(byte);
const CONTRACT = fill(7);
const pathKey = fill(1);
const saltKey = fill(2);
const name = { genesisHash: fill(3), cluster: fill(4) };

/** Applies steps to a store and keeps what the state was after each. */
function steps(store: ClusterStore) {
  let previousRoot: Uint8Array = NO_ROOT;
  let number = 0;
  let values = new Map<string, string>();
  return (changes: Readonly<Record<string, string | undefined>>) => {
    const blockHash = blake2b256(encode(u32, ++number));
    const context = { ...name, blockHash, previousRoot };
    const writes = Object.entries(changes).map(
      ([key, value]): StateWrite => ({
        contract: CONTRACT,
        key: utf8(key),
        value: value === undefined ? undefined : utf8(value),
      }),
    );
    values = new Map(values);
    for (const [key, value] of Object.entries(changes))
      if (value === undefined) values.delete(key);
      else values.set(key, value);
    const root = store.apply(store.sorted(writes), saltKey, context);
    previousRoot = root;
    return { root, context, values };
  };
}

type Step = ReturnType<ReturnType<typeof steps>>;

/** Every entry of the step is proven by the final view, and nothing else is. */
function expectFinal(store: ClusterStore, { root, context, values }: Step): void {
  const view = store.final;
  if (view === undefined) throw new Error("a root is final");
  expect(toHex(view.root)).toBe(toHex(root));
  expect(toHex(clusterRoot(context, view.trieRoot))).toBe(toHex(root));
  expect(view.previousRoot).toEqual(context.previousRoot);
  const leaves: [Uint8Array, Uint8Array][] = [];
  for (const [key, value] of values) {
    const proven = view.prove(CONTRACT, utf8(key));
    if (proven === undefined) throw new Error(`${key} is there`);
    const { entry, proof } = proven;
    expect(entry.value).toEqual(utf8(value));
    expect(entry.path).toEqual(statePath(pathKey, CONTRACT, utf8(key)));
    const leaf = stateLeaf(entry.path, entry.salt, entry.value);
    const shown = verifyProof({ root: view.trieRoot, proof, version: 0 });
    expect(shown.ok && shown.value.get(entry.path)).toEqual({ ok: true, value: leaf });
    // Beside the own leaf a proof holds hashes alone.
    for (const node of proof)
      expect(Buffer.from(node).includes(Buffer.from(leaf))).toBe(node === proof.at(-1));
    leaves.push([entry.path, leaf]);
  }
  expect(toHex(trieRoot(leaves, 0))).toBe(toHex(view.trieRoot));
  expect(view.prove(CONTRACT, utf8("never written"))).toBeUndefined();
  expect(view.prove(fill(8), utf8("a"))).toBeUndefined();
}

test("entries are proven as of the newest final root, whatever came after it", () => {
  const store = createClusterStore(pathKey);
  const step = steps(store);
  expect(store.final).toBeUndefined();
  const one = step({ a: "1", b: "2", c: "3" });
  expect(store.final).toBeUndefined();
  store.settle(one.root);
  expectFinal(store, one);
  const two = step({ a: "4", b: undefined, d: "5" });
  const three = step({ a: undefined, b: "2", d: undefined });
  const four = step({ a: "1", c: "6", e: "7" });
  expectFinal(store, one);
  store.settle(two.root);
  expectFinal(store, two);
  // Not known here, or final already: nothing changes.
  store.settle(one.root);
  store.settle(fill(9));
  expectFinal(store, two);
  // The majority's root of a later step makes those before it final as well.
  store.settle(four.root);
  expectFinal(store, four);
  expect(three.values.has("a")).toBe(false);
});

test("any order of writes, reverts and finality leaves the final state whole", () => {
  const store = createClusterStore(pathKey);
  const step = steps(store);
  let seed = 1;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const done: Step[] = [];
  let settled = -1;
  for (let round = 0; round < 200; round++) {
    // Few keys and values: entries go, and come back with the same leaf.
    const changes = Array.from({ length: 1 + random(6) }, () => {
      const value = random(4);
      return [`key-${random(12)}`, value === 0 ? undefined : `${value}`] as const;
    });
    done.push(step(Object.fromEntries(changes)));
    if (done.length - 1 - settled < 8 && random(3) > 0) continue;
    settled += 1 + random(done.length - 1 - settled);
    const of = done[settled];
    if (of === undefined) throw new Error("a step was done");
    store.settle(of.root);
    expectFinal(store, of);
  }
  expect(settled).toBeGreaterThan(50);
});
