/** A node whose finalized head is its genesis block, with whatever state and answers a test gives it. */
import {
  ATTESTATION_STORAGE,
  type Demands,
  deriveSimulatedRoot,
  type GradeRecord,
  makeSimulatedEvidence,
} from "@pha/attestation";
import { encodeHeader } from "@pha/consensus";
import { type Registration, registrationReportData, STORAGE } from "@pha/protocol";
import { developmentPreset } from "@pha/runtime";
import { boundedBytes, encode, parseHex, toHex, vec } from "@pha/scale";
import { applyChanges, createProof, EMPTY_ROOT, openTrie } from "@pha/state";
import type { RpcTransport } from "../rpc/transport.ts";

export type Pair = readonly [key: Uint8Array, value: Uint8Array];
export const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const Proof = vec(boundedBytes(1 << 20), 4096);

export const VOTERS: Pair = [
  STORAGE.grandpaAuthorities.key,
  encode(STORAGE.grandpaAuthorities.value, [[filled(1), 1n]]),
];

let metadata: string | undefined;
/** Made once: it takes a while. */
function developmentMetadata(): string {
  metadata ??= toHex(developmentPreset().runtime.metadata(14));
  return metadata;
}

type Answers = Readonly<Record<string, (params: readonly unknown[]) => unknown>>;

export interface FakeChain {
  readonly rpc: RpcTransport;
  readonly isClosed: () => boolean;
  /** Sends a notification to whoever made this subscription. */
  notify(method: string, result: unknown): void;
}

/** @param answers by method, before the honest ones */
export function fakeChain(state: readonly Pair[] = [VOTERS], answers: Answers = {}): FakeChain {
  const nodes = new Map<string, Uint8Array>();
  const empty = openTrie({
    root: EMPTY_ROOT,
    version: 1,
    nodes: { getNode: (hash) => nodes.get(toHex(hash)) },
  });
  const { trie, inserted } = applyChanges(empty, state);
  for (const { hash, bytes } of inserted) nodes.set(toHex(hash), bytes);
  const header = encodeHeader({
    parentHash: new Uint8Array(32),
    number: 0,
    stateRoot: trie.root,
    extrinsicsRoot: new Uint8Array(32),
    digest: [],
  });
  const keyOf = (hex: unknown): Uint8Array => {
    const parsed = parseHex(String(hex));
    return parsed.ok ? parsed.value : new Uint8Array(0);
  };
  const honest: Answers = {
    pha_genesis: () => ({
      header: toHex(header),
      proof: toHex(encode(Proof, [...createProof(trie, [STORAGE.grandpaAuthorities.key])])),
    }),
    pha_finality: () => null,
    state_getMetadata: developmentMetadata,
    state_getRuntimeVersion: () => ({ specVersion: 1, transactionVersion: 1 }),
    state_getReadProof: ([keys]) => ({
      proof: [...createProof(trie, (keys as readonly unknown[]).map(keyOf))].map(toHex),
    }),
    system_accountNextIndex: () => 0,
  };
  const listeners = new Map<string, (result: unknown) => void>();
  let closed = false;
  return {
    isClosed: () => closed,
    notify: (method, result) => listeners.get(method)?.(result),
    rpc: {
      async request(method, params) {
        const answer = answers[method] ?? honest[method];
        if (answer === undefined) throw new Error(`nobody answers ${method}`);
        return answer(params);
      },
      async subscribe(method, _params, _unsubscribe, onMessage) {
        listeners.set(method, onMessage);
        return () => listeners.delete(method);
      },
      close: () => {
        closed = true;
      },
    },
  };
}

export const CONTRACT = filled(3);
export const CLUSTER = filled(2);
export const MEASUREMENT = filled(20);
const ROOT_SEED = filled(21);
export const NOW = 1_700_000_000_000n;

export const REPLICA = {
  identity: filled(7),
  boot: filled(8),
  bootEncryption: filled(9),
} as const;
export const REGISTRATION: Registration = {
  genesisHash: filled(0),
  identity: REPLICA.identity,
  boot: REPLICA.boot,
  bootEncryption: REPLICA.bootEncryption,
  operator: filled(10),
  role: { type: "Worker", value: undefined },
  version: 1,
  features: 0,
  at: { number: 0, hash: filled(0) },
};

