/** Sample data of machines and keys for the gallery: SYNTHETIC, of no network. */
import type { ClusterDetail } from "../chain/core/clusters.ts";
import type { HostReading } from "../chain/core/hosts.ts";
import type { KeysReading } from "../chain/core/root-keys.ts";
import type { WorkerReading } from "../chain/core/workers.ts";
import type { FaultState } from "../chain/devnet-faults.ts";
import type { BlockSummary } from "../chain/recent-blocks.ts";
import type { FleetSample } from "../features/operate/history.ts";
import { type FleetRow, fleetOf } from "../features/workers/model.ts";
import { SAMPLE_ACCOUNT, SAMPLE_SEALED } from "./sample-data.ts";

const hex = (byte: string): string => `0x${byte.repeat(32)}`;
export const SAMPLE_NOW = 1_700_000_000_000;
const OPERATOR = SAMPLE_ACCOUNT.address;

const worker: WorkerReading = {
  identity: hex("01"),
  role: "worker",
  operator: OPERATOR,
  boot: hex("11"),
  version: "0.1.0",
  registeredAt: 12,
  leaseUntil: SAMPLE_NOW + 40_000,
  suspended: undefined,
  evidence: {
    line: "simulated",
    confidence: 128,
    measurement: hex("0d"),
    allowedSince: 0,
    platformId: hex("0e"),
    advisories: [],
    shownAt: SAMPLE_NOW - 600_000,
    validUntil: undefined,
  },
  bond: { amount: 10n ** 14n, unlocksAt: undefined },
  cluster: hex("09"),
  drainingSince: undefined,
  votes: { agreed: 118, of: 120 },
};

const WORKERS: readonly WorkerReading[] = [
  worker,
  { ...worker, identity: hex("02"), boot: hex("22"), registeredAt: 1231 },
  { ...worker, identity: hex("03"), boot: hex("33") },
  {
    ...worker,
    identity: hex("04"),
    boot: hex("44"),
    suspended: { reason: "Dissent", since: 1200 },
    leaseUntil: SAMPLE_NOW - 9_000,
  },
  { ...worker, identity: hex("05"), boot: hex("55"), cluster: undefined, votes: undefined },
  { ...worker, identity: hex("06"), boot: hex("66"), role: "gatekeeper", cluster: undefined },
];

const boot = {
  role: "worker",
  head: 1234,
  isRegistered: true,
  restarts: 0,
  phases: ["serving"],
  generations: [],
};

const HOSTS: readonly HostReading[] = [
  {
    url: "http://127.0.0.1:8000",
    finalized: 1234,
    reasons: [],
    problem: undefined,
    at: SAMPLE_NOW,
    boots: [
      { ...boot, name: "worker-1", identity: hex("01"), boot: hex("11") },
      { ...boot, name: "worker-2", identity: hex("02"), boot: hex("22"), phases: ["restoring"] },
      // Another boot runs than the chain has, and has for long.
      {
        ...boot,
        name: "worker-3",
        identity: hex("03"),
        boot: hex("3f"),
        isRegistered: false,
        restarts: 4,
      },
      {
        ...boot,
        name: "gatekeeper-1",
        role: "gatekeeper",
        identity: hex("06"),
        boot: hex("66"),
        generations: [1],
      },
    ],
  },
];

export const SAMPLE_FLEET: readonly FleetRow[] = fleetOf({ workers: WORKERS }, HOSTS, {
  now: SAMPLE_NOW,
  block: 1234,
  slotMs: 1000,
  unregisteredSince: new Map([[hex("03"), SAMPLE_NOW - 60_000]]),
  clock: SAMPLE_NOW,
});

const [first] = SAMPLE_FLEET;
if (first === undefined) throw new Error("there are samples");
export const SAMPLE_FAILED_WORKER: FleetRow =
  SAMPLE_FLEET.find(({ stage }) => stage.state === "failed") ?? first;

