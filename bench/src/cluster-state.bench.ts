/** State of clusters: what a commit costs beside the execution, bytes on chain, restore of a large state, catching up. */
import { join } from "node:path";
import { buildContract } from "@pha/contract/build";
import {
  blake2b256,
  ed25519FromSeed,
  ed25519Sign,
  sr25519FromSeed,
  sr25519SignDeterministic,
} from "@pha/crypto";
import { Command, SignedMessage, StateStep, TOPIC } from "@pha/protocol";
import type { EngineResponse } from "@pha/pruntime/core";
import { createInProcessEngine } from "@pha/pruntime/engines";
import { COUNTER, largeState, liveNetwork, phaseOf } from "@pha/pruntime/testing";
import { concatBytes, encode, equalBytes, utf8 } from "@pha/scale";
import { type Bench, median } from "./bench.ts";

const COMMANDS = 100;
const ROUNDS = 15;
const ID = blake2b256(utf8("writes"));
const ZERO = new Uint8Array(32);
/** Signature, address, era, nonce, tip and call index of an extrinsic around its arguments, rounded up. */
const EXTRINSIC_BYTES = 140;

const MIB = 1 << 20;
const STATE_BYTES = 100 * MIB;
const RESTORES = 3;

const restore: Bench = {
  id: "state/restore-100-MiB",
  async run() {
    const state = largeState(STATE_BYTES, 1_000);
    let began = performance.now();
    let longest = 0;
    let last = began;
    const taken = state.snapshot(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    });
    const written = (performance.now() - began) / 1000;
    const restored: number[] = [];
    const hashed: number[] = [];
    for (let i = 0; i < RESTORES; i++) {
      began = performance.now();
      if (taken.restore() !== state.entries) throw new Error("entries are missing");
      restored.push((performance.now() - began) / 1000);
      began = performance.now();
      for (const chunk of taken.chunks) blake2b256(chunk);
      hashed.push((performance.now() - began) / 1000);
    }
    return [
      {
        id: "state/restore-100-MiB",
        value: median(restored),
        unit: "s",
        better: "smaller",
        against: { name: "hashing its blobs", value: median(hashed) },
        samples: RESTORES,
        floor: 30,
        goal: 10,
        note: `${state.entries} entries of 1,000 bytes, ${taken.chunks.length} chunks, from blobs in memory to the requests that fill the engine; sealed in ${written.toFixed(1)} s, the longest input's chunk in ${longest.toFixed(0)} ms`,
      },
    ];
  },
};

/** Milliseconds in which the engine runs a block of commands that write 64 bytes each. */
async function executionMs(): Promise<readonly number[]> {
  const root = process.env["PHA_ROOT"] ?? process.cwd();
  const entry = join(root, "bench", "src", "contracts", "writes.ts");
  const built = await buildContract({ entry, trusted: true });
  if (!built.ok) throw new Error("the contract builds");
  let last: EngineResponse | undefined;
  const engine = createInProcessEngine((response) => {
    last = response;
  });
  const owner = ZERO;
  engine.send({
    type: "load-contract",
    contract: ID,
    code: built.value.bytes,
    owner,
    pseudonymKey: ZERO,
  });
  const times: number[] = [];
  for (let job = 1; job <= ROUNDS; job++) {
    const calls = Array.from({ length: COMMANDS }, (_, i) => {
      const key = blake2b256(utf8(`${job} ${i}`));
      return {
        contract: ID,
        kind: "command" as const,
        selector: blake2b256(utf8("keep")).slice(0, 4),
        args: concatBytes(key, key, key),
        caller: ZERO,
        fuelLimit: 100_000_000n,
        seed: key,
      };
    });
    const began = performance.now();
    engine.send({
      type: "run",
      job,
      block: { number: job, timestampMs: 0n },
      calls,
      softWriteBytes: MIB,
    });
    times.push(performance.now() - began);
    if (last?.type !== "ran" || last.outcomes.some(({ status }) => status !== "ok"))
      throw new Error("the calls succeed");
    engine.send({ type: "finalize", job });
  }
  return times;
}

/** What a block of commands costs a core with an engine that costs nothing: opening, sealing of replies, step, vote. */
function coreMs(): readonly number[] {
  const live = liveNetwork({ workers: 1, fuelPerBlock: 10_000_000_000n });
  const [worker] = live.workers;
  if (worker === undefined) throw new Error("there is a worker");
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    worker.syncing = true;
    live.network.blocks(2);
    worker.syncing = false;
    for (let i = 0; i < COMMANDS; i++) live.client.send({ selector: COUNTER.write, argument: 64 });
    live.network.blocks(1);
    const batch = live.chain.batch(live.chain.head.number);
    if (batch === undefined) throw new Error("the block is final");
    const began = performance.now();
    const outputs = worker.feed({ type: "batch", batch });
    times.push(performance.now() - began);
    if (!outputs.some(({ type }) => type === "reply")) throw new Error("nothing was executed");
  }
  return times;
}

