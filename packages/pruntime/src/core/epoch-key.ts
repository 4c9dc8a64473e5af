/**
 * How a replica gets its cluster's key for one (purpose, generation, epoch): one-time transport key, request over the chain, t
 * shares from gatekeepers, checked once against the root on chain (protocol §3).
 *
 * **Bounds**: `MAX_HELD` shares, one per sender and seat. **Trust**: a release may come from any worker; it counts when
 * its sender holds the seat it names and its share fits the seat's public key. A wrong one is dropped and named.
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
  type KeyPurpose,
  type KeyRelease as KeyReleaseMessage,
  KeyRequest,
  keyIdentity,
  MAX_SEATS,
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
/** Releases held until the generation's record tells which are of its seats. */
const MAX_HELD = 4 * MAX_SEATS;

interface Held {
  /** Identity of the worker that sent it. */
  readonly sender: Uint8Array;
  readonly share: IndexedKeyShare;
}

export interface EpochKey {
  readonly purpose: KeyPurpose["type"];
  readonly generation: bigint;
  readonly epoch: bigint;
  /** 48 bytes once released; input of HKDF only. */
  readonly vetKey: Uint8Array | undefined;
  /** Asks when it is time to. */
  request(): readonly Output[];
  release(sender: Uint8Array, release: KeyReleaseMessage): readonly Output[];
  /** The generation's public record, read with proof. */
  generationProven(record: Generation): readonly Output[];
  /** Overwrites what is secret; it is of no use afterwards. */
  erase(): void;
}

export function createEpochKey(parts: {
  readonly purpose: KeyPurpose["type"];
  readonly cluster: Uint8Array;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly follower: Follower;
  readonly keys: Keys;
  readonly entropy: Entropy;
  readonly outbox: Outbox;
}): EpochKey {
  const { cluster, generation, epoch, follower, keys, entropy, outbox } = parts;
  const purpose: KeyPurpose = { type: parts.purpose, value: undefined };
  const identity = keyIdentity({
    genesisHash: follower.light.genesisHash,
    purpose,
    generation,
    cluster,
    epoch,
  });
  let transport: TransportKeypair | undefined;
  let askedAt = 0;
  let record: Generation | undefined;
  let vetKey: Uint8Array | undefined;
  let held: Held[] = [];

  /** Shares of the generation's own gatekeepers, one per seat. */
  function seated({ seats }: Generation): readonly IndexedKeyShare[] {
    const bySeat = new Map<number, IndexedKeyShare>();
    for (const { sender, share } of held) {
      const seat = seats[share.index];
      if (seat && equalBytes(seat.identity, sender)) bySeat.set(share.index, share);
    }
    return [...bySeat.values()];
  }

  function refused(seat?: number): Output {
    const subject = seat === undefined ? cluster : Uint8Array.of(seat);
    return { type: "log", event: "key-refused", block: follower.head.number, subject };
  }

  function open(): readonly Output[] {
    const outputs: Output[] = [];
    while (record !== undefined && transport !== undefined) {
      const shares = seated(record);
      if (shares.length < record.threshold) return outputs;
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
        const wrong = "index" in error ? error.index : undefined;
        held = wrong === undefined ? [] : held.filter(({ share }) => share.index !== wrong);
        outputs.push(refused(wrong));
        continue;
      }
      const opened = openEncryptedKey({
        encrypted: collected.value,
        transportSecret: transport.secret,
        rootPublicKey: record.root,
        identity,
      });
      held = [];
      if (!opened.ok) return [...outputs, refused()];
      vetKey = opened.value;
      transport.secret.fill(0);
      transport = undefined;
      const block = follower.head.number;
      outputs.push({ type: "log", event: "key-received", block, subject: cluster });
    }
    return outputs;
  }

  return {
    purpose: purpose.type,
    generation,
    epoch,
    get vetKey() {
      return vetKey;
    },
    request() {
      const { head } = follower;
      if (vetKey !== undefined) return [];
      if (transport !== undefined && head.number < askedAt + ASK_AGAIN_BLOCKS) return [];
      transport?.secret.fill(0);
      transport = transportKeypair(entropy.next());
      held = [];
      askedAt = head.number;
      const request: KeyRequest = {
        purpose,
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
    release(sender, release) {
      const forMe =
        transport !== undefined &&
        equalBytes(release.transportKey, transport.publicKey) &&
        release.purpose.type === purpose.type &&
        release.generation === generation &&
        release.epoch === epoch;
      if (!forMe || held.length >= MAX_HELD) return [];
      const { c1, c2, c3, seat } = release;
      const same = (one: Held) => one.share.index === seat && equalBytes(one.sender, sender);
      if (held.some(same)) return [];
      held.push({ sender, share: { index: seat, share: { c1, c2, c3 } } });
      return open();
    },
    generationProven(proven) {
      record = proven;
      return open();
    },
    erase() {
      transport?.secret.fill(0);
      transport = undefined;
      vetKey?.fill(0);
      vetKey = undefined;
      held = [];
    },
  };
}
