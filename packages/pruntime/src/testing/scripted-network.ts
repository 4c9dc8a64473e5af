/** A chain, its pallets and several pRuntimes with their hosts; one call makes a block and gives it to all. */

import {
  type Demands,
  DemandsCodec,
  deriveSimulatedRoot,
  type VendorRoots,
} from "@pha/attestation";
import { blake2b256 } from "@pha/crypto";
import { AdmissionEvent, STORAGE, TOPIC } from "@pha/protocol";
import { encode, utf8 } from "@pha/scale";
import { BLOCK_MS, createScriptedChain, type ScriptedChain } from "./scripted-chain.ts";
import { createScriptedHost, MEASUREMENT, ROOT_SEED, type ScriptedHost } from "./scripted-host.ts";
import { createScriptedPallets, type ScriptedPallets } from "./scripted-pallets.ts";

export interface NetworkOptions {
  readonly gatekeepers?: number;
  readonly threshold?: number;
  readonly workers?: number;
  readonly replication?: number;
  readonly contracts?: number;
  readonly fuelPerBlock?: bigint;
  readonly snapshotSteps?: number;
  /** X25519 key that the contracts declare for audits; default: none. */
  readonly auditKey?: Uint8Array;
  /** Preset of the chain. Default true. */
  readonly sealedShares?: boolean;
  /** Of vendors that exist in a test only. */
  readonly roots?: VendorRoots;
  /** Blocks until gatekeepers go by what loosens. Default 0. */
  readonly looseningDelay?: number;
  /** The cluster takes platforms alone whose place is proven. Default false. */
  readonly endorsed?: boolean;
  /** Demands on evidence at genesis. Default: simulated platforms alone. */
  readonly policy?: Demands;
}

const ROLE = { maxAgeMs: 0n, serveMs: 0n, maxBlockAge: 0, named: true };
/** Of gatekeepers that look at simulated platforms. */
export const SIMULATED_POLICY: Demands = {
  lines: [{ line: "simulated", minSvn: 0, worstConfidence: { worker: 128, gatekeeper: 128 } }],
  roles: { worker: ROLE, gatekeeper: ROLE },
  toleratedAttributes: [],
  refusedAdvisories: [],
  signed: false,
  graceMs: 0n,
  amdLevels: [],
};

export interface ScriptedNetwork {
  readonly chain: ScriptedChain;
  readonly pallets: ScriptedPallets;
  /** That the node keeps, by hex digest. */
  readonly blobs: Map<string, Uint8Array>;
  readonly gatekeepers: readonly ScriptedHost[];
  readonly workers: readonly ScriptedHost[];
  readonly hosts: readonly ScriptedHost[];
  readonly nowMs: number;
  /** Drops a message before the chain sees it; it stays lost, and so does what follows it. */
  lose: ((from: ScriptedHost, topic: Uint8Array) => boolean) | undefined;
  /** Makes blocks and gives each to every syncing host. */
  blocks(count?: number): void;
  /** Makes blocks until the condition holds; fails after `most`. */
  until(condition: () => boolean, most?: number): void;
  /** Gives a host what it has missed. */
  sync(host: ScriptedHost): void;
  /** What the chain tells gatekeepers in the next block of what may get keys. */
  declare(event: AdmissionEvent): void;
  /** Lets time pass for all hosts without a block. */
  pass(ms: number): void;
  addWorker(name: string): ScriptedHost;
  /** Bytes that depend on the label only. */
  seed(label: string): Uint8Array;
}

/** Steps of one answer. */
const MAX_STEPS = 64;