export const SAMPLE_CLUSTER: ClusterDetail = {
  id: hex("09"),
  status: "Live",
  class: "Open",
  crossVendor: false,
  owner: OPERATOR,
  createdAt: 0,
  replication: 3,
  quorum: 2,
  replicas: ["01", "02", "04"].map((byte) => ({ identity: hex(byte), boot: hex(byte) })),
  generation: 1,
  epoch: 2,
  contracts: [hex("01"), hex("02")],
  root: { root: hex("aa"), block: 1230, index: 120 },
  waiting: [1234],
  lastFinalAt: 1232,
  commands: { queued: 121, final: 120 },
  panel: 0,
  at: 1234,
  rounds: [
    {
      block: 1234,
      root: undefined,
      votes: [{ identity: hex("01"), root: hex("ab"), agrees: undefined }],
    },
    {
      block: 1230,
      root: hex("aa"),
      votes: [
        { identity: hex("01"), root: hex("aa"), agrees: true },
        { identity: hex("02"), root: hex("aa"), agrees: true },
        { identity: hex("04"), root: hex("ee"), agrees: false },
      ],
    },
  ],
  delta: SAMPLE_SEALED,
  snapshot: { block: 1000, index: 100, chunks: 2 },
};

export const SAMPLE_KEYS: KeysReading = {
  block: 1234,
  generation: 2,
  oldest: 1,
  activeSince: 900,
  termBlocks: 0,
  generations: [
    {
      generation: 2,
      run: 3,
      threshold: 2,
      seats: [hex("06"), undefined, hex("07")],
      root: `0x${"5a".repeat(96)}`,
    },
  ],
  run: { run: 4, generation: 3, seats: 3, threshold: 2, phase: 1, phaseEnds: 1240, guilty: [] },
  wanted: undefined,
  handover: undefined,
  operators: [
    { operator: OPERATOR, gatekeeper: hex("06"), failures: 0, isOut: false, convicted: undefined },
    {
      operator: "43qsYbZGLn2xzNuurY6BY4QNDSUU7gLEcXuckpm6B3DEmEx9",
      gatekeeper: undefined,
      failures: 3,
      isOut: true,
      convicted: { misdeed: "Equivocation", block: 800 },
    },
  ],
  epochs: [
    { contract: hex("01"), name: "counter", generation: 2, epoch: 1, from: 910, until: undefined },
    { contract: hex("01"), name: "counter", generation: 1, epoch: 2, from: 300, until: 930 },
    { contract: hex("01"), name: "counter", generation: 1, epoch: 1, from: 8, until: 310 },
  ],
};

export const SAMPLE_FAULTS: FaultState = {
  targets: {
    crash: ["worker-1", "worker-2", "worker-3"],
    "stale-state": ["worker-1", "worker-2", "worker-3"],
    "tampered-runtime": ["worker-1", "worker-2", "worker-3"],
    partition: ["worker-host"],
  },
  active: [{ fault: "tampered-runtime", target: "worker-2", since: SAMPLE_NOW }],
};

export const SAMPLE_SAMPLES: readonly FleetSample[] = Array.from({ length: 60 }, (_, i) => ({
  at: SAMPLE_NOW / 1000 + 2 * i,
  lag: { "worker-1": i % 2, "worker-2": i > 20 && i < 40 ? i - 20 : 0, "worker-3": (i % 5) / 2 },
  score: { "worker-1": 100, "worker-2": 100 - Math.max(0, i - 20) / 4, "worker-3": 98 },
}));

/** So long that a page with all of its rows would stutter. */
export const SAMPLE_LONG: readonly BlockSummary[] = Array.from({ length: 10_000 }, (_, i) => ({
  number: 10_000 - i,
  hash: new Uint8Array(32).fill(i % 256),
  at: SAMPLE_NOW - i * 1000,
  extrinsics: 2 + (i % 3),
  signed: i % 3,
  commands: i % 7 === 6 ? 1 : 0,
  bytes: 400 + 90 * (i % 5),
}));
