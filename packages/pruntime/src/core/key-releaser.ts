/**
 * A gatekeeper's answer to key requests: it re-checks the whole chain of trust by itself, at its own finalized head, and
 * only then encrypts its share to the one-time key of the request (protocol §3).
 *
 * **Bounds**: `MAX_WAITING` requests wait; the oldest goes. **Trust**: the request and the requester are hostile; the
 * chain's records are believed because they are proven under a finalized root.
 */
import {
  ATTESTATION_STORAGE,
  type CollateralView,
  neededCollateral,
  type VendorRoots,
} from "@pha/attestation";
import { encryptKeyShare } from "@pha/crypto";
import {
  type BootRecord,
  type Cluster,
  isSameName,
  KeyRelease,
  type KeyRequest,
  keyHolders,
  keyIdentity,
  registrationReportData,
  STORAGE,
  StoredCollateral,
  TOPIC,
  type WrappedStateKey,
} from "@pha/protocol";
import { type CodecType, encode, equalBytes } from "@pha/scale";
import type { Admissions } from "./admissions.ts";
import type { Entropy } from "./entropy.ts";
import type { Follower } from "./follower.ts";
import type { Output } from "./inputs.ts";
import type { Membership } from "./membership.ts";
import type { Outbox } from "./outbox.ts";
import type { Proven, Reads } from "./reads.ts";
import { type EvidenceRefusal, examine } from "./release-evidence.ts";
import type { SealedShare } from "./sealed-store.ts";

export const MAX_WAITING = 64;
/** A request's head may be this much older than the block that holds the request. */
const MAX_HEAD_AGE_BLOCKS = 256;
/** Requests whose proofs are being read at once. */
const AT_ONCE = 8;
/** Blocks after which a request that cannot be answered is forgotten; the worker asks again with a new key. */
const FORGET_AFTER_BLOCKS = 30;

/** Why a request gets no share now. */
export type ReleaseRefusal =
  | "release/not-registered"
  | "release/displaced"
  | "release/other-registration"
  | "release/not-assigned"
  | "release/other-epoch"
  | "release/other-head"
  | "release/no-generation"
  | "release/bad-transport-key"
  | "release/old-version"
  | "release/closed"
  | EvidenceRefusal
  | "release/measurement-not-allowed"
  /** On the chain's list, and not declared as long ago as what loosens must wait. */
  | "release/measurement-too-new"
  | "release/platform-denied"
  /** Its place was not declared as proven, or not as long ago as what loosens must wait, and the cluster's class asks for it. */
  | "release/not-endorsed";

interface Waiting {
  readonly sender: Uint8Array;
  readonly request: KeyRequest;
  readonly since: number;
  reading: boolean;
  /** Logged once per reason. */
  refusal: ReleaseRefusal | undefined;
}

export interface KeyReleaser {
  /** @param sender identity of the asking worker @param block finalized block that holds the request */
  request(sender: Uint8Array, request: KeyRequest, block: number): void;
  afterBatch(): readonly Output[];
}

type Record = CodecType<typeof BootRecord>;

/** Evidence, and what of the chain's state it is verified with. */
interface Attested {
  readonly evidence: Uint8Array;
  readonly reportData: Uint8Array;
  readonly simulatedRoot: Uint8Array | undefined;
  /** The cluster takes platforms alone whose place is proven. */
  readonly needsPlace: boolean;
}

