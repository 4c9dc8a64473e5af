/**
 * Runs for a root key, as the chain conducts them (protocol §2).
 *
 * ```
 * wanted ─► keys ─► deal ─► complain ─► confirm ─► active
 *             │       │          │          └ fewer than t ─┐
 *             └───────┴──────────┴──── too few ─────────► failed ─► begins again without those to blame
 * ```
 * Phases end when every seat has spoken, at the latest after `phaseBlocks`; the generation is active as soon as all
 * seats that no complaint convicted have confirmed. The first generation is wanted from genesis on and waits for all
 * gatekeepers; a later one waits `phaseBlocks` for them.
 */
import { type DkgRun, dkgContext, emptySeatKey } from "@pha/crypto";
import { type AccountId, addWeights, NO_WEIGHT, type Weight } from "@pha/frame";
import { EMPTY_SEAT, type EpochName, emptySeats, type Seat } from "@pha/protocol";
import { assert, equalBytes } from "@pha/scale";
import { type GatekeepersContext, MAX_UNRETIRED } from "./declaration.ts";
import { beginHandover, isHeld, sharesLost, unretired } from "./handover.ts";
import {
  candidates,
  convict,
  holdersOf,
  nameOperators,
  noteAbsent,
  noteReturned,
} from "./members.ts";
import { tell } from "./tell.ts";
import { PHASE, type Run } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Operator of an empty seat. */
const NOBODY: AccountId = new Uint8Array(32);

type Phase = (typeof PHASE)[keyof typeof PHASE];

/**
 * A gatekeeper of an operator. A new boot has none of the secrets of a run in progress, which then begins again, nor,
 * where shares live in memory, a share of the root.
 */
export function memberRegistered(ctx: GatekeepersContext, operator: AccountId, seat: Seat): void {
  const before = ctx.storage.Members.get(operator);
  ctx.storage.Members.put(operator, seat);
  ctx.emit.MemberRegistered({ operator, identity: seat.identity });
  const isNewBoot = before === undefined || !equalBytes(before.boot, seat.boot);
  const run = ctx.storage.Run.get();
  const index = run?.operators.findIndex((one) => equalBytes(one, operator)) ?? -1;
  if (run && index >= 0 && isNewBoot) giveUp(ctx, run, [index]);
  noteReturned(ctx, operator);
  if (isNewBoot) sharesLost(ctx);
  if (isNewBoot && isShortOfHolders(ctx)) want(ctx);
  startRun(ctx);
}

/** Too few shares of the newest root are left to lose another two; in a small committee, any is lost. */
function isShortOfHolders(ctx: GatekeepersContext): boolean {
  const record = ctx.storage.Generations.get(ctx.storage.CurrentGeneration.get());
  if (record === undefined) return false;
  const { seats, threshold } = record;
  return holdersOf(ctx, seats) < Math.min(threshold + 2, seats.length);
}

/** A next generation is wanted; one that is wanted or in the making already will do. */
export function want(ctx: GatekeepersContext): void {
  if (ctx.storage.Run.exists()) return;
  wantNext(ctx);
}

/** As `want`, but a run in progress, with other seats, is followed by another. */
export function wantNext(ctx: GatekeepersContext): void {
  const { Wanted, CurrentGeneration } = ctx.storage;
  if (Wanted.exists()) return;
  const { number } = ctx.block;
  const latest = number + ctx.config.phaseBlocks;
  Wanted.put({ since: number, latest });
  ctx.emit.GenerationWanted({ generation: CurrentGeneration.get() + 1n, latest });
}

/** Other operators than before make the next generation. */
export function setOperators(ctx: GatekeepersContext, operators: readonly AccountId[]): void {
  const before = ctx.storage.Operators.get();
  nameOperators(ctx, operators);
  ctx.emit.OperatorsSet({ operators: [...operators] });
  const isOther =
    before.length !== operators.length ||
    before.some((one) => !operators.some((other) => equalBytes(one, other)));
  if (isOther && ctx.storage.CurrentGeneration.get() > 0n) wantNext(ctx);
  startRun(ctx);
}

