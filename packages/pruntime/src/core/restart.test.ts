import { blake2b256 } from "@pha/crypto";
import { CLUSTER_ITSELF, GENESIS_KEYS, STORAGE, type StateStep } from "@pha/protocol";
import { equalBytes, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { counterOf, liveNetwork, phaseOf } from "../testing/live-network.ts";
import { createScriptedNetwork } from "../testing/scripted-network.ts";
import { startPRuntime } from "./index.ts";

test("a worker that reboots restores the state from the chain's steps and executes nothing twice", () => {
  const { network, client, pallets, workers } = liveNetwork();
  const worker = workers[0]!;
  for (let i = 1; i <= 4; i++) {
    client.send({ argument: i });
    network.blocks();
  }
  network.blocks(4);
  const identity = toHex(worker.identity);
  const boot = toHex(worker.boot);
  const ran = worker.engine.calls.length;
  worker.start(worker.sealed);
  expect(toHex(worker.identity)).toBe(identity);
  expect(toHex(worker.boot)).not.toBe(boot);
  network.until(() => phaseOf(worker) === "serving");
  network.blocks(3);
  expect(worker.engine.calls.length).toBe(ran);
  expect(counterOf(client, worker)).toBe(10n);
  client.send({ argument: 5 });
  network.blocks(5);
  expect(worker.engine.calls.length).toBe(ran + 1);
  expect(counterOf(client, worker)).toBe(15n);
  const own = pallets.votes.filter(({ commit }) => equalBytes(commit.boot, worker.boot));
  expect(own.length).toBe(1);
  expect(pallets.dissents).toEqual([]);
});

test("an engine is given what contracts wrote, and none of the cluster's own keys", () => {
  const { network, workers } = liveNetwork();
  const worker = workers[0]!;
  network.blocks(3);
  worker.start(worker.sealed);
  network.until(() => phaseOf(worker) === "serving");
  const loaded = worker.recorded
    .flatMap(({ outputs }) => outputs)
    .flatMap((output) =>
      output.type === "engine" && output.request.type === "load-state"
        ? output.request.entries
        : [],
    );
  expect(loaded.length).toBe(2);
  expect(loaded.some(({ contract }) => equalBytes(contract, CLUSTER_ITSELF))).toBe(false);
});

test("a worker that reboots with an empty store is another identity and takes no seat of a full cluster", () => {
  const { network, pallets, workers } = liveNetwork();
  const worker = workers[0]!;
  const before = worker.identity;
  worker.start();
  network.blocks(6);
  expect(equalBytes(worker.identity, before)).toBe(false);
  expect(pallets.cluster.replicas.length).toBe(3);
  expect(worker.status?.clusters).toEqual([]);
});

test("commands that wait when all replicas reboot are executed once, afterwards, from history out of the window", () => {
  const { network, client, pallets, workers } = liveNetwork();
  client.send({ argument: 1 });
  network.blocks(4);
  for (const worker of workers) worker.stop();
  const sent = [client.send({ argument: 10 }), client.send({ argument: 20 })];
  network.blocks();
  sent.push(client.send({ argument: 30 }));
  network.blocks(300);
  for (const worker of workers) worker.start(worker.sealed);
  network.until(() => sent.every((one) => client.reply(one) !== "waiting"), 40);
  network.blocks(4);
  for (const worker of workers) {
    expect(counterOf(client, worker)).toBe(61n);
    const commands = worker.engine.calls.filter(({ kind }) => kind === "command");
    expect(commands.length).toBe(4);
  }
  expect(pallets.dissents).toEqual([]);
});

test("a worker that starts from a newer checkpoint asks for the history that the queue needs", () => {
  const { network, client, pallets, workers } = liveNetwork();
  const worker = workers[0]!;
  network.blocks(4);
  workers[1]!.stop();
  workers[2]!.stop();
  const sent = client.send({ argument: 7 });
  network.blocks(300);
  expect(client.reply(sent)).toBe("waiting");
  const histories: number[] = [];
  worker.intercept = (output) => {
    if (output.type === "read-history") histories.push(output.from);
    return undefined;
  };
  worker.start(worker.sealed);
  const head = worker.recorded[0]!.outputs.find(({ type }) => type === "ready");
  expect(head?.type === "ready" && head.head.number).toBeGreaterThan(250);
  network.until(() => phaseOf(worker) === "serving");
  workers[1]!.start(workers[1]!.sealed);
  network.until(() => client.reply(sent) !== "waiting", 40);
  expect(histories.length).toBeGreaterThan(0);
  expect(pallets.dissents).toEqual([]);
});

test("an idle cluster costs a rebooted worker no history, however long ago its last command was", () => {
  const { network, client, workers } = liveNetwork();
  const worker = workers[0]!;
  client.send({ argument: 3 });
  network.blocks(400);
  let histories = 0;
  worker.intercept = (output) => {
    if (output.type === "read-history") histories += 1;
    return undefined;
  };
  worker.start(worker.sealed);
  network.until(() => phaseOf(worker) === "serving");
  network.blocks(3);
  expect(counterOf(client, worker)).toBe(3n);
  expect(histories).toBe(0);
});

test("items left over for want of fuel are executed by restored replicas in the same jobs", () => {
  const { network, client, pallets, workers } = liveNetwork({ fuelPerBlock: 1_500_000n });
  network.blocks(2);
  const sent = Array.from({ length: 30 }, (_, i) => client.send({ argument: i }));
  network.blocks(4);
  const worker = workers[0]!;
  worker.start(worker.sealed);
  network.until(() => sent.every((one) => client.reply(one) !== "waiting"), 120);
  network.blocks(4);
  expect(counterOf(client, worker)).toBe(435n);
  expect(pallets.steps.slice(1).every(({ replies }) => replies.length === 1)).toBe(true);
  expect(pallets.votes.some(({ commit }) => equalBytes(commit.boot, worker.boot))).toBe(true);
  expect(pallets.dissents).toEqual([]);
});

test("a host that withholds steps delays the restore and changes nothing", () => {
  const { network, client, workers } = liveNetwork();
  const worker = workers[0]!;
  client.send({ argument: 2 });
  network.blocks(4);
  let withheld = 0;
  worker.intercept = (output) => {
    if (output.type !== "read-steps" || withheld >= 5) return undefined;
    withheld += 1;
    return [{ type: "steps", id: output.id, steps: [] }];
  };
  worker.start(worker.sealed);
  network.until(() => withheld === 4);
  expect(phaseOf(worker)).toBe("restoring");
  expect(counterOf(client, worker)).not.toBe(2n);
  network.until(() => phaseOf(worker) === "serving");
  network.blocks(2);
  expect(counterOf(client, worker)).toBe(2n);
});

test("forged, reordered, foreign and cut steps are refused, and the restore begins anew", () => {
  const { network, client, pallets, workers } = liveNetwork();
  const worker = workers[0]!;
  for (let i = 0; i < 3; i++) {
    client.send({ argument: 2 });
    network.blocks(2);
  }
  network.blocks(3);
  const good = pallets.steps;
  const flipped = good.map((step, i): StateStep => {
    if (i !== 1) return step;
    if (step.delta.type !== "OnChain") throw new Error("a small delta is on chain");
    const value = step.delta.value.slice();
    value[40]! ^= 1;
    return { ...step, delta: { type: "OnChain", value } };
  });
  const otherRoot = good.map((step, i) =>
    i === 1 ? { ...step, newRoot: blake2b256(step.newRoot) } : step,
  );
  const otherBlock = good.map((step, i) =>
    i === 2 ? { ...step, block: { ...step.block, hash: blake2b256(step.block.hash) } } : step,
  );
  const lies = [
    flipped,
    otherRoot,
    otherBlock,
    good.toReversed(),
    good.slice(1),
    [...good.slice(0, 1), ...good.slice(2)],
  ];
  let asked = 0;
  worker.intercept = (output) => {
    if (output.type !== "read-steps") return undefined;
    const steps = lies[asked++];
    return steps && [{ type: "steps", id: output.id, steps }];
  };
  worker.start(worker.sealed);
  network.until(() => phaseOf(worker) === "serving");
  network.blocks(2);
  expect(worker.logged("restore-refused")).toBe(lies.length);
  expect(counterOf(client, worker)).toBe(6n);
});

test("a replica that computes another root diverges, is suspended, and restores what the majority found", () => {
  const { network, client, pallets, workers } = liveNetwork();
  const worker = workers[1]!;
  worker.engine.dissent = true;
  client.send({ argument: 5 });
  network.blocks(6);
  worker.engine.dissent = false;
  expect(worker.logged("state-diverged")).toBe(1);
  expect(pallets.dissents.map(toHex)).toEqual([toHex(worker.boot)]);
  network.until(() => phaseOf(worker) === "serving");
  expect(pallets.steps.length).toBe(2);
  const lastFinal = worker.status?.clusters[0]?.final;
  expect(lastFinal).toBe(pallets.root!.block.number);
  worker.start(worker.sealed);
  network.until(() => worker.running && phaseOf(worker) === "serving");
  network.blocks(3);
  expect(counterOf(client, worker)).toBe(5n);
});

test("an old sealed store gives an old checkpoint and a new boot, and catches up", () => {
  const { network, client, workers } = liveNetwork();
  const worker = workers[2]!;
  const old = worker.recorded[0]!.outputs.find(({ type }) => type === "seal");
  if (old?.type !== "seal") throw new Error("sealed at the start");
  client.send({ argument: 9 });
  network.blocks(100);
  expect(worker.sealed).not.toEqual(old.content);
  worker.start(old.content);
  network.until(
    () => worker.running && worker.recorded.length > 3 && phaseOf(worker) === "serving",
  );
  network.blocks(3);
  expect(counterOf(client, worker)).toBe(9n);
});

test("a clone displaces its original, which stops answering and votes in vain", () => {
  const { network, client, pallets, workers } = liveNetwork();
  const original = workers[0]!;
  network.blocks(3);
  const clone = network.addWorker("clone");
  clone.start(original.sealed);
  network.until(() => original.logged("displaced") > 0, 30);
  expect(equalBytes(clone.identity, original.identity)).toBe(true);
  expect(counterOf(client, original)).toBe("query/lease-expired");
  network.until(() => phaseOf(clone) === "serving");
  network.blocks(2);
  expect(counterOf(client, clone)).toBe(0n);
  const before = pallets.votes.length;
  client.send({ argument: 1 });
  network.blocks(5);
  const voters = pallets.votes.slice(before).map(({ commit }) => toHex(commit.boot));
  expect(voters).toContain(toHex(clone.boot));
  expect(voters).not.toContain(toHex(original.boot));
});

test("a sealed store of another network, cut or of another layout is refused at the start", () => {
  const { chain, workers } = liveNetwork();
  const worker = workers[0]!;
  const sealed = worker.sealed!;
  const base = {
    type: "start",
    role: { type: "Worker", value: undefined },
    operator: new Uint8Array(32),
    genesisHeader: chain.genesisHeader,
    genesisProof: chain.genesisProof,
    entropy: new Uint8Array(32),
    version: 1 << 8,
  } as const;
  const codeOf = (content: Uint8Array) => {
    const started = startPRuntime({ ...base, sealed: content });
    return started.ok ? "ok" : started.error.code;
  };
  expect(codeOf(sealed)).toBe("ok");
  expect(codeOf(sealed.slice(0, -1))).toBe("start/malformed-sealed-store");
  const other = createScriptedNetwork({ workers: 1 });
  other.chain.addBlock();
  const foreign = sealed.slice();
  const at = toHex(foreign).indexOf(toHex(chain.genesisHash).slice(2)) / 2 - 1;
  foreign[at]! ^= 1;
  expect(codeOf(foreign)).toBe("start/other-network");
});

test("a worker that starts after a change of epoch opens the wrapped state key, even when none has stayed", () => {
  const live = liveNetwork();
  const { network, client, pallets, workers } = live;
  client.send({ argument: 4 });
  network.blocks(6);
  const before = pallets.steps.length;
  pallets.newEpoch("grace");
  network.blocks(12);
  const [first] = workers;
  const asked = first!.logged("key-requested");
  first!.start(first!.sealed);
  network.until(() => phaseOf(first!) === "serving");
  expect(counterOf(client, first!)).toBe(4n);
  // One request for the epoch's key, one for what opens the wrap.
  expect(first!.logged("key-requested") - asked).toBe(2);
  expect(first!.logged("restore-refused")).toBe(0);
  for (const worker of workers) worker.start(worker.sealed);
  network.until(() => workers.every((worker) => phaseOf(worker) === "serving"));
  client.send({ argument: 5 });
  network.blocks(8);
  for (const worker of workers) expect(counterOf(client, worker)).toBe(9n);
  expect(pallets.steps.length).toBeGreaterThan(before);
  expect(pallets.dissents).toEqual([]);
});

test("a worker that starts in the epoch in which the state was made asks for one key only", () => {
  const { network, workers } = liveNetwork();
  const [worker] = workers;
  const asked = worker!.logged("key-requested");
  worker!.start(worker!.sealed);
  network.until(() => phaseOf(worker!) === "serving");
  expect(worker!.logged("key-requested") - asked).toBe(1);
});

test("a genesis whose proof leaves out the voters or the preset is refused at the start", () => {
  const { chain } = createScriptedNetwork({ workers: 1 });
  const codeOf = (keys: readonly Uint8Array[]) => {
    const started = startPRuntime({
      type: "start",
      role: { type: "Gatekeeper", value: undefined },
      operator: new Uint8Array(32),
      genesisHeader: chain.genesisHeader,
      genesisProof: chain.proof(chain.ref(0), keys) ?? [],
      sealed: undefined,
      entropy: new Uint8Array(32),
      version: 0,
    });
    return started.ok ? "ok" : started.error.code;
  };
  expect(codeOf(GENESIS_KEYS)).toBe("ok");
  expect(codeOf([STORAGE.grandpaAuthorities.key])).toBe("start/no-preset");
  expect(codeOf([STORAGE.sealedShares.key])).toBe("start/no-authorities");
  const { grandpaAuthorities, sealedShares } = STORAGE;
  expect(codeOf([grandpaAuthorities.key, sealedShares.key])).toBe("start/no-release-rules");
});

test("a change of epoch carries the state over: new sealing keys, new wrap, same roots and signing key", () => {
  const { network, client, pallets, workers } = liveNetwork();
  client.send({ argument: 4 });
  network.blocks(4);
  const contract = pallets.contracts[0]!;
  const before = pallets.sealingKeys(contract).at(-1)!;
  pallets.newEpoch();
  network.until(() => pallets.sealingKeys(contract).at(-1)!.epoch === 2n);
  expect(equalBytes(before.key, pallets.sealingKeys(contract).at(-1)!.key)).toBe(false);
  network.blocks(2);
  const sent = client.send({ argument: 5 });
  network.until(() => client.reply(sent) !== "waiting");
  network.blocks(3);
  for (const worker of workers) expect(counterOf(client, worker)).toBe(9n);
  expect(new Set(pallets.votes.map(({ commit }) => commit.epoch))).toEqual(new Set([1n, 2n]));
  expect(pallets.dissents).toEqual([]);
});
