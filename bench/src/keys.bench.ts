/**
 * Root keys: a run of the DKG, the release of a cluster's key to a worker that begins, and the handover of many clusters
 * to the next generation. Real pRuntimes, chain and curve in this process; blocks come as fast as they are made.
 */
import { deriveSimulatedRoot } from "@pha/attestation";
import { blake2b256, sr25519FromSeed, sr25519Sign, sr25519Verify } from "@pha/crypto";
import type { Call } from "@pha/frame";
import { MEASUREMENT, ROOT_SEED } from "@pha/pruntime/testing";
import { DEVELOPMENT, DEVELOPMENT_PHA, PhaGatekeepers, PhalaPhatContracts } from "@pha/runtime";
import {
  createRuntimeChain,
  createSimHost,
  type SimHost,
  seededRandom,
} from "@pha/testing-kit/confidential";
import { type Bench, type Measured, median } from "./bench.ts";

const GATEKEEPERS = [
  "//Operator",
  "//Alice",
  "//Bob",
  "//Charlie",
  "//Dave",
  "//Eve",
  "//Ferdie",
] as const;
const CLUSTERS = 100;
/** Networks that begin; one of them goes on to the handover. */
const NETWORKS = 3;
const WORKER_OPERATOR = "//Operator//worker-host";
const SLOT_MS = 1_000;
const MOST_BLOCKS = 600;

const parameters = {
  ...DEVELOPMENT,
  pha: { ...DEVELOPMENT_PHA, phaseBlocks: 60, absentMs: 600_000n },
};

function createWorld() {
  const chain = createRuntimeChain(parameters, {
    simulatedRoot: deriveSimulatedRoot(ROOT_SEED),
    measurement: MEASUREMENT,
    contracts: [],
    workers: 1,
    gatekeeperOperators: GATEKEEPERS,
  });
  const random = seededRandom(1);
  const hosts: SimHost[] = [];
  let nowMs = 0;
  let queued: [string, Call][] = [];
  const start = (name: string, role: "Gatekeeper" | "Worker", uri: string): SimHost => {
    const machine = createSimHost({ name, role, uri, chain, random, faultRate: () => 0 });
    hosts.push(machine);
    machine.start(undefined);
    return machine;
  };
  const block = (): void => {
    const submitting = hosts.map((machine) => ({ machine, calls: machine.submissions() }));
    const own = queued;
    queued = [];
    const outcomes = chain.block([
      ...own,
      ...submitting.flatMap(({ machine, calls }) =>
        calls.map((call): [string, Call] => [machine.uri, call]),
      ),
    ]);
    for (const error of outcomes.slice(0, own.length)) if (error) throw new Error(error);
    let heard = own.length;
    for (const { machine, calls } of submitting) {
      machine.heard(outcomes.slice(heard, heard + calls.length));
      heard += calls.length;
    }
    nowMs += SLOT_MS;
    for (const machine of hosts) {
      machine.host.feed({ type: "tick", monotonicMs: nowMs });
      machine.sync();
    }
  };
  return {
    chain,
    start,
    asRoot: (call: Call) => queued.push(["//Alice", chain.runtime.tx.Sudo.sudo({ call })]),
    gatekeepers: () => chain.env().of(PhaGatekeepers).storage,
    contracts: () => chain.env().of(PhalaPhatContracts).storage,
    /** Makes blocks until something holds; milliseconds and blocks that took. */
    until(what: string, holds: () => boolean) {
      const began = performance.now();
      const first = chain.head.number;
      while (!holds()) {
        if (chain.head.number - first >= MOST_BLOCKS)
          throw new Error(`not in ${MOST_BLOCKS} blocks: ${what}`);
        block();
      }
      return { ms: performance.now() - began, blocks: chain.head.number - first };
    },
  };
}

/** Milliseconds of an sr25519 verification: what any message costs at the least. */
function verificationMs(): number {
  const pair = sr25519FromSeed(blake2b256(new Uint8Array(1)));
  const message = new Uint8Array(150);
  const signature = sr25519Sign(pair, message);
  const began = performance.now();
  for (let i = 0; i < 500; i++) sr25519Verify(pair.publicKey, message, signature);
  return (performance.now() - began) / 500;
}