/** Gives the seats to those who are elected, if enough can be. */
function electOperators(ctx: GatekeepersContext): Weight {
  const { operators, weight } = ctx.config.admission.elect(ctx);
  if (operators) setOperators(ctx, operators);
  return weight;
}

/** What time brings: the end of a phase, of a term, or of the patience with gatekeepers that are not there. */
export function timePasses(ctx: GatekeepersContext): Weight {
  const { Run, Wanted, Handover, CurrentGeneration } = ctx.storage;
  const { number } = ctx.block;
  const run = Run.get();
  if (run) {
    if (number > run.phaseEnds) phaseOver(ctx, run);
    return NO_WEIGHT;
  }
  if (isFirstElection(ctx)) return electOperators(ctx);
  const wanted = Wanted.get();
  if (wanted) {
    if (number < wanted.latest) return NO_WEIGHT;
    if (startRun(ctx) === "postponed") postpone(ctx, wanted.since);
    return NO_WEIGHT;
  }
  // A generation that has not proved itself is not followed by another only because it is old.
  if (!isTermOver(ctx) || CurrentGeneration.get() === 0n || Handover.exists()) return NO_WEIGHT;
  const weight = endTerm(ctx);
  want(ctx);
  startRun(ctx);
  return weight;
}

function endTerm(ctx: GatekeepersContext): Weight {
  const { admission } = ctx.config;
  if (!admission.isElected(ctx)) return NO_WEIGHT;
  return addWeights(admission.endTerm(ctx), electOperators(ctx));
}

function isTermOver({ block, config, storage }: GatekeepersContext): boolean {
  const { termBlocks } = config;
  return termBlocks > 0 && block.number >= storage.ActiveSince.get() + termBlocks;
}

/** The first generation waits for all who are elected: those that are gone again are replaced. */
function isFirstElection(ctx: GatekeepersContext): boolean {
  return (
    ctx.storage.CurrentGeneration.get() === 0n &&
    ctx.block.number % ctx.config.phaseBlocks === 0 &&
    ctx.config.admission.isElected(ctx)
  );
}

/** Whether `timePasses` has something to do. */
export function isDue(ctx: GatekeepersContext): boolean {
  const { number } = ctx.block;
  const run = ctx.storage.Run.get();
  if (run) return number > run.phaseEnds;
  if (isFirstElection(ctx)) return true;
  const wanted = ctx.storage.Wanted.get();
  return wanted ? number >= wanted.latest : isTermOver(ctx);
}

/** Those who were missed too often get another chance: without them there are too few. */
function postpone(ctx: GatekeepersContext, since: number): void {
  const { Wanted, Absent, CurrentGeneration } = ctx.storage;
  const there = candidates(ctx).filter(({ seat }) => seat !== undefined).length;
  ctx.emit.RunPostponed({
    generation: CurrentGeneration.get() + 1n,
    seats: there,
    least: leastSeats(ctx),
  });
  Absent.kill();
  Wanted.put({ since, latest: ctx.block.number + ctx.config.phaseBlocks });
}

function leastSeats(ctx: GatekeepersContext): number {
  return Math.max(1, ctx.config.minSeats);
}

/**
 * Starts a run when one is wanted and the gatekeepers are there.
 *
 * Where fewer are there than seats are demanded, but enough to make a key of so many, the others' seats stay empty: who is
 * silent or left out cannot keep the next generation from being made.
 *
 * @returns `postponed` when its time has come and it cannot begin
 */
