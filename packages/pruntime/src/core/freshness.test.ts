/** What a host can do to the freshness of answers, and what a client with its own light client makes of it (protocol §7). */
import { encode, equalBytes, u64 } from "@pha/scale";
import { expect, test } from "vitest";
import { counterOf, liveNetwork, phaseOf } from "../testing/live-network.ts";
import type { Asked } from "../testing/scripted-client.ts";
import { STALE_HEAD_MS } from "./runtime.ts";

const outcomeOf = (asked: Asked) =>
  asked.type === "answer" ? asked.answer.outcome : { type: asked.type, value: undefined };

test("a host that shows its worker no blocks gets no answer out of it for a client that is ahead", () => {
  const { network, client, workers, chain } = liveNetwork();
  const [eclipsed] = workers;
  client.send({ argument: 7 });
  network.blocks(4);
  if (eclipsed === undefined) throw new Error("there are workers");
  eclipsed.syncing = false;
  const old = chain.head;
  client.send({ argument: 5 });
  network.blocks(4);
  // A client that believed the lease and the signature alone had read the state from before the second command.
  const weak = client.ask(eclipsed, { at: old });
  expect(outcomeOf(weak)).toEqual({ type: "Ok", value: encode(u64, 7n) });
  const asked = client.ask(eclipsed);
  expect(asked.type).toBe("waiting");
  network.pass(10_001);
  expect(outcomeOf(client.poll(asked.id))).toEqual({ type: "Refused", value: "query/behind" });
  network.pass(2_000);
  // And its own clock ends the lease for whoever is as far behind.
  expect(outcomeOf(client.ask(eclipsed, { at: old })).value).toBe("query/lease-expired");
});

test("a machine whose clock stands still while blocks go on is found out by the chain's time", () => {
  const { network, client, workers } = liveNetwork();
  const [frozen] = workers;
  if (frozen === undefined) throw new Error("there are workers");
  client.send({ argument: 7 });
  network.blocks(4);
  const feed = frozen.feed;
  frozen.feed = (input) => (input.type === "tick" ? [] : feed(input));
  expect(counterOf(client, frozen)).toBe(7n);
  network.blocks(20);
  expect(counterOf(client, frozen)).toBe("query/lease-expired");
  expect(frozen.logged("clock-frozen")).toBe(1);
  frozen.feed = feed;
  network.blocks(8);
  expect(counterOf(client, frozen)).toBe(7n);
});

test("a machine frozen as a whole answers nothing to a client that went on", () => {
  const { network, client, workers } = liveNetwork();
  const [frozen] = workers;
  if (frozen === undefined) throw new Error("there are workers");
  client.send({ argument: 7 });
  network.blocks(4);
  const { feed } = frozen;
  frozen.syncing = false;
  frozen.feed = (input) => (input.type === "tick" ? [] : feed(input));
  client.send({ argument: 5 });
  network.blocks(30);
  const asked = client.ask(frozen);
  expect(asked.type).toBe("waiting");
  // Thawed, with its host: it first sees that its lease is over.
  frozen.syncing = true;
  frozen.feed = feed;
  network.sync(frozen);
  expect(outcomeOf(client.poll(asked.id))).toEqual({
    type: "Refused",
    value: "query/lease-expired",
  });
  network.blocks(6);
  expect(counterOf(client, frozen)).toBe(12n);
});

test("a clone and its original are not leased at once, and the chain's proof is of one of them", () => {
  const { network, client, workers, pallets } = liveNetwork();
  const [original] = workers;
  if (original === undefined) throw new Error("there are workers");
  client.send({ argument: 7 });
  network.blocks(4);
  const former = original.boot;
  const clone = network.addWorker("worker-1-clone");
  clone.start(original.sealed);
  clone.platform = original.platform;
  network.until(() => pallets.cluster.replicas.some(({ boot }) => equalBytes(boot, clone.boot)));
  network.blocks(2);
  expect(equalBytes(former, clone.boot)).toBe(false);
  const asked = client.ask(original);
  if (asked.type === "answer" && asked.answer.outcome.type === "Ok")
    expect(client.proven(original, asked.answer).ok).toBe(false);
  else expect(outcomeOf(asked).value).toMatch(/^query\//);
  network.until(() => counterOf(client, clone) === 7n, 40);
});

test("a worker whose head is older than half the unbonding time gives its keys up, and asks for them at its next head", () => {
  const { network, client, workers } = liveNetwork();
  client.send({ argument: 7 });
  network.blocks(4);
  const [worker] = workers;
  if (worker === undefined) throw new Error("there are workers");
  network.pass(STALE_HEAD_MS - 1);
  expect(worker.logged("head-stale")).toBe(0);
  expect(phaseOf(worker)).toBe("serving");
  network.pass(1);
  network.pass(1);
  expect(workers.map((one) => one.logged("head-stale"))).toEqual([1, 1, 1]);
  const released = workers.map((one) => one.logged("key-received"));
  network.blocks(1);
  expect(phaseOf(worker)).not.toBe("serving");
  network.until(() => workers.every((one) => phaseOf(one) === "serving"));
  for (const [i, one] of workers.entries())
    expect(one.logged("key-received")).toBeGreaterThan(released[i] ?? 0);
  network.blocks(12);
  for (const one of workers) expect(counterOf(client, one)).toBe(7n);
});
