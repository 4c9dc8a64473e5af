/**
 * Registration and lease of this boot (protocol §1, §7).
 *
 * ```
 * unregistered ─ evidence ─► submitted ─ record proven ─► registered ─ newer boot proven ─► displaced
 * ```
 * The lease is counted on the TEE's own monotonic clock from the moment a nonce was made; only a nonce seen in a
 * finalized block extends it. It ends, too, with the chain's time: blocks that go on while the clock stands still, as of a
 * frozen machine, tell that it does. A displaced boot never serves again. A registration that got lost is made again when
 * the host asks, with fresh evidence. Evidence of a registered boot is made anew when half of the time is over for which the
 * chain's policy lets it count, and when the lease stays lost: the chain may have suspended it.
 *
 * **Bounds**: `MAX_HEARTBEATS` nonces are remembered, the newest; finality may be slower than heartbeats.
 */
import {
  ATTESTATION_STORAGE,
  type Demands,
  DemandsCodec,
  type EvidenceKind,
  kindOf,
} from "@pha/attestation";
import {
  type BlockRef,
  BootRecord as BootRecordCodec,
  challengeReportData,
  Heartbeat,
  Lease as LeaseCodec,
  type Registration,
  registrationReportData,
  STORAGE,
  TOPIC,
  type WorkerRole,
} from "@pha/protocol";
import { encode, equalBytes } from "@pha/scale";
import type { Entropy } from "./entropy.ts";
import type { Follower } from "./follower.ts";
import type { Output } from "./inputs.ts";
import type { Keys } from "./keys.ts";
import type { Outbox } from "./outbox.ts";
import type { Proven, Reads } from "./reads.ts";

export interface Membership {
  readonly phase: "unregistered" | "submitted" | "registered" | "displaced";
  readonly registered: boolean;
  /** No evidence for this boot was asked for yet: nothing on chain can name it. */
  readonly isUnknown: boolean;
  /** True while the lease runs by the TEE's own clock. */
  leased(): boolean;
  register(): readonly Output[];
  evidenceArrived(evidence: Uint8Array): readonly Output[];
  /** Evidence over a nonce of somebody who asks now. */
  challenged(id: number, nonce: Uint8Array): Output;
  afterBatch(): readonly Output[];
  tick(monotonicMs: number): readonly Output[];
}

/** Documents of Nitro hang on a certificate that lives for three hours. */
const NITRO_REFRESH_MS = 3_600_000;
/** Between two tries of who has no lease. */
const LOST_REFRESH_MS = 300_000;
/** Share of a lease after which the next heartbeat goes out. */
const RENEW_AFTER = 1 / 3;
/** Heartbeats that may be under way at once. */
const MAX_HEARTBEATS = 16;
/** Used until the chain has told the length of a lease. */
const FIRST_LEASE_MS = 12_000;