export function startRun(ctx: GatekeepersContext): "postponed" | undefined {
  const { storage, config } = ctx;
  const current = storage.CurrentGeneration.get();
  const wanted = storage.Wanted.get();
  if (storage.Run.exists() || (current > 0n && wanted === undefined)) return undefined;
  const all = candidates(ctx);
  const there = all.flatMap(({ operator, seat }) => (seat ? [{ operator, seat }] : []));
  const isLate = wanted !== undefined && ctx.block.number >= wanted.latest;
  const isComplete = there.length === all.length || (isLate && current > 0n);
  const takers = config.admission.fitting(ctx, there);
  const least = leastSeats(ctx);
  const enough = isLate && current > 0n ? config.threshold(least) : least;
  const mayBegin = isComplete && takers.length >= enough && unretired(ctx) < MAX_UNRETIRED;
  if (!mayBegin) return isLate ? "postponed" : undefined;
  const empty = Math.max(0, least - takers.length);
  const taken = [
    ...takers,
    ...Array.from({ length: empty }, () => ({ operator: NOBODY, seat: EMPTY_SEAT })),
  ];
  const seats = taken.map(({ seat }) => seat);
  const run: Run = {
    run: storage.RunCounter.get() + 1n,
    generation: current + 1n,
    threshold: config.threshold(seats.length),
    seats,
    operators: taken.map(({ operator }) => operator),
    phase: PHASE.keys,
    phaseEnds: ctx.block.number + config.phaseBlocks,
    guilty: [],
  };
  storage.Wanted.kill();
  storage.RunCounter.put(run.run);
  storage.Run.put(run);
  for (const seat of emptySeats(seats))
    storage.RunKeys.put(seat, emptySeatKey(dkgRunOf(ctx, run), seat));
  const { generation, threshold } = run;
  ctx.emit.RunStarted({ run: run.run, generation, seats: seats.length, threshold });
  tell(ctx, { type: "RunStarted", value: { run: run.run, generation, threshold, seats } });
  return undefined;
}

/** Statement that every message of the run is bound to; all keys are there. */
export function contextOf(ctx: GatekeepersContext, run: Run): Uint8Array {
  return dkgContext(
    dkgRunOf(ctx, run),
    run.seats.map((_, seat) => {
      const key = ctx.storage.RunKeys.get(seat);
      assert(key, "all one-time keys are known when the phase of keys is over");
      return key;
    }),
  );
}

function dkgRunOf(ctx: GatekeepersContext, { run, generation, seats, threshold }: Run): DkgRun {
  const genesisHash = ctx.config.blockHash(ctx, 0);
  assert(genesisHash, "the genesis hash is kept for ever");
  return { genesisHash, runId: run, generation, n: seats.length, t: threshold };
}

export function enterPhase(ctx: GatekeepersContext, run: Run, phase: Phase): void {
  const phaseEnds = ctx.block.number + ctx.config.phaseBlocks;
  ctx.storage.Run.put({ ...run, phase, phaseEnds });
  ctx.emit.PhaseStarted({ run: run.run, phase });
  tell(ctx, { type: "PhaseStarted", value: { run: run.run, phase } });
}

/** Seats of the run for which `has` is false; nobody waits for empty ones. */
export function missing(run: Run, has: (seat: number) => boolean): readonly number[] {
  const empty = emptySeats(run.seats);
  return run.seats.flatMap((_, seat) => (empty.includes(seat) || has(seat) ? [] : [seat]));
}

/** Seats that no complaint convicted and that have not confirmed. */
export function unconfirmed(ctx: GatekeepersContext, run: Run): readonly number[] {
  return missing(
    run,
    (seat) => run.guilty.includes(seat) || ctx.storage.RunConfirmations.has(seat),
  );
}

