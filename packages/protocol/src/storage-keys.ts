/**
 * Storage keys that pRuntimes and clients read with proofs, and the codecs of their values.
 *
 * The pallets declare the same items; a test of `@pha/runtime` compares both.
 */
import { blake2b128, twox64, twox128 } from "@pha/crypto";
import {
  bool,
  bytes,
  type Codec,
  concatBytes,
  encode,
  struct,
  tuple,
  u32,
  u64,
  utf8,
  vec,
} from "@pha/scale";
import { ReleaseRules } from "./admission.ts";
import { AuditOpenings } from "./audit.ts";
import { Cluster, Contract, SealingKey } from "./cluster.ts";
import { FinalRoot, StateStep } from "./commit.ts";
import { BlockRef, Hash } from "./ids.ts";
import { Generation, Heartbeat, StateKeyVersions, WrappedStateKey } from "./keys.ts";
import { Message } from "./message.ts";
import { Registration } from "./registration.ts";
import { Blob, Snapshot } from "./snapshot.ts";
import { Suspension } from "./suspension.ts";

export function itemKey(pallet: string, item: string): Uint8Array {
  return concatBytes(twox128(utf8(pallet)), twox128(utf8(item)));
}

function blake2Map(pallet: string, item: string): (key: Uint8Array) => Uint8Array {
  const prefix = itemKey(pallet, item);
  return (key) => concatBytes(prefix, blake2b128(key), key);
}

/** `PhalaRegistry.Boots[identity]`: the registration that serves now. */
export const BootRecord = struct(
  { registration: Registration, registeredAt: BlockRef },
  { path: ["pha_protocol", "storage", "BootRecord"] },
);
/** `PhalaRegistry.Leases[boot]`: chain time in ms until which the boot may answer, and the nonce that renewed it. */
export const Lease = struct(
  { heartbeat: Heartbeat, at: BlockRef, until: u64 },
  { path: ["pha_protocol", "storage", "Lease"] },
);
export const SealingKeys = vec(SealingKey, 3);
export const ClusterContracts = vec(Hash, 1024);

