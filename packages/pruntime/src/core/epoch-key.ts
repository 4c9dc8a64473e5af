/**
 * How a replica gets its cluster's key for one (generation, epoch): one-time transport key, request over the chain, t
 * shares from gatekeepers, checked once against the root on chain (protocol §3).
 */
import {
  collectKeyShares,
  type IndexedKeyShare,
  openEncryptedKey,
  type TransportKeypair,
  transportKeypair,
} from "@pha/crypto";
import {
  type Generation,
  type KeyRelease as KeyReleaseMessage,
  KeyRequest,
  keyIdentity,
  TOPIC,
} from "@pha/protocol";
import { encode, equalBytes } from "@pha/scale";
import type { Entropy } from "./entropy.ts";
import type { Follower } from "./follower.ts";
import type { Output } from "./inputs.ts";
import type { Keys } from "./keys.ts";
import type { Outbox } from "./outbox.ts";

/** Blocks after which an unanswered request is made again with a new transport key. */
const ASK_AGAIN_BLOCKS = 20;

export interface EpochKey {
  readonly generation: bigint;
  readonly epoch: bigint;
  /** 48 bytes once released; input of HKDF only. */
  readonly vetKey: Uint8Array | undefined;
  /** Asks when it is time to. */
  request(): readonly Output[];
  release(release: KeyReleaseMessage): readonly Output[];
  /** The generation's public record, read with proof. */
  generationProven(record: Generation): readonly Output[];
}

export function createEpochKey(parts: {
  readonly cluster: Uint8Array;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly follower: Follower;
  readonly keys: Keys;
  readonly entropy: Entropy;
  readonly outbox: Outbox;
}): EpochKey {
  const { cluster, generation, epoch, follower, keys, entropy, outbox } = parts;
  const identity = keyIdentity({
    genesisHash: follower.light.genesisHash,
    purpose: { type: "Cluster", value: undefined },
    generation,
    cluster,
    epoch,
  });
  let transport: TransportKeypair | undefined;
  let askedAt = 0;
  let record: Generation | undefined;
  let vetKey: Uint8Array | undefined;
  let shares: IndexedKeyShare[] = [];

  function open(): readonly Output[] {
    if (record === undefined || transport === undefined || vetKey !== undefined) return [];
    if (shares.length < record.threshold) return [];
    const block = follower.head.number;
    const collected = collectKeyShares({
      shares,
      t: record.threshold,
      sharePublicKeys: record.sharePublicKeys,
      rootPublicKey: record.root,
      identity,
      transportPublicKey: transport.publicKey,
    });
    if (!collected.ok) {
      const { error } = collected;
      const wrong = "index" in error ? error.index : -1;
      shares = shares.filter(({ index }) => index !== wrong);
      return [{ type: "log", event: "key-refused", block, subject: Uint8Array.of(wrong & 255) }];
    }
    const opened = openEncryptedKey({
      encrypted: collected.value,
      transportSecret: transport.secret,
      rootPublicKey: record.root,
      identity,
    });
    if (!opened.ok) {
      shares = [];
      return [{ type: "log", event: "key-refused", block }];
    }
    vetKey = opened.value;
    transport.secret.fill(0);
    transport = undefined;
    shares = [];
    return [{ type: "log", event: "key-received", block, subject: cluster }];
  }

  return {
    generation,
    epoch,
    get vetKey() {
      return vetKey;
    },
    request() {
      const { head } = follower;
      if (vetKey !== undefined) return [];
      if (transport !== undefined && head.number < askedAt + ASK_AGAIN_BLOCKS) return [];
      transport = transportKeypair(entropy.next());
      shares = [];
      askedAt = head.number;
      const request: KeyRequest = {
        cluster,
        generation,
        epoch,
        boot: keys.boot.publicKey,
        transportKey: transport.publicKey,
        head,
      };
      return [
        outbox.send(TOPIC.keyRequest, encode(KeyRequest, request)),
        { type: "log", event: "key-requested", block: head.number, subject: cluster },
      ];
    },
    release(release) {
      const forMe =
        transport !== undefined &&
        equalBytes(release.transportKey, transport.publicKey) &&
        release.generation === generation &&
        release.epoch === epoch;
      if (!forMe || shares.some(({ index }) => index === release.seat)) return [];
      const { c1, c2, c3 } = release;
      shares.push({ index: release.seat, share: { c1, c2, c3 } });
      return open();
    },
    generationProven(proven) {
      record = proven;
      return open();
    },
  };
}