export function createMembership(parts: {
  readonly follower: Follower;
  readonly keys: Keys;
  readonly entropy: Entropy;
  readonly outbox: Outbox;
  readonly reads: Reads;
  readonly role: WorkerRole;
  readonly operator: Uint8Array;
  readonly version: number;
}): Membership {
  const { follower, keys, entropy, outbox, reads, role, operator, version } = parts;
  let phase: Membership["phase"] = "unregistered";
  let pending: Registration | undefined;
  let now = 0;
  let madeAt = 0;
  let leasedUntil = 0;
  /** Chain time at which the proven lease ends. */
  let grantedUntil = 0n;
  let saidFrozen = false;
  let leaseMs = FIRST_LEASE_MS;
  let heartbeats: { readonly nonce: Uint8Array; readonly madeAt: number }[] = [];
  let evidencePending = false;
  let reading = false;
  /** When the newest evidence was asked for, and how long it is good for. */
  let shownAt = 0;
  let refreshMs = Number.POSITIVE_INFINITY;
  let kind: EvidenceKind | undefined;

  const self: Omit<Registration, "at"> = {
    genesisHash: follower.light.genesisHash,
    identity: keys.identity.publicKey,
    boot: keys.boot.publicKey,
    bootEncryption: keys.bootEncryption.publicKey,
    operator,
    role,
    version,
    features: 0,
  };

  function register(): readonly Output[] {
    if ((phase !== "unregistered" && phase !== "submitted") || evidencePending) return [];
    return askForEvidence();
  }

  function askForEvidence(): readonly Output[] {
    evidencePending = true;
    shownAt = now;
    pending = { ...self, at: follower.head };
    // The chain may still take an earlier one: the lease is counted from the first.
    if (phase === "unregistered") madeAt = now;
    return [{ type: "evidence-request", reportData: registrationReportData(pending) }];
  }

  function askForRecord(): readonly Output[] {
    if (reading) return [];
    reading = true;
    return reads.ask(
      { block: follower.head, stateRoot: follower.headStateRoot },
      [
        STORAGE.boot.key(keys.identity.publicKey),
        STORAGE.lease.key(keys.boot.publicKey),
        ATTESTATION_STORAGE.policy.key,
      ],
      (proven) => {
        reading = false;
        return proven === undefined ? [] : recordProven(proven);
      },
    );
  }

  function recordProven(proven: Proven): readonly Output[] {
    const record = proven.value({
      key: STORAGE.boot.key(keys.identity.publicKey),
      codec: BootRecordCodec,
    });
    if (record === undefined) return [];
    if (!equalBytes(record.registration.boot, keys.boot.publicKey)) {
      if (phase !== "registered") return [];
      phase = "displaced";
      return [{ type: "log", event: "displaced", block: proven.block.number }];
    }
    const outputs: Output[] = [];
    if (phase === "submitted") {
      phase = "registered";
      leasedUntil = madeAt + leaseMs;
      outputs.push({ type: "log", event: "registered", block: proven.block.number });
    }
    const policy = proven.value({ ...ATTESTATION_STORAGE.policy, codec: DemandsCodec });
    if (policy) refreshMs = refreshAfter(policy, role, kind);
    const lease = proven.value({ key: STORAGE.lease.key(keys.boot.publicKey), codec: LeaseCodec });
    if (lease !== undefined && lease.until > grantedUntil) grantedUntil = lease.until;
    const seen = heartbeats.findIndex(
      ({ nonce }) => lease && equalBytes(lease.heartbeat.nonce, nonce),
    );
    const heartbeat = heartbeats[seen];
    if (lease && heartbeat) {
      const grantedAt = follower.block(lease.at.number)?.timestampMs;
      if (grantedAt !== undefined && lease.until > grantedAt)
        leaseMs = Number(lease.until - grantedAt);
      leasedUntil = Math.max(leasedUntil, heartbeat.madeAt + leaseMs);
      heartbeats = heartbeats.slice(seen + 1);
    }
    return outputs;
  }

  function isRefreshDue(): boolean {
    if (phase !== "registered" || evidencePending) return false;
    const most = now < leasedUntil ? refreshMs : Math.min(refreshMs, LOST_REFRESH_MS);
    return now - shownAt >= most;
  }

  function isOverOnChain(): boolean {
    return follower.headTimeMs >= grantedUntil;
  }

  /** The chain's time went past a lease that by the own clock still runs: the clock does not. */
  function frozen(): readonly Output[] {
    const isFrozen = phase === "registered" && now < leasedUntil && isOverOnChain();
    if (isFrozen === saidFrozen) return [];
    saidFrozen = isFrozen;
    return isFrozen ? [{ type: "log", event: "clock-frozen", block: follower.head.number }] : [];
  }

  return {
    get phase() {
      return phase;
    },
    get registered() {
      return phase === "registered";
    },
    get isUnknown() {
      return phase === "unregistered" && pending === undefined;
    },
    leased: () => phase === "registered" && now < leasedUntil && !isOverOnChain(),
    register,
    evidenceArrived(evidence) {
      if (!evidencePending || pending === undefined) return [];
      evidencePending = false;
      kind = kindOf(evidence);
      if (phase === "displaced") return [];
      if (phase === "unregistered") phase = "submitted";
      return [{ type: "registration", registration: pending, evidence }];
    },
    challenged: (id, nonce) => ({
      type: "challenge-evidence",
      id,
      reportData: challengeReportData(self, nonce),
    }),
    afterBatch() {
      const waiting = phase === "submitted" || (phase === "registered" && heartbeats.length > 0);
      return [...(waiting ? askForRecord() : []), ...frozen()];
    },
    tick(monotonicMs) {
      now = Math.max(now, monotonicMs);
      if (isRefreshDue()) return askForEvidence();
      if (phase !== "registered" || now < leasedUntil - leaseMs * (1 - RENEW_AFTER)) return [];
      // An unanswered heartbeat is followed by another, with a new nonce, after a third of a lease.
      const newest = heartbeats.at(-1);
      if (newest && now < newest.madeAt + leaseMs * RENEW_AFTER) return [];
      const nonce = entropy.next();
      heartbeats = [...heartbeats, { nonce, madeAt: now }].slice(-MAX_HEARTBEATS);
      const head: BlockRef = follower.head;
      return [outbox.send(TOPIC.heartbeat, encode(Heartbeat, { nonce, head }))];
    },
  };
}

/** Half of the time for which the chain lets evidence of the role count. */
function refreshAfter(
  { roles }: Demands,
  { type }: WorkerRole,
  kind: EvidenceKind | undefined,
): number {
  const { serveMs } = type === "Gatekeeper" ? roles.gatekeeper : roles.worker;
  const half = Number(serveMs / 2n);
  return kind === "AwsNitro" ? Math.min(half, NITRO_REFRESH_MS) : half;
}
