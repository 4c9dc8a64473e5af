import {
  type Answer,
  clusterRoot,
  type OpenedField,
  stateLeaf,
  verifyFieldSignature,
} from "@pha/protocol";
import { concatBytes, encode, equalBytes, u64, utf8 } from "@pha/scale";
import { verifyProof } from "@pha/state";
import { beforeEach, expect, test } from "vitest";
import { COUNTER } from "../testing/fake-engine.ts";
import { type LiveNetwork, liveNetwork } from "../testing/live-network.ts";
import { ALICE, type Asked } from "../testing/scripted-client.ts";
import { CLUSTER } from "../testing/scripted-cluster.ts";
import type { EngineResponse } from "./engine-job.ts";
import type { Output } from "./inputs.ts";

let live: LiveNetwork;
beforeEach(() => {
  live = liveNetwork({ workers: 1 });
  live.client.send({ argument: 7 });
  live.network.blocks(5);
});

const worker = () => live.workers[0]!;
const open = () => live.client.ask(worker(), { selector: COUNTER.open });

function answerOf(asked: Asked): Answer {
  if (asked.type !== "answer") throw new Error(asked.type);
  return asked.answer;
}

function fieldsOf(answer: Answer): readonly OpenedField[] {
  if (answer.opened === undefined) throw new Error(`nothing is opened: ${answer.outcome.value}`);
  const { state, fields } = answer.opened;
  const { genesisHash } = live.chain;
  const { root, stateBlock: block } = answer;
  const context = {
    genesisHash,
    cluster: CLUSTER,
    blockHash: block.hash,
    previousRoot: state.previousRoot,
  };
  expect(clusterRoot(context, state.trieRoot)).toEqual(root);
  for (const { proof, signature, ...entry } of fields) {
    const view = verifyProof({ root: state.trieRoot, proof, version: 0 });
    const leaf = stateLeaf(entry.path, entry.salt, entry.value);
    expect(view.ok && view.value.get(entry.path)).toEqual({ ok: true, value: leaf });
    const [contract] = live.pallets.contracts;
    const statement = { genesisHash, cluster: CLUSTER, contract: contract!, block, root, ...entry };
    expect(verifyFieldSignature(worker().boot, statement, signature)).toBe(true);
    expect(verifyFieldSignature(worker().boot, { ...statement, contract: ALICE }, signature)).toBe(
      false,
    );
  }
  return fields;
}

test("what a query opens comes with its answer, under the final root that the answer names", () => {
  const answer = answerOf(open());
  expect(answer.root).toEqual(live.pallets.root?.root);
  expect(fieldsOf(answer)).toMatchObject([{ key: utf8("counter"), value: encode(u64, 7n) }]);
  expect(answerOf(live.client.ask(worker())).opened).toBeUndefined();
});

test("two entries have two paths, and nothing of the one stands in the proof of the other", () => {
  const { certificate, sessionSeed, account } = live.client.certificate();
  live.client.send({ argument: 2, origin: account });
  live.network.blocks(3);
  const own = { certificate, sessionSeed, selector: COUNTER.open };
  const [counter, seen] = fieldsOf(answerOf(live.client.ask(worker(), own)));
  if (counter === undefined || seen === undefined) throw new Error("two entries are opened");
  expect(seen.key).toEqual(concatBytes(utf8("by/"), account));
  for (const secret of [seen.salt, seen.value, seen.path, seen.key])
    for (const node of counter.proof)
      expect(Buffer.from(node).includes(Buffer.from(secret))).toBe(false);
});

test("a step that is executed and not final yet is not opened: the entry stands as in the final root", () => {
  live.client.send({ argument: 5 });
  live.network.blocks(1);
  const executed = worker().engine.calls.filter(({ kind }) => kind === "command");
  expect(executed).toHaveLength(2);
  const before = answerOf(open());
  expect(before.root).toEqual(live.pallets.root?.root);
  expect(fieldsOf(before)[0]?.value).toEqual(encode(u64, 7n));
  live.network.blocks(3);
  const after = answerOf(open());
  expect(after.root).not.toEqual(before.root);
  expect(fieldsOf(after)[0]?.value).toEqual(encode(u64, 12n));
});

test("the same after a restart from the chain's steps", () => {
  const host = worker();
  host.start(host.sealed);
  live.network.until(() => host.status?.clusters[0]?.phase === "serving");
  live.network.blocks(3);
  expect(fieldsOf(answerOf(open()))[0]?.value).toEqual(encode(u64, 7n));
});

test("the same after a restart from a snapshot", () => {
  live = liveNetwork({ workers: 1, snapshotSteps: 1 });
  live.client.send({ argument: 7 });
  live.network.blocks(8);
  const host = worker();
  host.start(host.sealed);
  live.network.until(() => host.status?.clusters[0]?.phase === "serving");
  live.network.blocks(3);
  expect(fieldsOf(answerOf(open()))[0]?.value).toEqual(encode(u64, 7n));
});

type Queried = Extract<EngineResponse, { readonly type: "queried" }>;

/** Keeps what the engine answers to queries from the core until it is fed. */
function holdAnswers() {
  const held: Queried[] = [];
  worker().intercept = (output: Output) => {
    if (output.type !== "engine" || output.request.type !== "query") return undefined;
    const response = worker().engine.handle(output.request);
    if (response?.type === "queried") held.push(response);
    return [];
  };
  return {
    held,
    feed(change: Partial<Queried> = {}) {
      const response = held.shift();
      if (response === undefined) throw new Error("the engine answered");
      worker().feed({ type: "engine", cluster: CLUSTER, response: { ...response, ...change } });
    },
  };
}

test("when another root became final meanwhile the query runs again, once", () => {
  const { held, feed } = holdAnswers();
  const asked = open();
  const raise = () => {
    live.client.send({ argument: 1 });
    live.network.blocks(4);
  };
  raise();
  feed();
  expect(live.client.poll(asked.id).type).toBe("waiting");
  expect(held).toHaveLength(1);
  feed();
  const answer = answerOf(live.client.poll(asked.id));
  expect(answer.outcome).toEqual({ type: "Ok", value: encode(u64, 8n) });
  expect(fieldsOf(answer)[0]?.value).toEqual(encode(u64, 8n));

  const again = open();
  raise();
  feed();
  raise();
  feed();
  expect(answerOf(live.client.poll(again.id)).outcome).toEqual({
    type: "Refused",
    value: "query/state-moved",
  });
  // A query that opens nothing is answered from the state that it read.
  const plain = live.client.ask(worker());
  raise();
  feed();
  expect(answerOf(live.client.poll(plain.id)).outcome).toEqual({
    type: "Ok",
    value: encode(u64, 10n),
  });
});

test("an engine that opens what is not there, too much, or the same twice is not believed", () => {
  const { feed } = holdAnswers();
  const counter = utf8("counter");
  const [, other] = live.pallets.contracts;
  expect(other && equalBytes(other, live.pallets.contracts[0]!)).toBe(false);
  for (const opened of [
    [utf8("nothing")],
    [counter, counter],
    // An entry of the cluster itself, by its own name.
    [utf8("signing-seed")],
    Array.from({ length: 17 }, () => counter),
  ]) {
    const asked = open();
    feed({ opened });
    const answer = answerOf(live.client.poll(asked.id));
    expect(answer.outcome).toEqual({ type: "Trapped", value: "engine" });
    expect(answer.opened).toBeUndefined();
  }
});