export const keys: Bench = {
  id: "keys",
  run: async () => measure(),
};

/** A network's first root key, and the key that a worker gets which starts anew. */
function firstKeys() {
  const world = createWorld();
  const { start, gatekeepers, until } = world;
  for (const [i, uri] of GATEKEEPERS.entries()) start(`gatekeeper ${i}`, "Gatekeeper", uri);
  const run = until("a root key", () => gatekeepers().CurrentGeneration.get() === 1n);
  const record = gatekeepers().Generations.get(1n);
  if (record?.seats.length !== GATEKEEPERS.length) throw new Error("all seats are in the run");

  const serves = ({ host }: SimHost): boolean =>
    host.logged("state-created") + host.logged("state-restored") > 0;
  const first = start("worker 0", "Worker", WORKER_OPERATOR);
  until("the first worker serves", () => serves(first));
  first.stop();
  first.start(undefined);
  const received = first.host.logged("key-received");
  const release = until(
    "a key for a new worker",
    () => first.host.logged("key-received") > received,
  );
  return { world, run, release };
}

function measure(): readonly Measured[] {
  const networks = Array.from({ length: NETWORKS }, firstKeys);
  const ms = (of: "run" | "release") => median(networks.map((network) => network[of].ms));
  const blocks = (of: "run" | "release") => median(networks.map((network) => network[of].blocks));
  const { world } = networks.at(-1) ?? firstKeys();
  const { chain, start, asRoot, gatekeepers, contracts, until } = world;
  const { add_cluster } = chain.runtime.tx.PhalaPhatContracts;
  for (let i = 1; i < CLUSTERS; i++)
    asRoot(
      add_cluster({
        owner: chain.account("//Alice"),
        clusterClass: { type: "Open", value: undefined },
        crossVendor: false,
        replication: 1,
        fuelPerBlock: 1_000_000n,
      }),
    );
  for (let i = 1; i < CLUSTERS; i++) start(`worker ${i}`, "Worker", WORKER_OPERATOR);
  const wrapped = (): number => [...contracts().WrappedStateKeys.keys()].length;
  until("all clusters have keys", () => wrapped() === CLUSTERS);
  asRoot(chain.runtime.tx.PhaGatekeepers.new_generation());
  until("a second root key", () => gatekeepers().CurrentGeneration.get() === 2n);
  const handover = until("the handover", () => !gatekeepers().Handover.exists());
  const verification = verificationMs();
  return [
    {
      id: "keys/dkg-4-of-7",
      value: ms("run") / 1_000,
      unit: "s",
      better: "smaller",
      against: {
        name: "an sr25519 verification for each message and reader",
        value: (verification * 7 * 21) / 1_000,
      },
      samples: NETWORKS,
      floor: 5,
      goal: 2,
      note: `seven pRuntimes and the chain, registration included, in ${blocks("run")} blocks`,
    },
    {
      id: "keys/release-to-new-worker",
      value: ms("release"),
      unit: "ms",
      better: "smaller",
      against: {
        name: "an sr25519 verification for each share and reader",
        value: verification * 7 * 9,
      },
      samples: NETWORKS,
      floor: 1_000,
      goal: 300,
      note: `seven pRuntimes, the worker's start and the chain, in ${blocks("release")} blocks`,
    },
    {
      id: "keys/handover-100-clusters",
      value: Math.max(handover.ms / 1_000, handover.blocks * (SLOT_MS / 1_000)),
      unit: "s",
      better: "smaller",
      against: { name: "its blocks alone", value: handover.blocks * (SLOT_MS / 1_000) },
      samples: CLUSTERS,
      floor: 60,
      goal: 30,
      note: `${handover.blocks} blocks of a second, ${(handover.ms / 1_000).toFixed(1)} s of computing for 107 pRuntimes in one process`,
    },
  ];
}
