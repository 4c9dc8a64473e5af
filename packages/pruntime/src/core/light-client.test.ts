import { blake2b256 } from "@pha/crypto";
import { STORAGE, type SyncBatch } from "@pha/protocol";
import { encode, toHex } from "@pha/scale";
import { beforeAll, expect, test } from "vitest";
import { type LiveNetwork, liveNetwork, phaseOf } from "../testing/live-network.ts";
import { type ScriptedChain, voterSeed } from "../testing/scripted-chain.ts";
import { CLUSTER } from "../testing/scripted-cluster.ts";
import type { ScriptedHost } from "../testing/scripted-host.ts";
import { createScriptedNetwork } from "../testing/scripted-network.ts";

let live: LiveNetwork;
beforeAll(() => {
  live = liveNetwork({ workers: 1 });
});

const worker = () => live.workers[0]!;

/** Next blocks that the worker has not seen. */
function ahead(count: number): SyncBatch {
  worker().syncing = false;
  const from = worker().status!.head.number + 1;
  while (live.chain.head.number < from + count - 1) live.network.blocks();
  return live.chain.batch(from, count)!;
}

function refusal(batch: SyncBatch): string | undefined {
  const { head } = worker().status!;
  const outputs = worker().feed({ type: "batch", batch });
  expect(worker().status!.head).toEqual(head);
  expect(outputs.map(({ type }) => type)).toEqual(["batch-refused"]);
  return worker().refusedBatches.at(-1);
}

test("gaps, other orders and other parents are refused, and the head stays", () => {
  const batch = ahead(4);
  const without = (i: number): SyncBatch => ({
    ...batch,
    headers: batch.headers.toSpliced(i, 1),
    proofs: batch.proofs.toSpliced(i, 1),
  });
  expect(refusal(without(0))).toBe("light/gap");
  expect(refusal(without(1))).toBe("light/gap");
  expect(refusal(without(3))).toBe("justification/wrong-target");
  expect(refusal({ ...batch, headers: batch.headers.toReversed() })).toBe("light/gap");
  expect(refusal({ ...batch, headers: [], proofs: [] })).toBe("light/empty-batch");
  expect(refusal({ ...batch, proofs: batch.proofs.slice(1) })).toBe("batch/proof-count");
  const flipped = batch.headers.map((header) => header.slice());
  flipped[1]![3]! ^= 1;
  expect(refusal({ ...batch, headers: flipped })).toBe("light/wrong-parent");
});

test("a justification by other voters, of another set, for another block or repeated is refused", () => {
  const batch = ahead(4);
  const { number } = worker().status!.head;
  const last = number + batch.headers.length;
  const { chain } = live;
  const justified = (justification: Uint8Array) => refusal({ ...batch, justification });
  const thief = [voterSeed("thief")];
  expect(justified(chain.justification(last, { voters: thief }))).toBe(
    "justification/unknown-authority",
  );
  expect(justified(chain.justification(last, { setId: 1n }))).toBe("justification/bad-signature");
  expect(justified(chain.justification(last - 1))).toBe("justification/wrong-target");
  const twice = [voterSeed("one"), voterSeed("one")];
  expect(justified(chain.justification(last, { voters: twice }))).not.toBe(undefined);
  expect(justified(chain.justification(last, { voters: [] }))).toBe("justification/too-few-votes");
  expect(justified(new Uint8Array(3))).toBe("light/bad-justification");
});

test("a fork that nobody justified is refused, its finality too when it leaves the head", () => {
  const { chain } = live;
  ahead(2);
  const { number } = worker().status!.head;
  const fork = chain.fork(number - 2);
  for (let i = 0; i < 4; i++) fork.addBlock();
  expect(refusal(fork.batch(number - 1)!)).toBe("light/gap");
  expect(refusal(fork.batch(number + 1)!)).toBe("light/wrong-parent");
  const best = chain.fork(number);
  best.put(STORAGE.cluster.key(CLUSTER), undefined);
  best.addBlock();
  const notFinal = { ...best.batch(number + 1)!, justification: chain.justification(number + 1) };
  expect(refusal(notFinal)).toBe("justification/wrong-target");
});