/** The commit's own part: paths, salts, leaves, trie, sealed delta and its hash, root of replies, two signatures. */
function commitMs(): readonly number[] {
  const state = largeState(MIB, 100);
  const boot = ed25519FromSeed(ZERO);
  const cluster = sr25519FromSeed(ZERO);
  const replies = new Uint8Array(COMMANDS * 370);
  return Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    const { newRoot, deltaHash } = state.step(COMMANDS, 64);
    const payload = concatBytes(newRoot, deltaHash, blake2b256(replies), new Uint8Array(200));
    ed25519Sign(boot.seed, payload);
    sr25519SignDeterministic(cluster, payload, ZERO);
    return performance.now() - began;
  });
}

const overhead: Bench = {
  id: "state/commit-overhead",
  async run() {
    const engine = median((await executionMs()).slice(3));
    const core = median(coreMs().slice(3));
    const commit = median(commitMs().slice(3));
    const execution = engine + core - commit;
    return [
      {
        id: "state/commit-overhead",
        value: (100 * commit) / execution,
        unit: "%",
        better: "smaller",
        against: { name: "ms of executing the block", value: execution },
        samples: ROUNDS - 3,
        floor: 20,
        goal: 10,
        note: `${COMMANDS} commands that write 64 bytes: commit ${commit.toFixed(1)} ms, engine ${engine.toFixed(1)} ms, opening them and sealing replies ${(core - commit).toFixed(1)} ms`,
      },
    ];
  },
};

const chainBytes: Bench = {
  id: "state/bytes-per-command",
  async run() {
    const live = liveNetwork({ fuelPerBlock: 10_000_000_000n });
    const { client, network, pallets, workers } = live;
    network.blocks(3);
    let commits = 0;
    for (const worker of workers)
      worker.intercept = (output) => {
        const isCommit =
          output.type === "message" && equalBytes(output.message.message.destination, TOPIC.commit);
        if (isCommit) commits += EXTRINSIC_BYTES + encode(SignedMessage, output.message).length;
        return undefined;
      };
    const before = pallets.steps.length;
    let commands = 0;
    for (let i = 0; i < COMMANDS; i++) {
      const { command } = client.send({ selector: COUNTER.write, argument: 64 });
      commands += EXTRINSIC_BYTES + encode(Command, command).length;
    }
    network.until(() => pallets.steps.length > before);
    const stored = pallets.steps
      .slice(before)
      .reduce((sum, step) => sum + encode(StateStep, step).length, 0);
    const delta = pallets.steps.at(-1)?.delta;
    if (pallets.steps.length !== before + 1 || delta?.type !== "OnChain")
      throw new Error("the commands make one step on chain");
    const perCommand = (commands + commits + stored) / COMMANDS / 1024;
    return [
      {
        id: "state/bytes-per-command",
        value: perCommand,
        unit: "KiB",
        better: "smaller",
        against: { name: "KiB of the command's own extrinsic", value: commands / COMMANDS / 1024 },
        samples: COMMANDS,
        floor: 2,
        goal: 1.75,
        note: `64-byte writes, ${COMMANDS} commands a block, three replicas: extrinsics ${Math.round(commands / COMMANDS)} bytes, votes ${Math.round(commits / COMMANDS)}, the step in the state ${Math.round(stored / COMMANDS)}, of which delta ${Math.round(delta.value.length / COMMANDS)}`,
      },
    ];
  },
};

const BLOCKS = 100;

const catchUp: Bench = {
  id: "state/catch-up-full-blocks",
  async run() {
    const live = liveNetwork({ fuelPerBlock: 10_000_000_000n });
    const { chain, client, network, workers } = live;
    const [worker] = workers;
    if (worker === undefined) throw new Error("there is a worker");
    worker.stop();
    const first = chain.head.number;
    for (let block = 0; block < BLOCKS; block++) {
      for (let i = 0; i < COMMANDS; i++) client.send({ selector: COUNTER.write, argument: 64 });
      network.blocks(1);
    }
    network.blocks(4);
    const blocks = chain.head.number - first;
    const messages = chain.batch(first + 1, BLOCKS);
    let began = performance.now();
    for (const proof of messages?.proofs ?? []) for (const node of proof) blake2b256(node);
    const hashed = (BLOCKS * 1000) / (performance.now() - began);
    began = performance.now();
    worker.start(worker.sealed);
    network.sync(worker);
    let seconds = performance.now() - began;
    // Its registration and key take blocks that the others make; only its own time counts.
    while (phaseOf(worker) !== "serving") {
      worker.syncing = false;
      network.blocks(1);
      worker.syncing = true;
      began = performance.now();
      network.sync(worker);
      seconds += performance.now() - began;
    }
    return [
      {
        id: "state/catch-up-full-blocks",
        value: (blocks * 1000) / seconds,
        unit: "blocks/s",
        better: "larger",
        against: { name: "hashing the blocks' proofs", value: hashed },
        samples: blocks,
        floor: 25,
        goal: 100,
        note: `${COMMANDS} commands of 64-byte writes in each of ${BLOCKS} blocks, until the worker serves at the newest root`,
      },
    ];
  },
};

export const clusterState: readonly Bench[] = [restore, overhead, chainBytes, catchUp];
