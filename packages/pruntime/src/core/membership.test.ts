import { ATTESTATION_STORAGE, type Demands } from "@pha/attestation";
import { type Registration, type SignedMessage, STORAGE } from "@pha/protocol";
import { decode, encode, equalBytes } from "@pha/scale";
import { expect, test } from "vitest";
import { counterOf, liveNetwork, phaseOf } from "../testing/live-network.ts";
import { createScriptedNetwork } from "../testing/scripted-network.ts";

const NEVER = { maxAgeMs: 0n, serveMs: 0n, maxBlockAge: 0, named: true };
const NO_DEMANDS: Demands = {
  lines: [],
  roles: { worker: NEVER, gatekeeper: NEVER },
  toleratedAttributes: [],
  refusedAdvisories: [],
  signed: false,
  graceMs: 0n,
  amdLevels: [],
};

function decodeBoot(bytes: Uint8Array | undefined): Registration {
  const decoded = bytes && decode(STORAGE.boot.value, bytes);
  if (!decoded?.ok) throw new Error("the worker is registered");
  return decoded.value.registration;
}

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

test("evidence is made anew when half of its time is over; the boot stays, and goes on serving", () => {
  const { network, client, workers, chain } = liveNetwork({ workers: 1 });
  const worker = workers[0]!;
  const role = { maxAgeMs: 0n, serveMs: 60_000n, maxBlockAge: 256, named: true };
  const { key, value } = ATTESTATION_STORAGE.policy;
  const policy = { ...NO_DEMANDS, roles: { worker: role, gatekeeper: role } };
  chain.put(key, encode(value, policy));
  const blocksOf = () => decodeBoot(chain.get(STORAGE.boot.key(worker.identity))).at.number;
  const seen = new Set<number>();
  for (let i = 0; i < 100; i++) {
    network.blocks();
    seen.add(blocksOf());
    if (i > 10) expect(counterOf(client, worker)).toBe(0n);
  }
  // Blocks are a second apart.
  expect(seen.size).toBe(4);
  expect(decodeBoot(chain.get(STORAGE.boot.key(worker.identity))).boot).toEqual(worker.boot);
});

test("who has no lease for long shows new evidence: the chain may have suspended it", () => {
  const { network, workers } = liveNetwork({ workers: 1 });
  const worker = workers[0]!;
  network.lose = (from) => from === worker;
  const asked = () =>
    worker.recorded.flatMap(({ outputs }) => outputs).filter(({ type }) => type === "registration")
      .length;
  const before = asked();
  network.pass(200_000);
  expect(asked()).toBe(before);
  network.pass(200_000);
  expect(asked()).toBe(before + 1);
  network.pass(1_000);
  expect(asked()).toBe(before + 1);
  network.pass(300_000);
  expect(asked()).toBe(before + 2);
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
