/** A chain whose contract runs on platforms of every real vendor; the vendors exist in a test only. */
import {
  ATTESTATION_STORAGE,
  type AttestationResult,
  type Demands,
  PLATFORM_ATTRIBUTES,
  PRODUCT_LINES,
  verifyCollateralItem,
  verifyWithCollateral,
} from "@pha/attestation";
import {
  collateralItems,
  ENVELOPES,
  INSTANCE_ID,
  NOW as NOW_MS,
  PLATFORM_KEY,
  type RealKind,
  TEST_ROOTS,
} from "@pha/attestation/testing";
import {
  Cluster,
  type CollateralItem,
  type CollateralSlot,
  type Registration,
  registrationReportData,
  STORAGE,
} from "@pha/protocol";
import { decode, encode, equalBytes } from "@pha/scale";
import { CLUSTER, CONTRACT, clusterRecord, filled, type Pair, trustedState } from "./fake-chain.ts";

export const VENDOR_KINDS = Object.keys(ENVELOPES) as readonly RealKind[];
export { NOW_MS };

export interface VendorWorker {
  readonly kind: RealKind;
  readonly registration: Registration;
  readonly evidence: Uint8Array;
  readonly result: AttestationResult;
}

export interface VendorState {
  readonly workers: readonly VendorWorker[];
  /** Entries of the state by name; a test replaces or removes them. */
  readonly entries: ReadonlyMap<string, Pair>;
}

const SHOWN = { maxAgeMs: 60_000n, serveMs: 86_400_000n, maxBlockAge: 64, named: false };
export const VENDOR_DEMANDS: Demands = {
  lines: PRODUCT_LINES.filter((line) => line !== "simulated").map((line) => ({
    line,
    minSvn: 0,
    worstConfidence: { worker: 5, gatekeeper: 0 },
  })),
  roles: { worker: SHOWN, gatekeeper: SHOWN },
  toleratedAttributes: PLATFORM_ATTRIBUTES.filter((one) => one !== "debug"),
  refusedAdvisories: [],
  signed: false,
  graceMs: 3_600_000n,
  amdLevels: [],
};

/** What nobody signs: the words of governance. */
const WORDS: readonly (readonly [CollateralSlot, CollateralItem])[] = [
  [
    { type: "AndroidListedAt", value: undefined },
    { type: "AndroidListedAt", value: NOW_MS },
  ],
  [
    {
      type: "ArmPlatformKey",
      value: { instanceId: INSTANCE_ID, implementationId: filled(4) },
    },
    {
      type: "ArmPlatformKey",
      value: { instanceId: INSTANCE_ID, implementationId: filled(4), ...PLATFORM_KEY },
    },
  ],
];

/** Each item in its slot. */
export const COLLATERAL: readonly (readonly [CollateralSlot, CollateralItem])[] = [
  ...collateralItems().map((item) => [slotOf(item), item] as const),
  ...WORDS,
];

function slotOf(item: CollateralItem): CollateralSlot {
  const view = () => collateralItems()[0];
  const verified = verifyCollateralItem(item, { roots: TEST_ROOTS, at: NOW_MS, view });
  if (!verified.ok) throw new Error(verified.error.code);
  return verified.value.slot;
}

function viewOf(slot: CollateralSlot): CollateralItem | undefined {
  const { key } = ATTESTATION_STORAGE.collateral;
  return COLLATERAL.find(([own]) => equalBytes(key(own), key(slot)))?.[1];
}

/** Of an entry of the state: Intel's texts are of SGX and of TDX. */
function slotName({ type, value }: CollateralSlot): string {
  if (type === "IntelTcbInfo") return `${type} ${value.tee}`;
  return type === "IntelQeIdentity" ? `${type} ${value}` : type;
}

function workerOf(kind: RealKind, number: number): VendorWorker {
  const registration: Registration = {
    genesisHash: filled(0),
    identity: filled(100 + number),
    boot: filled(120 + number),
    bootEncryption: filled(140 + number),
    operator: filled(160 + number),
    role: { type: "Worker", value: undefined },
    version: 1,
    features: 0,
    at: { number: 0, hash: filled(0) },
  };
  const expectedReportData = registrationReportData(registration);
  const evidence = ENVELOPES[kind](expectedReportData, NOW_MS);
  const verified = verifyWithCollateral({
    bytes: evidence,
    roots: TEST_ROOTS,
    view: viewOf,
    lines: VENDOR_DEMANDS.lines,
    amdLevels: [],
    simulatedRoot: undefined,
    now: NOW_MS,
    expectedReportData,
  });
  if (!verified.ok) throw new Error(`${kind}: ${verified.error.code}`);
  return { kind, registration, evidence, result: verified.value };
}

/** @param kinds of the replicas, one each */
export function vendorState(kinds: readonly RealKind[] = VENDOR_KINDS): VendorState {
  const workers = kinds.map(workerOf);
  const record = decode(Cluster, clusterRecord());
  if (!record.ok) throw new Error("the record decodes");
  const { contract, generation, sealedShares, root, voters } = trustedState();
  const entries = new Map<string, Pair>();
  for (const [name, pair] of Object.entries({ contract, generation, sealedShares, root, voters }))
    if (pair !== undefined) entries.set(name, pair);
  const put = (name: string, pair: Pair) => entries.set(name, pair);
  put("now", [STORAGE.now.key, encode(STORAGE.now.value, NOW_MS)]);
  const { policy, collateral, grade } = ATTESTATION_STORAGE;
  put("policy", [policy.key, encode(policy.value, VENDOR_DEMANDS)]);
  put("cluster", [
    STORAGE.cluster.key(CLUSTER),
    encode(Cluster, {
      ...record.value,
      replication: workers.length,
      replicas: workers.map(({ registration: { identity, boot } }) => ({ identity, boot })),
    }),
  ]);
  const { key, value } = STORAGE.sealingKeys;
  const signed = {
    generation: 1n,
    epoch: 1n,
    key: filled(9),
    from: 0,
    until: undefined,
    signers: workers.length,
  };
  put("sealingKey", [key(CONTRACT), encode(value, [signed])]);
  for (const [slot, item] of COLLATERAL) {
    const stored = { item, issuedAtMs: NOW_MS, validUntilMs: NOW_MS, number: 0 };
    put(`collateral ${slotName(slot)}`, [collateral.key(slot), encode(collateral.value, stored)]);
  }
  const ref = { number: 0, hash: filled(0) };
  for (const { kind, registration, evidence, result } of workers) {
    const { identity, boot } = registration;
    const { measurement, line, confidence, platformId, validUntilMs } = result;
    put(`boot ${kind}`, [
      STORAGE.boot.key(identity),
      encode(STORAGE.boot.value, { registration, registeredAt: ref }),
    ]);
    put(`evidence ${kind}`, [
      STORAGE.evidence.key(identity),
      encode(STORAGE.evidence.value, evidence),
    ]);
    put(`measurement ${kind}`, [
      STORAGE.measurement.key(measurement),
      encode(STORAGE.measurement.value, 0),
    ]);
    put(`grade ${kind}`, [
      grade.key(identity),
      encode(grade.value, {
        line,
        confidence,
        measurement,
        platformId,
        advisoryIds: [],
        shownAtMs: NOW_MS,
        blockAge: 0,
        validUntilMs,
        revision: 0,
      }),
    ]);
    put(`lease ${kind}`, [
      STORAGE.lease.key(boot),
      encode(STORAGE.lease.value, {
        heartbeat: { nonce: filled(5), head: ref },
        at: ref,
        until: NOW_MS + 60_000n,
      }),
    ]);
  }
  return { workers, entries };
}