/** What a chain holds of a contract whose one replica is all right; a test replaces or removes entries by name. */
export function trustedState() {
  const ref = { number: 0, hash: filled(0) };
  return {
    voters: VOTERS as Pair | undefined,
    now: [STORAGE.now.key, encode(STORAGE.now.value, NOW)] as Pair | undefined,
    contract: [STORAGE.contract.key(CONTRACT), contractRecord()] as Pair | undefined,
    cluster: [STORAGE.cluster.key(CLUSTER), clusterRecord()] as Pair | undefined,
    boot: [
      STORAGE.boot.key(REPLICA.identity),
      encode(STORAGE.boot.value, { registration: REGISTRATION, registeredAt: ref }),
    ] as Pair | undefined,
    evidence: evidenceEntry() as Pair | undefined,
    simulatedRoot: [STORAGE.simulatedRoot.key, deriveSimulatedRoot(ROOT_SEED)] as Pair | undefined,
    measurement: [STORAGE.measurement.key(MEASUREMENT), encode(STORAGE.measurement.value, 0)] as
      | Pair
      | undefined,
    policy: policyEntry() as Pair | undefined,
    grade: gradeEntry() as Pair | undefined,
    lease: leaseEntry(NOW + 1n) as Pair | undefined,
    generation: [
      STORAGE.generation.record.key(1n),
      encode(STORAGE.generation.record.value, {
        generation: 1n,
        run: 1n,
        threshold: 1,
        root: new Uint8Array(96).fill(7),
        sharePublicKeys: [new Uint8Array(96).fill(7)],
        seats: [{ identity: filled(40), boot: filled(41) }],
        transcriptHash: filled(42),
      }),
    ] as Pair | undefined,
    auditKey: undefined as Pair | undefined,
    sealedShares: [STORAGE.sealedShares.key, encode(STORAGE.sealedShares.value, true)] as
      | Pair
      | undefined,
    sealingKey: sealingKeyEntry() as Pair | undefined,
    root: [
      STORAGE.root.key(CLUSTER),
      encode(STORAGE.root.value, { block: ref, root: filled(30), index: 0n }),
    ] as Pair | undefined,
  };
}
const SHOWN = { maxAgeMs: 1_000n, serveMs: 86_400_000n, maxBlockAge: 64, named: false };
export const SIMULATED_DEMANDS: Demands = {
  lines: [{ line: "simulated", minSvn: 1, worstConfidence: { worker: 128, gatekeeper: 128 } }],
  roles: { worker: SHOWN, gatekeeper: SHOWN },
  toleratedAttributes: [],
  refusedAdvisories: [],
  signed: false,
  graceMs: 0n,
  amdLevels: [],
};

export function policyEntry(change: Partial<Demands> = {}): Pair {
  const { key, value } = ATTESTATION_STORAGE.policy;
  return [key, encode(value, { ...SIMULATED_DEMANDS, ...change })];
}

export function gradeEntry(change: Partial<GradeRecord> = {}): Pair {
  const { key, value } = ATTESTATION_STORAGE.grade;
  const grade: GradeRecord = {
    line: "simulated",
    confidence: 128,
    measurement: MEASUREMENT,
    platformId: filled(22),
    advisoryIds: [],
    shownAtMs: NOW,
    blockAge: 0,
    validUntilMs: undefined,
    revision: 0,
    ...change,
  };
  return [key(REPLICA.identity), encode(value, grade)];
}

/** @param until Unix milliseconds */
export function leaseEntry(until: bigint): Pair {
  const { key, value } = STORAGE.lease;
  const ref = { number: 0, hash: filled(0) };
  return [
    key(REPLICA.boot),
    encode(value, { heartbeat: { nonce: filled(5), head: ref }, at: ref, until }),
  ];
}

export type TrustedState = ReturnType<typeof trustedState>;

export function pairsOf(state: TrustedState): readonly Pair[] {
  return Object.values(state).filter((pair) => pair !== undefined);
}

export function contractRecord(codeHash = filled(11)): Uint8Array {
  return encode(STORAGE.contract.value, {
    cluster: CLUSTER,
    codeHash,
    owner: filled(12),
    createdAt: 0,
    open: true,
  });
}

export function clusterRecord(
  change: {
    readonly status?: "Live" | "Halted";
    readonly boot?: Uint8Array;
    /** A former boot of the same worker, which the cluster still names. */
    readonly displaced?: Uint8Array;
  } = {},
): Uint8Array {
  const { status = "Live", boot = REPLICA.boot, displaced } = change;
  const { identity } = REPLICA;
  return encode(STORAGE.cluster.value, {
    owner: filled(12),
    class: { type: "Open", value: undefined },
    crossVendor: false,
    replication: 1,
    replicas: [...(displaced ? [{ identity, boot: displaced }] : []), { identity, boot }],
    generation: 1n,
    epoch: 1n,
    formers: [],
    status: { type: status, value: undefined },
    createdAt: { number: 0, hash: filled(0) },
    fuelPerBlock: 1n,
    panel: undefined,
  });
}

export function evidenceEntry(change: { readonly debug?: boolean } = {}): Pair {
  const evidence = makeSimulatedEvidence({
    rootSeed: ROOT_SEED,
    measurement: MEASUREMENT,
    platformId: filled(22),
    reportData: registrationReportData(REGISTRATION),
    issuedAtMs: NOW,
    svn: 1,
    debug: change.debug ?? false,
  });
  return [STORAGE.evidence.key(REPLICA.identity), encode(STORAGE.evidence.value, evidence)];
}

export function sealingKeyEntry(
  change: { readonly from?: number; readonly until?: number; readonly signers?: number } = {},
): Pair {
  const { from = 0, until, signers = 1 } = change;
  const key = { generation: 1n, epoch: 1n, key: filled(9), from, until, signers };
  return [STORAGE.sealingKeys.key(CONTRACT), encode(STORAGE.sealingKeys.value, [key])];
}