/** The phase's time is over. */
function phaseOver(ctx: GatekeepersContext, run: Run): void {
  const { storage } = ctx;
  switch (run.phase) {
    case PHASE.keys:
      failRun(
        ctx,
        run,
        missing(run, (seat) => storage.RunKeys.has(seat)),
      );
      return;
    case PHASE.deal: {
      const silent = missing(run, (seat) => storage.RunDealings.has(seat));
      if (heldSeats(run) - silent.length < run.threshold) failRun(ctx, run, silent);
      else enterPhase(ctx, run, PHASE.complain);
      return;
    }
    case PHASE.complain:
      enterPhase(ctx, run, PHASE.confirm);
      return;
    default: {
      const silent = unconfirmed(ctx, run);
      if (heldSeats(run) - run.guilty.length - silent.length >= run.threshold) activate(ctx, run);
      else failRun(ctx, run, silent);
    }
  }
}

function heldSeats({ seats }: Run): number {
  return seats.length - emptySeats(seats).length;
}

/** Gives the run up and begins again without those who are to blame. */
function failRun(ctx: GatekeepersContext, run: Run, silent: readonly number[]): void {
  giveUp(ctx, run, silent);
  startRun(ctx);
}

/** The next run is wanted at once; the generation before stays. */
function giveUp(ctx: GatekeepersContext, run: Run, silent: readonly number[]): void {
  const guilty = [...new Set([...run.guilty, ...silent])].sort((a, b) => a - b);
  for (const operator of operatorsOf(run, silent)) noteAbsent(ctx, operator, run.run);
  clearRun(ctx);
  const { number } = ctx.block;
  ctx.storage.Wanted.put({ since: number, latest: number });
  ctx.emit.RunFailed({ run: run.run, guilty });
  tell(ctx, { type: "RunFailed", value: { run: run.run, guilty } });
}

/** The operator of a seat did what the chain can prove. */
export function convictSeat(
  ctx: GatekeepersContext,
  run: Run,
  seat: number,
  misdeed: Parameters<typeof convict>[3],
  /** Seat that showed it. */
  reporter?: number,
): void {
  const [by] = reporter === undefined ? [] : operatorsOf(run, [reporter]);
  for (const operator of operatorsOf(run, [seat])) convict(ctx, operator, run.run, misdeed, by);
}

function operatorsOf(run: Run, seats: readonly number[]): readonly AccountId[] {
  return seats.flatMap((seat) => run.operators[seat] ?? []);
}

/** At least t members signed the same transcript: the root key is active and names every cluster's keys. */
export function activate(ctx: GatekeepersContext, run: Run): void {
  const { storage } = ctx;
  // The last confirmation, or the end of the phase, does it: neither pays for all clusters.
  ctx.env.useWeight(WEIGHTS.activate, "Mandatory");
  const outcome = storage.RunOutcome.get();
  assert(outcome, "confirmations were compared with the outcome");
  const { generation, threshold, seats } = run;
  const { root, sharePublicKeys, transcriptHash } = outcome;
  const record = {
    generation,
    run: run.run,
    threshold,
    root,
    sharePublicKeys,
    seats,
    transcriptHash,
  };
  storage.Generations.put(generation, record);
  storage.CurrentGeneration.put(generation);
  storage.ActiveSince.put(ctx.block.number);
  storage.Absent.kill();
  const confirmed = seats.flatMap((_, seat) => (storage.RunConfirmations.has(seat) ? [seat] : []));
  for (const operator of operatorsOf(run, confirmed))
    ctx.config.admission.madeGeneration(ctx, operator);
  clearRun(ctx);
  ctx.emit.GenerationActivated({ generation, run: run.run, root });
  tell(ctx, { type: "Activated", value: record });
  const keeps = (former: EpochName) => isHeld(ctx, former.generation);
  beginHandover(ctx, generation, ctx.config.clusters.generationActivated(ctx, generation, keeps));
}

function clearRun(ctx: GatekeepersContext): void {
  ctx.storage.Run.kill();
  ctx.storage.RunKeys.clear();
  ctx.storage.RunDealings.clear();
  ctx.storage.RunConfirmations.clear();
  ctx.storage.RunOutcome.kill();
}
