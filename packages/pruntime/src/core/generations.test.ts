import { STORAGE, TOPIC } from "@pha/protocol";
import { decode, equalBytes, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { counterOf, type LiveNetwork, liveNetwork, phaseOf } from "../testing/live-network.ts";
import { createClient } from "../testing/scripted-client.ts";
import { CLUSTER } from "../testing/scripted-cluster.ts";
import type { ScriptedHost } from "../testing/scripted-host.ts";
import { createScriptedNetwork, type ScriptedNetwork } from "../testing/scripted-network.ts";
import { SealedContent } from "./sealed-store.ts";

/** Two of three gatekeepers, three replicas, and a state worth keeping. */
function committee(options: Parameters<typeof liveNetwork>[0] = {}): LiveNetwork {
  const live = liveNetwork({ gatekeepers: 3, threshold: 2, ...options });
  live.client.send({ argument: 4 });
  live.network.blocks(5);
  return live;
}

/** Generation under whose root the state key is wrapped. */
function wrapGeneration({ chain }: Pick<ScriptedNetwork, "chain">): bigint | undefined {
  const bytes = chain.get(STORAGE.wrappedStateKey.key(CLUSTER));
  const wrap = bytes && decode(STORAGE.wrappedStateKey.value, bytes);
  return wrap?.ok ? wrap.value.generation : undefined;
}

/** Oldest generation that is not retired, as the chain has it. */
function oldestGeneration({ chain }: Pick<ScriptedNetwork, "chain">): bigint | undefined {
  const bytes = chain.get(STORAGE.generation.oldest.key);
  const oldest = bytes && decode(STORAGE.generation.oldest.value, bytes);
  return oldest?.ok ? oldest.value : undefined;
}

function sealedGenerations({ sealed }: ScriptedHost): readonly bigint[] {
  const content = sealed && decode(SealedContent, sealed);
  if (!content?.ok) throw new Error("a gatekeeper seals");
  return content.value.shares.map(({ generation }) => generation);
}

const held = ({ status }: ScriptedHost) => status?.generations;

test("a cluster is handed over while it serves: state and signing key stay, all other keys are new, older shares go", () => {
  const { network, client, pallets, workers, gatekeepers } = committee();
  const [contract] = pallets.contracts;
  const before = pallets.sealingKeys(contract!).at(-1)!;
  pallets.startRun();
  let erasedEarly = false;
  for (let i = 0; i < 40 && wrapGeneration(network) === 1n; i++) {
    erasedEarly ||= gatekeepers.some((one) => one.logged("shares-erased") > 0);
    network.blocks();
  }
  expect(erasedEarly).toBe(false);
  expect(wrapGeneration(network)).toBe(2n);
  // Commands may still be sealed to the former keys.
  for (const gatekeeper of gatekeepers) expect(held(gatekeeper)).toEqual([2n, 1n]);
  network.until(() => oldestGeneration(network) === 2n);
  network.blocks(2);
  for (const gatekeeper of gatekeepers) {
    expect(held(gatekeeper)).toEqual([2n]);
    expect(sealedGenerations(gatekeeper)).toEqual([2n]);
    expect(gatekeeper.logged("shares-erased")).toBe(1);
  }
  network.until(() => pallets.sealingKeys(contract!).at(-1)!.generation === 2n);
  expect(equalBytes(before.key, pallets.sealingKeys(contract!).at(-1)!.key)).toBe(false);
  const sent = client.send({ argument: 5 });
  network.until(() => client.reply(sent) !== "waiting");
  network.blocks(4);
  for (const worker of workers) expect(counterOf(client, worker)).toBe(9n);
  expect(pallets.dissents).toEqual([]);
});

test("until its cluster is handed over a generation opens the wrap, even when no replica stayed", () => {
  const { network, client, pallets, workers, gatekeepers } = committee();
  for (const worker of workers) worker.stop();
  pallets.startRun();
  network.until(() => pallets.generation?.generation === 2n);
  network.blocks(10);
  // Nobody has wrapped the state key anew: both roots are needed.
  for (const gatekeeper of gatekeepers) expect(held(gatekeeper)).toEqual([2n, 1n]);
  for (const worker of workers) worker.start(worker.sealed);
  network.until(() => workers.every((worker) => phaseOf(worker) === "serving"));
  network.blocks(3);
  for (const worker of workers) expect(counterOf(client, worker)).toBe(4n);
  expect(wrapGeneration(network)).toBe(2n);
  network.until(() => oldestGeneration(network) === 2n);
  network.blocks(2);
  for (const gatekeeper of gatekeepers) expect(held(gatekeeper)).toEqual([2n]);
});

test("one rescue worker hands a cluster of one over", () => {
  const { network, client, pallets, workers } = committee({ workers: 1 });
  const [worker] = workers;
  worker!.stop();
  pallets.startRun();
  network.until(() => pallets.generation?.generation === 2n);
  worker!.start(worker!.sealed);
  network.until(() => wrapGeneration(network) === 2n);
  network.until(() => phaseOf(worker!) === "serving");
  expect(counterOf(client, worker!)).toBe(4n);
});

test("a cluster that nobody had the key of yet begins in the new generation, alike on every replica", () => {
  const network = createScriptedNetwork({
    gatekeepers: 3,
    threshold: 2,
    workers: 1,
    replication: 3,
  });
  const { pallets, workers } = network;
  const client = createClient(network);
  // The first replica derives a state key of the first generation, which no majority names.
  network.until(() => pallets.publishedKeys.length > 0);
  network.blocks(2);
  expect(wrapGeneration(network)).toBe(undefined);
  expect(pallets.cluster.generation).toBe(1n);
  pallets.startRun();
  network.until(() => pallets.generation?.generation === 2n);
  const others = [network.addWorker("worker-2"), network.addWorker("worker-3")];
  const all = [...workers, ...others];
  network.until(() => all.every((worker) => phaseOf(worker) === "serving"));
  network.until(() => wrapGeneration(network) === 2n);
  network.blocks(4);
  client.send({ argument: 3 });
  network.blocks(6);
  for (const worker of all) expect(counterOf(client, worker)).toBe(3n);
  expect(pallets.dissents).toEqual([]);
});

test("a gatekeeper that leaves keeps its share until nothing hangs on it; one that comes never had it", () => {
  const { network, pallets, workers, gatekeepers } = committee();
  const [first, second, third] = gatekeepers;
  for (const worker of workers) worker.stop();
  const { seats } = pallets.generation!;
  const numberOf = (host: ScriptedHost) =>
    seats.findIndex(({ identity }) => equalBytes(identity, host.identity));
  pallets.startRun([numberOf(first!), numberOf(second!)]);
  network.until(() => pallets.generation?.generation === 2n);
  network.blocks(2);
  expect(held(third!)).toEqual([1n]);
  for (const worker of workers) worker.start(worker.sealed);
  network.until(() => oldestGeneration(network) === 2n);
  network.blocks(3);
  expect(held(third!)).toEqual([]);
  expect(sealedGenerations(third!)).toEqual([]);
  expect(held(first!)).toEqual([2n]);
});

test("a gatekeeper that is away while its generation is retired erases as soon as it is back", () => {
  const { network, pallets, gatekeepers } = committee();
  const [away] = gatekeepers;
  const others = [1, 2].map((i) => gatekeepers[i]!);
  const { seats } = pallets.generation!;
  const numbers = others.map((host) =>
    seats.findIndex(({ identity }) => equalBytes(identity, host.identity)),
  );
  away!.stop();
  pallets.startRun(numbers);
  network.until(() => oldestGeneration(network) === 2n);
  expect(sealedGenerations(away!)).toEqual([1n]);
  away!.start(away!.sealed);
  network.blocks(3);
  expect(away!.logged("shares-erased")).toBe(1);
  expect(held(away!)).toEqual([]);
  expect(sealedGenerations(away!)).toEqual([]);
});

test("what a host says erases nothing, and what it withholds only delays", () => {
  const { network, pallets, gatekeepers } = committee();
  const [victim] = gatekeepers;
  const asked: Uint8Array[] = [];
  let isWithheld = true;
  victim!.intercept = (output) => {
    const isOurs =
      output.type === "read" &&
      output.keys.some((key) => equalBytes(key, STORAGE.generation.oldest.key));
    if (!isOurs) return undefined;
    asked.push(output.block.hash);
    if (!isWithheld) return undefined;
    // A state of before the handover, in which nothing else would be proven.
    return asked.length % 2 === 0
      ? [{ type: "proof", id: output.id, proof: undefined }]
      : [
          {
            type: "proof",
            id: output.id,
            proof: network.chain.proof(network.chain.ref(1), output.keys),
          },
        ];
  };
  pallets.startRun();
  network.until(() => oldestGeneration(network) === 2n);
  network.blocks(6);
  expect(asked.length).toBeGreaterThan(3);
  expect(held(victim!)).toEqual([2n, 1n]);
  isWithheld = false;
  network.blocks(2);
  expect(held(victim!)).toEqual([2n]);
});

test("a gatekeeper that is killed in any phase has every share that it confirmed, and none that it did not", () => {
  const seen = new Set<string>();
  for (const sealedShares of [true, false]) {
    for (const at of sealedShares ? [0, 1, 2, 3, 4] : [2, 4]) {
      const { network, pallets, gatekeepers } = committee({ sealedShares, workers: 1 });
      const [victim] = gatekeepers;
      pallets.startRun();
      network.blocks(at);
      const isActive = pallets.generation?.generation === 2n;
      const spoke = victim!.recorded.flatMap(({ outputs }) =>
        outputs.filter(
          (output) =>
            output.type === "message" && equalBytes(output.message.message.destination, TOPIC.dkg),
        ),
      ).length;
      victim!.start(victim!.sealed);
      network.blocks(10);
      seen.add(`${isActive} ${spoke}`);
      // Without its words the scripted chain's run never ends: it must be started anew.
      if (pallets.generation?.generation !== 2n) {
        const former = victim!.sealed && decode(SealedContent, victim!.sealed);
        const lost = former?.ok
          ? former.value.shares.find((one) => one.generation === 2n)
          : undefined;
        pallets.startRun();
        network.blocks();
        // What it confirmed in the run that came to nothing is of no generation.
        if (lost) expect(toHex(victim!.sealed!)).not.toContain(toHex(lost.share).slice(2));
        if (lost) seen.add("taken back");
        network.until(() => pallets.generation?.generation === 2n);
        network.until(() => oldestGeneration(network) === 2n);
        network.blocks(3);
        expect(held(victim!)).toEqual([2n]);
        continue;
      }
      network.until(() => oldestGeneration(network) === 2n);
      network.blocks(3);
      expect(held(victim!)).toEqual(sealedShares ? [2n] : []);
      if (!sealedShares) expect(victim!.logged("share-missing")).toBeGreaterThan(0);
    }
  }
  // Before its first word, after each, and after the generation was active.
  expect(seen.size).toBeGreaterThan(2);
  expect(seen).toContain("taken back");
});

test("no later secret opens what an earlier one opened: shares of both generations are unlike, and the former is overwritten", () => {
  const { network, pallets, gatekeepers } = committee();
  const before = decode(SealedContent, gatekeepers[0]!.sealed!);
  if (!before.ok) throw new Error("malformed");
  pallets.startRun();
  network.until(() => oldestGeneration(network) === 2n);
  network.blocks(2);
  const after = decode(SealedContent, gatekeepers[0]!.sealed!);
  if (!after.ok) throw new Error("malformed");
  const [old] = before.value.shares;
  expect(after.value.shares).toHaveLength(1);
  expect(toHex(gatekeepers[0]!.sealed!)).not.toContain(toHex(old!.share).slice(2));
  expect(equalBytes(after.value.shares[0]!.share, old!.share)).toBe(false);
});