export function createKeyReleaser(parts: {
  readonly follower: Follower;
  readonly membership: Membership;
  readonly entropy: Entropy;
  readonly outbox: Outbox;
  readonly reads: Reads;
  readonly admissions: Admissions;
  readonly shares: () => readonly SealedShare[];
  readonly roots: VendorRoots;
}): KeyReleaser {
  const { follower, membership, entropy, outbox, reads, admissions, roots } = parts;
  let waiting: Waiting[] = [];
  /** Requests whose proofs are being read; the host may keep us waiting. */
  let inFlight = 0;

  function read(
    one: Waiting,
    at: Parameters<Reads["ask"]>[0],
    keys: readonly Uint8Array[],
    then: (proven: Proven) => readonly Output[],
  ): readonly Output[] {
    one.reading = true;
    inFlight += 1;
    return reads.ask(at, keys, (proven) => {
      one.reading = false;
      inFlight -= 1;
      return proven === undefined || !waiting.includes(one) ? [] : then(proven);
    });
  }

  function consider(one: Waiting): readonly Output[] {
    const at = { block: follower.head, stateRoot: follower.headStateRoot };
    const { request, sender } = one;
    const keys = [
      STORAGE.boot.key(sender),
      STORAGE.evidence.key(sender),
      STORAGE.cluster.key(request.cluster),
      STORAGE.wrappedStateKey.key(request.cluster),
      STORAGE.generation.record.key(request.generation),
      STORAGE.simulatedRoot.key,
    ];
    return read(one, at, keys, (proven) => withRecords(one, proven, at));
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
    const wrap = proven.value({
      key: STORAGE.wrappedStateKey.key(request.cluster),
      codec: STORAGE.wrappedStateKey.value,
    });
    const refusal = refusalOf(follower.light.genesisHash, request, sender, record, cluster, wrap);
    if (refusal !== undefined) return refuse(one, refusal);
    if (!isOwnHead(one)) return refuse(one, "release/other-head");
    const share = parts.shares().find(({ generation: held }) => held === request.generation);
    if (generation === undefined || share === undefined)
      return refuse(one, "release/no-generation");
    const evidence = proven.value({
      key: STORAGE.evidence.key(sender),
      codec: STORAGE.evidence.value,
    });
    if (record === undefined || evidence === undefined || cluster === undefined)
      return refuse(one, "release/not-registered");
    if (record.registration.version < admissions.leastVersion)
      return refuse(one, "release/old-version");
    const simulatedRoot = proven.value({
      key: STORAGE.simulatedRoot.key,
      codec: STORAGE.simulatedRoot.value,
    });
    const reportData = registrationReportData(record.registration);
    const needsPlace = cluster.class.type === "Endorsed";
    const attested: Attested = { evidence, reportData, simulatedRoot, needsPlace };
    const then = (view: CollateralView) =>
      withEvidence(one, at, attested, view, generation.root, share);
    const needed = neededCollateral(evidence);
    if (!needed.ok) return refuse(one, "release/evidence-refused");
    if (needed.value.length === 0) return then(() => undefined);
    const slots = needed.value.map(ATTESTATION_STORAGE.collateral.key);
    return read(one, at, slots, (items) =>
      then((slot) => {
        const key = ATTESTATION_STORAGE.collateral.key(slot);
        return items.value({ key, codec: StoredCollateral })?.item;
      }),
    );
  }

  /** The raw evidence once more, with the chain's collateral, against what is compiled in here. */
  function withEvidence(
    one: Waiting,
    at: Parameters<Reads["ask"]>[0],
    attested: Attested,
    view: CollateralView,
    root: Uint8Array,
    share: SealedShare,
  ): readonly Output[] {
    const { policies } = admissions;
    if (policies === undefined) return refuse(one, "release/closed");
    const now = follower.headTimeMs;
    const examined = examine({ ...attested, roots, view, now, policies });
    if (!examined.ok) return refuse(one, examined.error);
    const { measurement, platformId } = examined.value;
    const measurementKey = STORAGE.measurement.key(measurement);
    const platformKey = STORAGE.deniedPlatform.key(platformId);
    return read(one, at, [measurementKey, platformKey], (lists) => {
      const since = lists.value({ key: measurementKey, codec: STORAGE.measurement.value });
      if (since === undefined || since > at.block.number)
        return refuse(one, "release/measurement-not-allowed");
      if (!admissions.counts(measurement)) return refuse(one, "release/measurement-too-new");
      if (lists.has(platformKey) || admissions.isDenied(platformId))
        return refuse(one, "release/platform-denied");
      if (attested.needsPlace && !admissions.isEndorsed(platformId))
        return refuse(one, "release/not-endorsed");
      return release(one, root, share);
    });
  }

  /**
   * The head that the worker named is of our chain and was recent. A worker that was shown another chain, by old
   * authorities or by nobody but its host, must not get a key to serve that chain with.
   */
  function isOwnHead({ request: { head }, since }: Waiting): boolean {
    if (head.number > since || head.number + MAX_HEAD_AGE_BLOCKS < since) return false;
    const hash = follower.hashOf(head.number);
    return hash !== undefined && equalBytes(hash, head.hash);
  }

  function release(one: Waiting, root: Uint8Array, share: SealedShare): readonly Output[] {
    const { request } = one;
    const encrypted = encryptKeyShare({
      share: share.share,
      rootPublicKey: root,
      identity: keyIdentity({
        genesisHash: follower.light.genesisHash,
        purpose: request.purpose,
        generation: request.generation,
        cluster: request.cluster,
        epoch: request.epoch,
      }),
      transportPublicKey: request.transportKey,
      entropy32: entropy.next(),
    });
    forget(one);
    if (!encrypted.ok) return [refused(one, "release/bad-transport-key")];
    const message: KeyRelease = {
      purpose: request.purpose,
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

  function refuse(one: Waiting, why: ReleaseRefusal): readonly Output[] {
    forget(one);
    // A worker may be assigned, or a measurement allowed, in one of the next blocks: it goes to the end of the line.
    if (follower.head.number - one.since < FORGET_AFTER_BLOCKS) waiting.push(one);
    if (one.refusal === why) return [];
    one.refusal = why;
    return [refused(one, why)];
  }

  function refused({ sender }: Waiting, why: ReleaseRefusal): Output {
    return { type: "log", event: why, block: follower.head.number, subject: sender };
  }

  function forget(one: Waiting): void {
    waiting = waiting.filter((other) => other !== one);
  }

  return {
    request(sender, request, block) {
      // Seen again after a restart: its worker has asked anew since.
      if (follower.head.number - block >= FORGET_AFTER_BLOCKS) return;
      waiting = waiting.filter(
        (other) =>
          other.request.purpose.type !== request.purpose.type ||
          !isSameName(other.request, request) ||
          !equalBytes(other.request.boot, request.boot) ||
          !equalBytes(other.request.cluster, request.cluster),
      );
      waiting.push({
        sender: sender.slice(),
        request: copyOf(request),
        since: block,
        reading: false,
        refusal: undefined,
      });
      if (waiting.length > MAX_WAITING) waiting.shift();
    },
    afterBatch() {
      // A gatekeeper that is not leased may be frozen or eclipsed: it serves nobody.
      if (!membership.leased() || parts.shares().length === 0) return [];
      return waiting
        .filter(({ reading }) => !reading)
        .slice(0, Math.max(0, AT_ONCE - inFlight))
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
    head: { number: request.head.number, hash: request.head.hash.slice() },
  };
}

function refusalOf(
  genesisHash: Uint8Array,
  request: KeyRequest,
  sender: Uint8Array,
  record: Record | undefined,
  cluster: Cluster | undefined,
  wrap: WrappedStateKey | undefined,
): ReleaseRefusal | undefined {
  if (record === undefined) return "release/not-registered";
  if (!equalBytes(record.registration.boot, request.boot)) return "release/displaced";
  const { identity, role } = record.registration;
  const isOwn = equalBytes(identity, sender) && role.type === "Worker";
  if (!isOwn || !equalBytes(record.registration.genesisHash, genesisHash))
    return "release/other-registration";
  if (cluster === undefined) return "release/not-assigned";
  const assigned = keyHolders(cluster).some(
    ({ identity, boot }) => equalBytes(identity, sender) && equalBytes(boot, request.boot),
  );
  if (!assigned) return "release/not-assigned";
  // The wrap's name may be older than the epoch: until live replicas have replaced it, it is all there is of the state.
  // A former name is one as long as commands wait that were sealed to it; after a removal for cause there is none.
  const names = request.purpose.type === "Wrap" ? [wrap] : [cluster, ...cluster.formers];
  const isNamed = names.some((name) => name !== undefined && isSameName(name, request));
  return isNamed ? undefined : "release/other-epoch";
}
