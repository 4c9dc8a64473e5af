/**
 * Life of a cluster key over the chain (protocol §2, §3): DKG messages, key requests, releases, and what is derived from
 * a released key.
 */
import { hkdf } from "@pha/crypto";
import {
  boundedBytes,
  type CodecType,
  concatBytes,
  encode,
  equalBytes,
  fixedBytes,
  struct,
  u8,
  u32,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { MAX_CONTRACTS } from "./cluster.ts";
import { DOMAIN } from "./domain.ts";
import { BlockRef, Ed25519Key, Hash, Sr25519Key, X25519Key } from "./ids.ts";

/** Most seats of a gatekeeper committee. */
export const MAX_SEATS = 31;
/** Compressed points of BLS12-381. */
export const G1Point = fixedBytes(48);
export const G2Point = fixedBytes(96);

/** What a root key signs identities for; a closed list. */
export const KeyPurpose = variants(
  { Cluster: variant(0, unit), Wrap: variant(1, unit) },
  { path: ["pha_protocol", "keys", "KeyPurpose"] },
);
export type KeyPurpose = CodecType<typeof KeyPurpose>;

/** Epoch of every cluster when a generation begins; so the next generation's keys have a name before its root is made. */
export const FIRST_EPOCH = 1n;

/** Name of a key; its SCALE bytes are the identity of vetKD and IBE. */
export const KeyName = struct({
  genesisHash: Hash,
  purpose: KeyPurpose,
  generation: u64,
  cluster: Hash,
  epoch: u64,
});
export type KeyName = CodecType<typeof KeyName>;

export function keyIdentity(name: KeyName): Uint8Array {
  return encode(KeyName, name);
}

/** Message of a gatekeeper in a DKG run; bodies are decoded by `@pha/crypto` threshold codecs. */
export const DkgMessage = struct(
  {
    run: u64,
    seat: u8,
    body: variants(
      {
        /** One-time transport key of the seat, signed with the message by the boot key. */
        Key: variant(0, G1Point),
        Dealing: variant(1, boundedBytes(64 << 10)),
        Complaint: variant(2, boundedBytes(4 << 10)),
        Confirm: variant(3, struct({ transcriptHash: Hash, root: G2Point })),
      },
      { path: ["pha_protocol", "keys", "DkgBody"] },
    ),
  },
  { path: ["pha_protocol", "keys", "DkgMessage"] },
);
export type DkgMessage = CodecType<typeof DkgMessage>;

/** A seat of a run: who holds it. */
export const Seat = struct(
  { identity: Sr25519Key, boot: Ed25519Key },
  { path: ["pha_protocol", "keys", "Seat"] },
);
export type Seat = CodecType<typeof Seat>;

/** A seat that nobody holds: it counts among the seats of a run, and never speaks. */
export const EMPTY_SEAT: Seat = { identity: new Uint8Array(32), boot: new Uint8Array(32) };

/** Numbers of the seats of a run that nobody holds. */
export function emptySeats(seats: readonly Seat[]): readonly number[] {
  return seats.flatMap(({ identity }, seat) =>
    equalBytes(identity, EMPTY_SEAT.identity) ? [seat] : [],
  );
}

/** Result of a run: public keys of a generation. */
export const Generation = struct(
  {
    generation: u64,
    run: u64,
    threshold: u8,
    root: G2Point,
    /** One per seat, in seat order. */
    sharePublicKeys: vec(G2Point, MAX_SEATS),
    seats: vec(Seat, MAX_SEATS),
    transcriptHash: Hash,
  },
  { path: ["pha_protocol", "keys", "Generation"] },
);
export type Generation = CodecType<typeof Generation>;

/** Events of `PhaGatekeepers` for pRuntimes, topic `pha/gatekeeper/generation`. */
export const GenerationEvent = variants(
  {
    RunStarted: variant(
      0,
      struct({ run: u64, generation: u64, threshold: u8, seats: vec(Seat, MAX_SEATS) }),
    ),
    /** 0 keys, 1 deal, 2 complain, 3 confirm. */
    PhaseStarted: variant(1, struct({ run: u64, phase: u8 })),
    Activated: variant(2, Generation),
    RunFailed: variant(3, struct({ run: u64, guilty: vec(u8, MAX_SEATS) })),
    /** Nothing hangs on this generation and those before it any more: their shares are to be erased. */
    Retired: variant(4, struct({ generation: u64 })),
  },
  { path: ["pha_protocol", "keys", "GenerationEvent"] },
);
export type GenerationEvent = CodecType<typeof GenerationEvent>;

/** A worker asks for its cluster's key with a one-time transport key, topic `pha/key/request`. */
export const KeyRequest = struct(
  {
    /** `Cluster` for the epoch's secrets, `Wrap` for what opens the state key on chain. */
    purpose: KeyPurpose,
    cluster: Hash,
    generation: u64,
    epoch: u64,
    /** Boot that asks; releases are for it alone. */
    boot: Ed25519Key,
    transportKey: G1Point,
    /** Finalized head of the asking worker. */
    head: BlockRef,
  },
  { path: ["pha_protocol", "keys", "KeyRequest"] },
);
export type KeyRequest = CodecType<typeof KeyRequest>;

/** A gatekeeper's share for one request, topic `pha/key/release`; useless without the transport secret. */
export const KeyRelease = struct(
  {
    purpose: KeyPurpose,
    cluster: Hash,
    generation: u64,
    epoch: u64,
    /** Boot key of the asking worker. */
    boot: Ed25519Key,
    transportKey: G1Point,
    seat: u8,
    c1: G1Point,
    c2: G2Point,
    c3: G1Point,
  },
  { path: ["pha_protocol", "keys", "KeyRelease"] },
);
export type KeyRelease = CodecType<typeof KeyRelease>;

/** State key of a cluster as the chain keeps it: wrapped to `(G, wrap, generation, cluster, epoch)` by IBE. */
export const WrappedStateKey = struct(
  {
    generation: u64,
    epoch: u64,
    /** Newest version of the state key that it holds. */
    version: u32,
    wrapped: boundedBytes(512),
  },
  { path: ["pha_protocol", "keys", "WrappedStateKey"] },
);
export type WrappedStateKey = CodecType<typeof WrappedStateKey>;

/**
 * Versions of a cluster's state key that are in use, storage `PhalaPhatContracts.StateKeys`: what is sealed now is under
 * the newest; the oldest is needed until a snapshot under the newest is final.
 */
export const StateKeyVersions = struct(
  { newest: u32, oldest: u32 },
  { path: ["pha_protocol", "keys", "StateKeyVersions"] },
);
export type StateKeyVersions = CodecType<typeof StateKeyVersions>;

/** What a replica publishes when it holds an epoch's key, topic `^pha/cluster/keys`; replicas vote by equal bytes. */
export const ClusterKeys = struct(
  {
    cluster: Hash,
    generation: u64,
    epoch: u64,
    /** Public signing key of the cluster, sr25519. */
    signingKey: Sr25519Key,
    /** Public sealing key of each contract, sorted by contract. */
    sealingKeys: vec(struct({ contract: Hash, key: X25519Key }), MAX_CONTRACTS),
    /** Versions of the state key that are wrapped. */
    versions: StateKeyVersions,
    /** State keys, the newest first, wrapped under the root by IBE to `(G, wrap, generation, cluster, epoch)`. */
    wrappedStateKey: boundedBytes(512),
  },
  { path: ["pha_protocol", "keys", "ClusterKeys"] },
);
export type ClusterKeys = CodecType<typeof ClusterKeys>;

/** A worker or gatekeeper shows that it follows the chain, topic `^pha/worker/heartbeat`. */
export const Heartbeat = struct(
  { nonce: Hash, head: BlockRef },
  { path: ["pha_protocol", "keys", "Heartbeat"] },
);
export type Heartbeat = CodecType<typeof Heartbeat>;

/** Secrets of one (generation, epoch) derived from the 48-byte vetKey of the cluster. */
export interface EpochSecrets {
  readonly replySecret: Uint8Array;
  readonly traceKey: Uint8Array;
  readonly randomKey: Uint8Array;
}

const NO_SALT = new Uint8Array(0);

export function deriveEpochSecrets(vetKey: Uint8Array): EpochSecrets {
  const derive = (info: Uint8Array) => hkdf(vetKey, NO_SALT, info, 32);
  return {
    replySecret: derive(DOMAIN.replySecret),
    traceKey: derive(DOMAIN.trace),
    randomKey: derive(DOMAIN.random),
  };
}

/** X25519 secret to which commands for `contract` are sealed in this epoch. */
export function deriveSealingSecret(vetKey: Uint8Array, contract: Uint8Array): Uint8Array {
  return hkdf(vetKey, NO_SALT, concatBytes(DOMAIN.sealingKey, contract), 32);
}

/** State key as made in the cluster's first epoch or in the one in which it is rotated; later epochs receive it by the wrap. */
export function deriveStateKey(vetKey: Uint8Array): Uint8Array {
  return hkdf(vetKey, NO_SALT, DOMAIN.stateKey, 32);
}

/** Seed of the cluster's sr25519 signing key, made once and kept in the encrypted state. */
export function deriveClusterSigningSeed(vetKey: Uint8Array): Uint8Array {
  return hkdf(vetKey, NO_SALT, DOMAIN.clusterSigning, 32);
}

/** Seed of a contract's sr25519 signing key, made at instantiation and kept in the encrypted state. */
export function deriveContractSigningSeed(vetKey: Uint8Array, contract: Uint8Array): Uint8Array {
  return hkdf(vetKey, NO_SALT, concatBytes(DOMAIN.contractSigning, contract), 32);
}