/** Name, key and value codec of each item read with proofs. */
export const STORAGE = {
  outboundMessages: { key: itemKey("PhalaMq", "OutboundMessages"), value: vec(Message, 1 << 17) },
  now: { key: itemKey("Timestamp", "Now"), value: u64 },
  boot: { key: blake2Map("PhalaRegistry", "Boots"), value: BootRecord },
  lease: { key: blake2Map("PhalaRegistry", "Leases"), value: Lease },
  /** Raw evidence of the boot that serves now. */
  evidence: { key: blake2Map("PhalaRegistry", "Evidence"), value: bytes },
  /** Worker whose messages are refused, by its identity. */
  suspended: { key: blake2Map("PhalaRegistry", "Suspended"), value: Suspension },
  /** Key of simulated evidence, 32 bytes; absent on every chain that is not a development chain. */
  simulatedRoot: { key: itemKey("PhaAttestation", "SimulatedRoot"), value: Hash },
  /** Allow-listed measurement → block since which it counts. */
  measurement: { key: blake2Map("PhaAttestation", "Measurements"), value: u32 },
  /** Denied platform id → block since which it is denied. */
  deniedPlatform: { key: blake2Map("PhaAttestation", "DeniedPlatforms"), value: u32 },
  /** GRANDPA voters of the current set. */
  grandpaAuthorities: {
    key: itemKey("Grandpa", "Authorities"),
    value: vec(tuple(Hash, u64), 10_000),
  },
  /** Whether gatekeepers may keep their shares in the sealed store; of genesis, and never changed. */
  sealedShares: { key: itemKey("PhaGatekeepers", "SealedShares"), value: bool },
  /** What gatekeepers begin with; of genesis, and never changed. */
  releaseRules: { key: itemKey("PhaAttestation", "ReleaseRules"), value: ReleaseRules },
  generation: {
    /** Newest active generation. */
    current: { key: itemKey("PhaGatekeepers", "CurrentGeneration"), value: u64 },
    /** Oldest generation that a cluster's key may still hang on; those before it are retired. */
    oldest: { key: itemKey("PhaGatekeepers", "OldestGeneration"), value: u64 },
    record: {
      key: (generation: bigint): Uint8Array => {
        const encoded = encode(u64, generation);
        return concatBytes(itemKey("PhaGatekeepers", "Generations"), twox64(encoded), encoded);
      },
      value: Generation,
    },
  },
  cluster: { key: blake2Map("PhalaPhatContracts", "Clusters"), value: Cluster },
  clusterContracts: {
    key: blake2Map("PhalaPhatContracts", "ClusterContracts"),
    value: ClusterContracts,
  },
  contract: { key: blake2Map("PhalaPhatContracts", "Contracts"), value: Contract },
  /** Code is the artefact's text, keyed by its blake2b-256. */
  code: { key: blake2Map("PhalaPhatContracts", "Codes"), value: bytes },
  sealingKeys: { key: blake2Map("PhalaPhatContracts", "SealingKeys"), value: SealingKeys },
  /** Public signing key of the cluster, sr25519. */
  clusterSigningKey: { key: blake2Map("PhalaPhatContracts", "ClusterSigningKeys"), value: Hash },
  /** Newest wrapped state key of the cluster. */
  wrappedStateKey: {
    key: blake2Map("PhalaPhatContracts", "WrappedStateKeys"),
    value: WrappedStateKey,
  },
  /** Versions of the cluster's state key that are in use. */
  stateKeys: { key: blake2Map("PhalaPhatContracts", "StateKeys"), value: StateKeyVersions },
  /** X25519 key that every contract of the cluster declares; absent where none does. */
  auditKey: { key: blake2Map("PhalaPhatContracts", "AuditKeys"), value: Hash },
  auditOpenings: {
    key: blake2Map("PhalaPhatContracts", "AuditOpenings"),
    value: AuditOpenings,
  },
  root: { key: blake2Map("PhaContractState", "Roots"), value: FinalRoot },
  /** Newest final snapshot of the cluster. */
  snapshot: { key: blake2Map("PhaContractState", "Snapshots"), value: Snapshot },
  /** Steps of a cluster after which the next snapshot is due; of genesis. */
  snapshotSteps: { key: itemKey("PhaContractState", "SnapshotSteps"), value: u32 },
  /** Blob that the chain refers to, by digest. */
  blob: { key: blake2Map("PhaContractState", "Blobs"), value: Blob },
  step: {
    key: (cluster: Uint8Array, index: bigint): Uint8Array => {
      const position = encode(StepKey, [cluster, index]);
      return concatBytes(itemKey("PhaContractState", "Steps"), blake2b128(position), position);
    },
    value: StateStep,
  },
} as const;

const StepKey = tuple(Hash, u64);

/** Keys proven under the genesis block: what a pRuntime must know before the first one. */
export const GENESIS_KEYS: readonly Uint8Array[] = [
  STORAGE.grandpaAuthorities.key,
  STORAGE.sealedShares.key,
  STORAGE.releaseRules.key,
];

/** Keys proven for every finalized block. */
export const BLOCK_KEYS: readonly Uint8Array[] = [STORAGE.outboundMessages.key, STORAGE.now.key];

/** Keys that prove an answer: boot, lease, replicas of the cluster and its root, and the chain time the lease is measured by. */
export function answerKeys(
  identity: Uint8Array,
  boot: Uint8Array,
  cluster: Uint8Array,
): Uint8Array[] {
  return [
    STORAGE.boot.key(identity),
    STORAGE.lease.key(boot),
    STORAGE.cluster.key(cluster),
    STORAGE.root.key(cluster),
    STORAGE.now.key,
  ];
}

export type StorageValue<C> = C extends { readonly value: Codec<infer T> } ? T : never;