export function createScriptedNetwork(options: NetworkOptions = {}): ScriptedNetwork {
  const gatekeeperCount = options.gatekeepers ?? 1;
  const chain = createScriptedChain({
    state: [
      [STORAGE.simulatedRoot.key, deriveSimulatedRoot(ROOT_SEED)],
      [STORAGE.sealedShares.key, encode(STORAGE.sealedShares.value, options.sealedShares ?? true)],
      [STORAGE.measurement.key(MEASUREMENT), encode(STORAGE.measurement.value, 0)],
      [
        STORAGE.releaseRules.key,
        encode(STORAGE.releaseRules.value, {
          looseningDelay: options.looseningDelay ?? 0,
          measurements: [MEASUREMENT],
          policy: encode(DemandsCodec, options.policy ?? SIMULATED_POLICY),
        }),
      ],
    ],
  });
  const pallets = createScriptedPallets({
    chain,
    replication: options.replication ?? options.workers ?? 3,
    gatekeepers: gatekeeperCount,
    threshold: options.threshold ?? 1,
    fuelPerBlock: options.fuelPerBlock ?? 10_000_000n,
    contracts: options.contracts ?? 2,
    snapshotSteps: options.snapshotSteps ?? 0,
    auditKey: options.auditKey,
    endorsed: options.endorsed ?? false,
  });
  const blobs = new Map<string, Uint8Array>();
  const sources = {
    chain,
    steps: (_: Uint8Array, from: bigint) => pallets.stepsFrom(Number(from)).slice(0, MAX_STEPS),
    blobs,
    roots: options.roots,
  };
  const named = (role: "Gatekeeper" | "Worker", count: number) =>
    Array.from({ length: count }, (_, i) =>
      createScriptedHost(`${role.toLowerCase()}-${i + 1}`, role, sources),
    );
  const gatekeepers = named("Gatekeeper", gatekeeperCount);
  const workers = named("Worker", options.workers ?? 3);
  const hosts = [...gatekeepers, ...workers];
  let nowMs = 0;
  for (const host of hosts) host.start();

  function sync(host: ScriptedHost): void {
    if (!host.running || !host.syncing) return;
    const head = () => {
      const ready = host.recorded[0]?.outputs.find((output) => output.type === "ready");
      return lastSynced(host) ?? (ready?.type === "ready" ? ready.head.number : 0);
    };
    for (let from = head() + 1; from <= chain.head.number; from = head() + 1) {
      const batch = chain.batch(from);
      if (batch === undefined) return;
      const before = head();
      host.feed({ type: "batch", batch });
      if (head() === before) return;
    }
    if (!isRegistering(host)) host.feed({ type: "register" });
  }

  const network: ScriptedNetwork = {
    chain,
    pallets,
    blobs,
    gatekeepers,
    workers,
    hosts,
    get nowMs() {
      return nowMs;
    },
    lose: undefined,
    declare(event) {
      const sender = { type: "Pallet", value: utf8("PhaAttestation") } as const;
      const payload = encode(AdmissionEvent, event);
      chain.push({ sender, destination: TOPIC.admission, payload });
    },
    blocks(count = 1) {
      for (let i = 0; i < count; i++) {
        for (const host of hosts) {
          for (const { registration, evidence } of host.registrations.splice(0))
            pallets.register(registration, evidence);
        }
        for (const host of hosts) {
          for (const message of host.messages.splice(0))
            if (!network.lose?.(host, message.message.destination)) pallets.take(message);
        }
        pallets.endBlock();
        chain.addBlock();
        network.pass(BLOCK_MS);
        for (const host of hosts) sync(host);
      }
    },
    until(condition, most = 60) {
      for (let i = 0; i < most; i++) {
        if (condition()) return;
        network.blocks();
      }
      if (!condition()) throw new Error(`not reached in ${most} blocks: ${condition}`);
    },
    sync,
    pass(ms) {
      nowMs += ms;
      for (const host of hosts) host.feed({ type: "tick", monotonicMs: nowMs });
    },
    addWorker(name) {
      const host = createScriptedHost(name, "Worker", sources);
      hosts.push(host);
      host.start();
      host.feed({ type: "tick", monotonicMs: nowMs });
      return host;
    },
    seed: (label) => blake2b256(utf8(label)),
  };
  return network;
}

function lastSynced(host: ScriptedHost): number | undefined {
  for (let i = host.recorded.length - 1; i >= 0; i--)
    for (const output of host.recorded[i]?.outputs ?? [])
      if (output.type === "synced") return output.status.head.number;
  return undefined;
}

function isRegistering(host: ScriptedHost): boolean {
  return host.recorded.some(({ input }) => input.type === "register");
}