test("a proof that is cut, foreign, doubled, or leaves a key out never passes for absence", () => {
  const batch = ahead(3);
  const { number } = worker().status!.head;
  const withProof = (proof: readonly Uint8Array[]) =>
    refusal({ ...batch, proofs: batch.proofs.map((one, i) => (i === 1 ? [...proof] : one)) });
  const good = batch.proofs[1]!;
  expect(good.length).toBeGreaterThan(1);
  for (let i = 0; i < good.length; i++)
    expect(withProof(good.toSpliced(i, 1))).toMatch(/^batch\/(bad-proof|no-time)$/);
  expect(withProof([])).toBe("batch/bad-proof");
  expect(withProof([...good, good[0]!])).toBe("batch/bad-proof");
  expect(withProof([...good, new Uint8Array(40)])).toBe("batch/bad-proof");
  expect(withProof(batch.proofs[0]!)).toBe("batch/bad-proof");
  const block = live.chain.ref(number + 2);
  const onlyTime = live.chain.proof(block, [STORAGE.now.key])!;
  if (onlyTime.length < good.length) expect(withProof(onlyTime)).toBe("batch/bad-proof");
  const onlyMessages = live.chain.proof(block, [STORAGE.outboundMessages.key])!;
  if (onlyMessages.length < good.length) expect(withProof(onlyMessages)).toBe("batch/bad-proof");
  for (const node of good.keys()) {
    const flipped = good.map((bytes) => bytes.slice());
    flipped[node]![flipped[node]!.length >> 1]! ^= 1;
    expect(withProof(flipped)).toBe("batch/bad-proof");
  }
  worker().syncing = true;
  live.network.sync(worker());
  expect(worker().status!.head).toEqual(live.chain.head);
});

test("a read proof that leaves keys out decides nothing, neither for release nor for restore", () => {
  const own = liveNetwork({ workers: 1 });
  const [one] = own.workers;
  own.client.send({ argument: 1 });
  own.network.blocks(4);
  one!.intercept = (output) => {
    if (output.type !== "read") return undefined;
    // Shows that nothing stands at a key that nobody asked for.
    const proof = own.chain.proof(output.block, [blake2b256(output.block.hash)]);
    return [{ type: "proof", id: output.id, proof }];
  };
  one!.start(one!.sealed);
  own.network.blocks(12);
  expect(phaseOf(one!)).toBe("reading");
  expect(one!.status?.registered).toBe(false);
  one!.intercept = undefined;
  own.network.until(() => phaseOf(one!) === "serving");
});

/** Answers every read with a good proof of all keys but one. */
function withhold(host: ScriptedHost, chain: ScriptedChain, key: Uint8Array): void {
  host.intercept = (output) => {
    if (output.type !== "read") return undefined;
    const keys = output.keys.filter((one) => toHex(one) !== toHex(key));
    return [{ type: "proof", id: output.id, proof: chain.proof(output.block, keys) }];
  };
}

test("a host that leaves the final root out of a proof does not make a worker create the state anew", () => {
  const own = liveNetwork({ workers: 1 });
  const [one] = own.workers;
  own.client.send({ argument: 1 });
  own.network.blocks(4);
  const ran = one!.engine.calls.length;
  withhold(one!, own.chain, STORAGE.root.key(CLUSTER));
  one!.start(one!.sealed);
  own.network.blocks(12);
  expect(phaseOf(one!)).toBe("reading");
  expect(one!.engine.calls.length).toBe(ran);
  one!.intercept = undefined;
  own.network.until(() => phaseOf(one!) === "serving");
  expect(one!.engine.calls.length).toBe(ran);
});

