/**
 * A gatekeeper's answer to key requests: it re-checks the whole chain of trust by itself, at its own finalized head, and
 * only then encrypts its share to the one-time key of the request (protocol §3).
 *
 * **Bounds**: `MAX_WAITING` requests wait; the oldest goes. **Trust**: the request and the requester are hostile; the
 * chain's records are believed because they are proven under a finalized root.
 */
import { appraiseEvidence } from "@pha/attestation";
import { encryptKeyShare } from "@pha/crypto";
import {
  type BootRecord,
  type Cluster,
  KeyRelease,
  type KeyRequest,
  keyIdentity,
  registrationReportData,
  STORAGE,
  TOPIC,
} from "@pha/protocol";
import { type CodecType, encode, equalBytes } from "@pha/scale";
import type { Entropy } from "./entropy.ts";
import type { Follower } from "./follower.ts";
import type { Output } from "./inputs.ts";
import type { Membership } from "./membership.ts";
import type { Outbox } from "./outbox.ts";
import type { Proven, Reads } from "./reads.ts";
import type { SealedShare } from "./sealed-store.ts";

export const MAX_WAITING = 64;
/** Requests whose proofs are being read at once. */
const AT_ONCE = 8;
/** Blocks after which a request that cannot be answered is forgotten; the worker asks again with a new key. */
const FORGET_AFTER_BLOCKS = 30;

/** Why a request gets no share now. */
export type ReleaseRefusal =
  | "release/not-registered"
  | "release/displaced"
  | "release/not-assigned"
  | "release/other-epoch"
  | "release/no-generation"
  | "release/evidence-refused"
  | "release/measurement-not-allowed"
  | "release/platform-denied";

interface Waiting {
  readonly sender: Uint8Array;
  readonly request: KeyRequest;
  readonly since: number;
  reading: boolean;
}

export interface KeyReleaser {
  /** @param sender identity of the asking worker @param block finalized block that holds the request */
  request(sender: Uint8Array, request: KeyRequest, block: number): void;
  afterBatch(): readonly Output[];
}

type Record = CodecType<typeof BootRecord>;

