/**
 * The look at all workers, a part of them in each block: whoever's evidence does not satisfy any more is suspended.
 *
 * A pass begins when policy, lists or collateral changed, when the grace of a new least version is over, or when the first
 * worker is due: its evidence must be refreshed, or what it hangs on has ended. Between passes a block costs two reads.
 *
 * **Bounds**: `MAX_LOOKS` workers and `SHARE` of verification in a block, one verification at least; the roster has one
 * entry for every worker that ever registered. **Not here**: what satisfies (PhaAttestation).
 */
import { addWeights, type Weight } from "@pha/frame";
import { type Registration, registrationReportData } from "@pha/protocol";
import { verificationWeight } from "../pha-attestation/index.ts";
import { NEVER, type PhalaRegistryContext } from "./declaration.ts";
import { suspend } from "./suspension.ts";
import { type Grade, gradeOf } from "./types.ts";
import { isTooOld, versionsInTime } from "./versions.ts";
import { WEIGHTS } from "./weights.ts";

const MAX_LOOKS = 64;
/** Picoseconds: a tenth of a block of 0.4 s. */
const SHARE = 40_000_000_000n;

/** Puts a worker that is new on the roster. */
export function enrol({ storage }: PhalaRegistryContext, identity: Uint8Array): void {
  const size = storage.RosterSize.get();
  storage.Roster.put(size, identity);
  storage.RosterSize.put(size + 1);
}

/** The next pass begins no later than the grade is due. */
export function noteDue(
  ctx: PhalaRegistryContext,
  grade: Grade,
  registration: Pick<Registration, "role">,
): void {
  const due = endOf(ctx, grade, registration);
  const state = ctx.storage.Sweep.get();
  const { leastDueMs, nextMs } = state;
  if (due >= leastDueMs && due >= nextMs) return;
  ctx.storage.Sweep.put({
    ...state,
    leastDueMs: earlier(due, leastDueMs),
    nextMs: earlier(due, nextMs),
  });
}

/** A pass begins in the next block. */
export function wake({ storage }: PhalaRegistryContext): void {
  storage.Sweep.put({ ...storage.Sweep.get(), leastDueMs: 0n, nextMs: 0n });
}

export function sweep(ctx: PhalaRegistryContext): Weight {
  const { Sweep, Roster, RosterSize } = ctx.storage;
  if (versionsInTime(ctx)) wake(ctx);
  const state = Sweep.get();
  const now = ctx.config.now(ctx);
  const current = ctx.config.evidence.revision(ctx);
  const begins = state.at === 0;
  if (begins && state.revision === current && now < state.nextMs) return WEIGHTS.sweep;
  const revision = begins ? current : state.revision;
  const size = RosterSize.get();
  let leastDueMs = begins ? NEVER : state.leastDueMs;
  let at = state.at;
  let used = WEIGHTS.sweep;
  let verified = 0n;
  for (let looks = 0; at < size && looks < MAX_LOOKS; looks++) {
    const identity = Roster.get(at);
    const one = identity && servingOf(ctx, identity);
    used = addWeights(used, WEIGHTS.look);
    if (one !== undefined && isTooOld(ctx, one.registration.version)) {
      used = addWeights(used, WEIGHTS.regrade);
      suspend(ctx, one.identity, "OldVersion");
    } else if (one !== undefined) {
      if (one.grade.revision < revision || now >= one.endMs) {
        const { refTime } = one.weight;
        if (verified > 0n && verified + refTime > SHARE) break;
        verified += refTime;
        used = addWeights(used, addWeights(one.weight, WEIGHTS.regrade));
        leastDueMs = earlier(leastDueMs, regrade(ctx, one, revision));
      } else leastDueMs = earlier(leastDueMs, one.endMs);
    }
    at += 1;
  }
  Sweep.put(
    at < size
      ? { at, revision, leastDueMs, nextMs: state.nextMs }
      : { at: 0, revision, leastDueMs: NEVER, nextMs: leastDueMs },
  );
  return used;
}

interface Serving {
  readonly identity: Uint8Array;
  readonly registration: Registration;
  readonly evidence: Uint8Array;
  readonly grade: Grade;
  /** Unix milliseconds from which the evidence does not count, if nothing changes. */
  readonly endMs: bigint;
  readonly weight: Weight;
}

/** `undefined` of a worker without a boot, and of a suspended one: it has nothing to lose. */
function servingOf(ctx: PhalaRegistryContext, identity: Uint8Array): Serving | undefined {
  const { Boots, Evidence, Grades, Suspended } = ctx.storage;
  const registration = Boots.get(identity)?.registration;
  const grade = Grades.get(identity);
  const evidence = Evidence.get(identity);
  if (registration === undefined || grade === undefined || evidence === undefined) return undefined;
  if (Suspended.has(identity)) return undefined;
  const once = verificationWeight(evidence);
  // In the time of grace the evidence is looked at twice.
  const isOver = grade.validUntilMs !== undefined && ctx.config.now(ctx) > grade.validUntilMs;
  const weight = isOver ? addWeights(once, once) : once;
  const endMs = endOf(ctx, grade, registration);
  return { identity, registration, evidence, grade, endMs, weight };
}

/** The millisecond after the last one in which the grade counts. */
function endOf(
  ctx: PhalaRegistryContext,
  { shownAtMs, validUntilMs }: Grade,
  { role }: Pick<Registration, "role">,
): bigint {
  return earlier(ctx.config.evidence.dueMs(ctx, { role, shownAtMs, validUntilMs }) + 1n, NEVER);
}

/** @returns when the worker is due next */
function regrade(ctx: PhalaRegistryContext, one: Serving, revision: number): bigint {
  const { identity, registration, evidence, grade } = one;
  const { shownAtMs, blockAge, validUntilMs } = grade;
  const result = ctx.config.evidence.regrade(ctx, {
    evidence,
    reportData: registrationReportData(registration),
    role: registration.role,
    shownAtMs,
    blockAge,
    validUntilMs,
  });
  if (!result.ok) {
    ctx.emit.GradeLost({ pubkey: identity, loss: result.error });
    suspend(ctx, identity, "Evidence");
    return NEVER;
  }
  const next = gradeOf(result.value, { shownAtMs, blockAge, revision });
  ctx.storage.Grades.put(identity, next);
  if (isOther(grade, next)) {
    const worker = ctx.storage.Workers.get(identity);
    if (worker) ctx.storage.Workers.put(identity, { ...worker, confidenceLevel: next.confidence });
    ctx.emit.WorkerRegraded({ pubkey: identity, before: grade.confidence, grade: next });
  }
  return endOf(ctx, next, registration);
}

function isOther(before: Grade, next: Grade): boolean {
  return (
    before.confidence !== next.confidence ||
    before.validUntilMs !== next.validUntilMs ||
    before.advisoryIds.join() !== next.advisoryIds.join()
  );
}

const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);
