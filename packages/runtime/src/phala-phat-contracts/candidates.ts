/**
 * Workers that wait for a seat, and the draw (protocol §6, §8).
 *
 * ```
 * registered ─► waits ─ long enough, bonded, leased, of the cluster's class ─► drawn by rank ─► replica
 * ```
 * A worker's rank in a cluster is a hash of the epoch's randomness, the cluster and the platform: nobody can ask for a
 * cluster, and who began to wait before the blocks that the randomness is made of could not choose its rank. Names that
 * an operator can choose at will, as identities, do not enter where evidence names the machine.
 *
 * **Bounds**: `MAX_CANDIDATES` wait; when they are as many, one whose lease is over makes room, or nobody. A draw looks
 * at `LOOKS` of them.
 */
import { blake2b256 } from "@pha/crypto";
import { type Cluster, quorumOf, type Replica } from "@pha/protocol";
import { compareBytes, concatBytes, equalBytes } from "@pha/scale";
import { MAX_CANDIDATES, type PhatContext } from "./declaration.ts";
import type { Candidate } from "./types.ts";

/** Candidates whose conditions are read in one draw. */
export const LOOKS = 64;

/** It begins to wait; one that waits already goes on, unless it moved to another platform. */
export function waitForSeat(ctx: PhatContext, identity: Uint8Array): void {
  const { Candidates } = ctx.storage;
  const platform = ctx.config.workers.platformOf(ctx, identity) ?? identity;
  const all = Candidates.get();
  const known = all.find((one) => equalBytes(one.identity, identity));
  if (known && equalBytes(known.platform, platform)) return;
  const others = all.filter((one) => one !== known);
  const room = others.length < MAX_CANDIDATES ? others : withoutOneAbsent(ctx, others);
  if (room === undefined) return;
  const epoch = ctx.config.assignment.epochIndex(ctx);
  Candidates.put([...room, { identity, platform, since: ctx.block.number, epoch }]);
}

function withoutOneAbsent(
  ctx: PhatContext,
  all: readonly Candidate[],
): readonly Candidate[] | undefined {
  const gone = all.slice(0, LOOKS).find(({ identity }) => !isLeased(ctx, identity));
  return gone && all.filter((one) => one !== gone);
}

export function forgetCandidate(ctx: PhatContext, identity: Uint8Array): void {
  const { Candidates } = ctx.storage;
  const all = Candidates.get();
  const others = all.filter((one) => !equalBytes(one.identity, identity));
  if (others.length < all.length) Candidates.put(others);
}

export interface Draw {
  /** Most that are drawn. */
  readonly count: number;
  /** What the rank depends on beside the epoch, so that it cannot be foreseen. Default: nothing. */
  readonly salt?: Uint8Array;
  /** Default: whoever the cluster's class allows beside its replicas. */
  readonly accepts?: (candidate: Candidate, drawn: readonly Replica[]) => boolean;
}

/** The first by rank that may serve; they stay candidates. */
export function draw(
  ctx: PhatContext,
  cluster: Uint8Array,
  record: Cluster,
  { count, salt = new Uint8Array(0), accepts }: Draw,
): readonly Replica[] {
  const randomness = ctx.config.assignment.randomness(ctx);
  const ranked = ctx.storage.Candidates.get()
    .map((candidate) => ({
      candidate,
      rank: blake2b256(concatBytes(randomness, cluster, candidate.platform, salt)),
    }))
    .sort((a, b) => compareBytes(a.rank, b.rank));
  const drawn: Replica[] = [];
  for (const { candidate } of ranked.slice(0, LOOKS)) {
    if (drawn.length >= count) break;
    const boot = servingBoot(ctx, candidate);
    if (boot === undefined) continue;
    const isTaken = accepts
      ? accepts(candidate, drawn)
      : fitsClass(ctx, record, candidate.identity);
    if (isTaken) drawn.push({ identity: candidate.identity, boot });
  }
  return drawn;
}

/** Boot of a candidate that may be drawn now. */
function servingBoot(ctx: PhatContext, candidate: Candidate): Uint8Array | undefined {
  const { identity, since, epoch } = candidate;
  const { assignment, workers } = ctx.config;
  if (since + assignment.waitingBlocks > ctx.block.number) return undefined;
  if (epoch + assignment.waitingEpochs > assignment.epochIndex(ctx)) return undefined;
  if (!assignment.isBonded(ctx, identity)) return undefined;
  if (workers.isSuspended(ctx, identity) || !isLeased(ctx, identity)) return undefined;
  return workers.registrationOf(ctx, identity)?.boot;
}

function isLeased(ctx: PhatContext, identity: Uint8Array): boolean {
  const { workers, assignment } = ctx.config;
  const boot = workers.registrationOf(ctx, identity)?.boot;
  const until = boot && workers.leasedUntil(ctx, boot);
  return until !== undefined && until > assignment.now(ctx);
}

/** Whether a worker may join the replicas that are there. */
export function fitsClass(ctx: PhatContext, record: Cluster, identity: Uint8Array): boolean {
  const { replicas, replication, crossVendor } = record;
  const { workers } = ctx.config;
  if (crossVendor) {
    const vendor = workers.vendorOf(ctx, identity);
    const same = replicas.filter((one) => workers.vendorOf(ctx, one.identity) === vendor).length;
    if (same + 1 > Math.ceil(replication / 2)) return false;
  }
  switch (record.class.type) {
    case "Open":
      return true;
    case "Mixed": {
      const others = replicas.filter((one) => !isEndorsedWorker(ctx, one.identity)).length;
      return isEndorsedWorker(ctx, identity) || others < replication - quorumOf(replication);
    }
    case "Endorsed":
      return isEndorsedWorker(ctx, identity) && !sharesOperator(ctx, replicas, identity);
  }
}

/** Whether one of the others, or the worker itself, cannot be told to be of another operator. */
export function sharesOperator(
  ctx: PhatContext,
  others: readonly Replica[],
  identity: Uint8Array,
): boolean {
  const operatorOf = (one: Uint8Array) => ctx.config.workers.registrationOf(ctx, one)?.operator;
  const operator = operatorOf(identity);
  return others.some((one) => {
    const theirs = operatorOf(one.identity);
    return operator === undefined || theirs === undefined || equalBytes(operator, theirs);
  });
}

export function isEndorsedWorker(ctx: PhatContext, identity: Uint8Array): boolean {
  const platform = ctx.config.workers.platformOf(ctx, identity);
  return platform !== undefined && ctx.config.assignment.isEndorsed(ctx, platform);
}
