import { type SignedMessage, STORAGE } from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import { expect, test } from "vitest";
import { counterOf, liveNetwork, phaseOf } from "../testing/live-network.ts";
import { createScriptedNetwork } from "../testing/scripted-network.ts";

test("a lease goes on when heartbeats take longer to the chain than the next one takes to come", () => {
  const { network, client, workers } = liveNetwork({ workers: 1 });
  const worker = workers[0]!;
  const delayed: { readonly message: SignedMessage; readonly from: number }[] = [];
  worker.intercept = (output) => {
    if (output.type !== "message") return undefined;
    delayed.push({ message: output.message, from: network.chain.head.number });
    return [];
  };
  for (let i = 0; i < 60; i++) {
    while (delayed[0] && delayed[0].from + 6 <= network.chain.head.number) {
      const [first] = delayed.splice(0, 1);
      if (first) worker.messages.push(first.message);
    }
    network.blocks();
    if (i > 20) expect([i, counterOf(client, worker)]).toEqual([i, 0n]);
  }
});

test("no lease is counted from a nonce that another heartbeat carried, or that was never final", () => {
  const { network, client, workers, chain } = liveNetwork({ workers: 1 });
  const worker = workers[0]!;
  network.lose = () => true;
  const key = STORAGE.lease.key(worker.boot);
  const lease = decode(STORAGE.lease.value, chain.get(key)!);
  if (!lease.ok) throw new Error(lease.error.reason);
  network.blocks(14);
  // The chain grants the lease of an old nonce for ever: the worker's own clock does not believe it.
  expect(counterOf(client, worker)).toBe("query/lease-expired");
});

test("a registration that got lost is made again when the host asks, with fresh evidence", () => {
  const network = createScriptedNetwork({ workers: 1 });
  const worker = network.workers[0]!;
  network.blocks(2);
  network.until(() => worker.registrations.length > 0 || worker.status?.registered === true);
  const lost = createScriptedNetwork({ workers: 1 });
  const other = lost.workers[0]!;
  other.intercept = (output) => (output.type === "registration" ? [] : undefined);
  lost.blocks(5);
  expect(other.status?.registered).toBe(false);
  other.intercept = undefined;
  other.feed({ type: "register" });
  expect(other.registrations.length).toBe(1);
  expect(other.registrations[0]!.registration.at).toEqual(lost.chain.head);
  lost.until(() => phaseOf(other) === "serving");
  other.feed({ type: "register" });
  expect(other.registrations.length).toBe(0);
});

test("evidence that nobody asked for is nothing, and a second request waits for the first", () => {
  const network = createScriptedNetwork({ workers: 1 });
  const worker = network.workers[0]!;
  expect(worker.feed({ type: "evidence", evidence: new Uint8Array(3) })).toEqual([]);
  worker.intercept = (output) => (output.type === "evidence-request" ? [] : undefined);
  network.blocks(1);
  expect(worker.feed({ type: "register" })).toEqual([]);
  const [made] = worker.feed({ type: "evidence", evidence: new Uint8Array(3) });
  expect(made?.type).toBe("registration");
});

test("a replica that is removed forgets the keys, stops answering and votes no more", () => {
  const { network, client, pallets, workers } = liveNetwork();
  const worker = workers[0]!;
  client.send({ argument: 2 });
  network.blocks(4);
  expect(counterOf(client, worker)).toBe(2n);
  pallets.removeReplica(worker.identity);
  network.blocks(2);
  expect(worker.logged("unassigned")).toBe(1);
  expect(worker.status?.clusters).toEqual([]);
  expect(counterOf(client, worker)).toBe("query/unknown-contract");
  const before = pallets.votes.length;
  client.send({ argument: 3 });
  network.blocks(8);
  const voters = pallets.votes.slice(before).map(({ commit }) => commit.boot);
  expect(voters.length).toBeGreaterThan(1);
  expect(voters.some((boot) => equalBytes(boot, worker.boot))).toBe(false);
});