export function createKeyReleaser(parts: {
  readonly follower: Follower;
  readonly membership: Membership;
  readonly entropy: Entropy;
  readonly outbox: Outbox;
  readonly reads: Reads;
  readonly shares: () => readonly SealedShare[];
}): KeyReleaser {
  const { follower, membership, entropy, outbox, reads } = parts;
  let waiting: Waiting[] = [];

  function consider(one: Waiting): readonly Output[] {
    one.reading = true;
    const at = { block: follower.head, stateRoot: follower.headStateRoot };
    const { request, sender } = one;
    const keys = [
      STORAGE.boot.key(sender),
      STORAGE.evidence.key(sender),
      STORAGE.cluster.key(request.cluster),
      STORAGE.generation.record.key(request.generation),
      STORAGE.simulatedRoot.key,
    ];
    return reads.ask(at, keys, (proven) => {
      one.reading = false;
      return proven === undefined ? [] : withRecords(one, proven, at);
    });
  }

  function withRecords(
    one: Waiting,
    proven: Proven,
    at: Parameters<Reads["ask"]>[0],
  ): readonly Output[] {
    const { request, sender } = one;
    const record = proven.value({ key: STORAGE.boot.key(sender), codec: STORAGE.boot.value });
    const cluster = proven.value({
      key: STORAGE.cluster.key(request.cluster),
      codec: STORAGE.cluster.value,
    });
    const generation = proven.value({
      key: STORAGE.generation.record.key(request.generation),
      codec: STORAGE.generation.record.value,
    });
    const refusal = refusalOf(request, sender, record, cluster);
    if (refusal !== undefined) return refuse(one, refusal);
    const share = parts.shares().find(({ generation: held }) => held === request.generation);
    if (generation === undefined || share === undefined)
      return refuse(one, "release/no-generation");
    const evidence = proven.value({
      key: STORAGE.evidence.key(sender),
      codec: STORAGE.evidence.value,
    });
    if (record === undefined || evidence === undefined)
      return refuse(one, "release/not-registered");
    const simulatedRoot = proven.value({
      key: STORAGE.simulatedRoot.key,
      codec: STORAGE.simulatedRoot.value,
    });
    const appraised = appraiseEvidence({
      bytes: evidence,
      simulatedRoot,
      now: follower.headTimeMs,
      expectedReportData: registrationReportData(record.registration),
    });
    if (!appraised.ok) return refuse(one, "release/evidence-refused");
    const { measurement, platformId } = appraised.value;
    const measurementKey = STORAGE.measurement.key(measurement);
    const platformKey = STORAGE.deniedPlatform.key(platformId);
    one.reading = true;
    return reads.ask(at, [measurementKey, platformKey], (policy) => {
      one.reading = false;
      if (policy === undefined) return [];
      const since = policy.value({ key: measurementKey, codec: STORAGE.measurement.value });
      if (since === undefined || since > at.block.number)
        return refuse(one, "release/measurement-not-allowed");
      if (policy.value({ key: platformKey, codec: STORAGE.deniedPlatform.value }) !== undefined)
        return refuse(one, "release/platform-denied");
      return release(one, generation.root, share);
    });
  }

  function release(one: Waiting, root: Uint8Array, share: SealedShare): readonly Output[] {
    const { request } = one;
    const encrypted = encryptKeyShare({
      share: share.share,
      rootPublicKey: root,
      identity: keyIdentity({
        genesisHash: follower.light.genesisHash,
        purpose: { type: "Cluster", value: undefined },
        generation: request.generation,
        cluster: request.cluster,
        epoch: request.epoch,
      }),
      transportPublicKey: request.transportKey,
      entropy32: entropy.next(),
    });
    if (!encrypted.ok) return refuse(one, "release/evidence-refused");
    forget(one);
    const message: KeyRelease = {
      cluster: request.cluster,
      generation: request.generation,
      epoch: request.epoch,
      boot: request.boot,
      transportKey: request.transportKey,
      seat: share.seat,
      ...encrypted.value,
    };
    return [
      outbox.send(TOPIC.keyRelease, encode(KeyRelease, message)),
      { type: "log", event: "share-released", block: follower.head.number, subject: request.boot },
    ];
  }

  function refuse(one: Waiting, _why: ReleaseRefusal): readonly Output[] {
    const { number } = follower.head;
    // A worker may be assigned, or a measurement allowed, in one of the next blocks.
    if (number - one.since < FORGET_AFTER_BLOCKS) return [];
    forget(one);
    return [{ type: "log", event: "release-refused", block: number, subject: one.sender }];
  }

  function forget(one: Waiting): void {
    waiting = waiting.filter((other) => other !== one);
  }

  return {
    request(sender, request, block) {
      waiting = waiting.filter(
        (other) =>
          !equalBytes(other.request.boot, request.boot) ||
          !equalBytes(other.request.cluster, request.cluster),
      );
      waiting.push({
        sender: sender.slice(),
        request: copyOf(request),
        since: block,
        reading: false,
      });
      if (waiting.length > MAX_WAITING) waiting.shift();
    },
    afterBatch() {
      // A gatekeeper that is not leased may be frozen or eclipsed: it serves nobody.
      if (!membership.leased() || parts.shares().length === 0) return [];
      return waiting
        .filter(({ reading }) => !reading)
        .slice(0, AT_ONCE)
        .flatMap(consider);
    },
  };
}

function copyOf(request: KeyRequest): KeyRequest {
  return {
    ...request,
    cluster: request.cluster.slice(),
    boot: request.boot.slice(),
    transportKey: request.transportKey.slice(),
  };
}

function refusalOf(
  request: KeyRequest,
  sender: Uint8Array,
  record: Record | undefined,
  cluster: Cluster | undefined,
): ReleaseRefusal | undefined {
  if (record === undefined) return "release/not-registered";
  if (!equalBytes(record.registration.boot, request.boot)) return "release/displaced";
  if (cluster === undefined) return "release/not-assigned";
  const assigned = cluster.replicas.some(
    ({ identity, boot }) => equalBytes(identity, sender) && equalBytes(boot, request.boot),
  );
  if (!assigned) return "release/not-assigned";
  if (cluster.generation !== request.generation || cluster.epoch !== request.epoch)
    return "release/other-epoch";
  return undefined;
}
