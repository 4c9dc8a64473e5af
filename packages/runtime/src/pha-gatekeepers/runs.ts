/**
 * Runs for a root key, as the chain conducts them (protocol §2).
 *
 * ```
 * all operators registered ─► keys ─► deal ─► complain ─► confirm ─► active
 *                               │       │          │          └ fewer than t ─┐
 *                               └───────┴──────────┴──── too few ─────────► failed ─► begins again without the guilty
 * ```
 * Phases end when every seat has spoken, at the latest after `phaseBlocks`; the generation is active as soon as all
 * seats confirmed.
 */
import { type DkgRun, dkgContext } from "@pha/crypto";
import type { AccountId } from "@pha/frame";
import { GenerationEvent, type Seat, TOPIC } from "@pha/protocol";
import { assert, encode, equalBytes } from "@pha/scale";
import { palletOrigin } from "../phala-mq/index.ts";
import { declaration, type GatekeepersContext } from "./declaration.ts";
import { PHASE, type Run } from "./types.ts";

type Phase = (typeof PHASE)[keyof typeof PHASE];

/** A gatekeeper of an operator: a new boot has none of the secrets of a run in progress, which then begins again. */
export function memberRegistered(ctx: GatekeepersContext, operator: AccountId, seat: Seat): void {
  const before = ctx.storage.Members.get(operator);
  ctx.storage.Members.put(operator, seat);
  const absent = ctx.storage.Absent.get();
  const others = absent.filter((one) => !equalBytes(one, operator));
  if (others.length < absent.length) ctx.storage.Absent.put(others);
  ctx.emit.MemberRegistered({ operator, identity: seat.identity });
  const isNewBoot = before === undefined || !equalBytes(before.boot, seat.boot);
  const run = ctx.storage.Run.get();
  if (run?.operators.some((one) => equalBytes(one, operator)) && isNewBoot) failRun(ctx, run, []);
  else startRun(ctx);
}

/** Starts a run when there is no root key yet and every operator that takes part has a gatekeeper. */
export function startRun(ctx: GatekeepersContext): void {
  const { storage, config } = ctx;
  if (storage.Run.exists() || storage.CurrentGeneration.get() > 0n) return;
  const absent = storage.Absent.get();
  const operators = storage.Operators.get().filter(
    (one) => !storage.Convicted.has(one) && !absent.some((other) => equalBytes(one, other)),
  );
  const seats = operators.flatMap((operator) => storage.Members.get(operator) ?? []);
  if (seats.length < operators.length || seats.length < Math.max(1, config.minSeats)) return;
  const run = storage.RunCounter.get() + 1n;
  const generation = storage.CurrentGeneration.get() + 1n;
  const threshold = config.threshold(seats.length);
  storage.RunCounter.put(run);
  storage.Run.put({
    run,
    generation,
    threshold,
    seats,
    operators,
    phase: PHASE.keys,
    phaseEnds: ctx.block.number + config.phaseBlocks,
    guilty: [],
  });
  ctx.emit.RunStarted({ run, generation, seats: seats.length, threshold });
  tell(ctx, { type: "RunStarted", value: { run, generation, threshold, seats } });
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

/** Seats of the run for which `has` is false. */
export function missing(run: Run, has: (seat: number) => boolean): readonly number[] {
  return run.seats.flatMap((_, seat) => (has(seat) ? [] : [seat]));
}

/** The phase's time is over. */
export function phaseOver(ctx: GatekeepersContext, run: Run): void {
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
      if (run.seats.length - silent.length < run.threshold) failRun(ctx, run, silent);
      else enterPhase(ctx, run, PHASE.complain);
      return;
    }
    case PHASE.complain:
      enterPhase(ctx, run, PHASE.confirm);
      return;
    default: {
      const silent = missing(run, (seat) => storage.RunConfirmations.has(seat));
      if (run.seats.length - silent.length >= run.threshold) activate(ctx, run);
      else failRun(ctx, run, silent);
    }
  }
}

/** Gives the run up and begins again without those who are to blame. */
export function failRun(ctx: GatekeepersContext, run: Run, silent: readonly number[]): void {
  const guilty = [...new Set([...run.guilty, ...silent])].sort((a, b) => a - b);
  const operatorsOf = (seats: readonly number[]) =>
    seats.flatMap((seat) => run.operators[seat] ?? []);
  const before = ctx.storage.Absent.get();
  const absent = operatorsOf(silent).filter(
    (one) => !before.some((other) => equalBytes(one, other)),
  );
  if (absent.length > 0) ctx.storage.Absent.put([...before, ...absent]);
  for (const operator of operatorsOf(run.guilty)) ctx.storage.Convicted.put(operator, run.run);
  clearRun(ctx);
  ctx.emit.RunFailed({ run: run.run, guilty });
  tell(ctx, { type: "RunFailed", value: { run: run.run, guilty } });
  startRun(ctx);
}

/** At least t members signed the same transcript: the root key is active and names every cluster's keys. */
export function activate(ctx: GatekeepersContext, run: Run): void {
  const outcome = ctx.storage.RunOutcome.get();
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
  ctx.storage.Generations.put(generation, record);
  ctx.storage.CurrentGeneration.put(generation);
  for (const seat of run.guilty) {
    const operator = run.operators[seat];
    if (operator) ctx.storage.Convicted.put(operator, run.run);
  }
  clearRun(ctx);
  ctx.emit.GenerationActivated({ generation, run: run.run, root });
  tell(ctx, { type: "Activated", value: record });
  ctx.config.clusters.generationActivated(ctx, generation);
}

function clearRun(ctx: GatekeepersContext): void {
  ctx.storage.Run.kill();
  ctx.storage.RunKeys.clear();
  ctx.storage.RunDealings.clear();
  ctx.storage.RunConfirmations.clear();
  ctx.storage.RunOutcome.kill();
}

function tell(ctx: GatekeepersContext, event: GenerationEvent): void {
  const sender = palletOrigin(declaration.name);
  ctx.config.queue.push(ctx, sender, TOPIC.generation, encode(GenerationEvent, event));
}