test("a host that leaves a denial out of a proof does not make a gatekeeper release", () => {
  const network = createScriptedNetwork({ workers: 1 });
  const [gatekeeper] = network.gatekeepers;
  const [one] = network.workers;
  const denial = STORAGE.deniedPlatform.key(one!.platform.platformId);
  network.chain.put(denial, encode(STORAGE.deniedPlatform.value, 1));
  withhold(gatekeeper!, network.chain, denial);
  network.blocks(15);
  expect(gatekeeper!.status?.generations).toEqual([1n]);
  expect(gatekeeper!.logged("share-released")).toBe(0);
  expect(phaseOf(one!)).not.toBe("serving");
});

test("proofs at another block than the one that was asked for are refused", () => {
  const own = liveNetwork({ workers: 1 });
  const [one] = own.workers;
  own.network.blocks(3);
  one!.intercept = (output) => {
    if (output.type !== "read") return undefined;
    const proof = own.chain.proof(own.chain.ref(output.block.number - 1), output.keys);
    return [{ type: "proof", id: output.id, proof }];
  };
  one!.start(one!.sealed);
  own.network.blocks(12);
  expect(one!.status?.registered).toBe(false);
});

test("history that does not end at the window's first block is refused, and asked for again", () => {
  const own = liveNetwork({ workers: 3 });
  const [one, two, three] = own.workers;
  own.network.blocks(3);
  two!.stop();
  three!.stop();
  const sent = own.client.send({ argument: 7 });
  own.network.blocks(300);
  let lies = 0;
  one!.intercept = (output) => {
    if (output.type !== "read-history" || lies >= 4) return undefined;
    lies += 1;
    const good = own.chain.history(output.from, output.to);
    const shifted = own.chain.history(output.from - 1, output.to - 1);
    const hollow = { ...good, proofs: good.proofs.map(() => []) };
    const gap = { headers: good.headers.toSpliced(5, 1), proofs: good.proofs.toSpliced(5, 1) };
    const batch = [shifted, hollow, gap, undefined][lies - 1];
    return [{ type: "history", id: output.id, batch }];
  };
  one!.start(one!.sealed);
  two!.start(two!.sealed);
  own.network.until(() => own.client.reply(sent) !== "waiting", 60);
  expect(lies).toBe(4);
  // The fourth was no lie: the host had nothing.
  expect(one!.logged("history-refused")).toBe(3);
  expect(own.pallets.dissents.map(toHex)).toEqual([]);
});

test("the authority set changes at its block, and the old set is refused afterwards", () => {
  const own = liveNetwork({ workers: 1 });
  const [one] = own.workers;
  one!.syncing = false;
  const from = own.chain.head.number + 1;
  const young = [voterSeed("young")];
  own.chain.addBlock();
  own.chain.addBlock({ nextVoters: young });
  own.chain.addBlock();
  own.chain.addBlock();
  const all = own.chain.fork(own.chain.head.number);
  const passed = {
    ...own.chain.history(from, from + 3),
    justification: own.chain.justification(from + 3),
  };
  one!.feed({
    type: "batch",
    batch: { ...passed, headers: [...passed.headers], proofs: [...passed.proofs] },
  });
  expect(one!.refusedBatches.at(-1)).toBe("light/passed-set-change");
  one!.feed({ type: "batch", batch: all.batch(from)! });
  expect(one!.status!.head.number).toBe(from + 1);
  const old = {
    ...all.batch(from + 2)!,
    justification: all.justification(from + 3, { voters: [voterSeed("one")] }),
  };
  one!.feed({ type: "batch", batch: old });
  expect(one!.refusedBatches.at(-1)).toBe("justification/unknown-authority");
  one!.feed({ type: "batch", batch: all.batch(from + 2)! });
  expect(one!.status!.head.number).toBe(from + 3);
  // The new set is in the sealed checkpoint as well.
  for (let i = 0; i < 70; i++) own.chain.addBlock();
  one!.feed({ type: "batch", batch: own.chain.batch(from + 4)! });
  one!.start(one!.sealed);
  own.chain.addBlock();
  one!.feed({ type: "batch", batch: own.chain.batch(own.chain.head.number)! });
  expect(one!.status!.head).toEqual(own.chain.head);
});
