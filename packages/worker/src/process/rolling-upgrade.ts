/**
 * Replaces the programs of a host's pRuntimes one after the other, so that the replicas of a cluster are never away together.
 *
 * ```
 * wanted ─► first ends, starts with the next program ─ registered and serving again ─► the next one … ─► done
 *                 └─ not back in time ─► stalled: the others keep the program they have, until other programs are wanted
 * ```
 * The decisions are made at `tick`; whoever owns it brings the time. **Not here**: whether the next program may serve, which
 * the chain and gatekeepers say to its evidence.
 */
import { equalBytes } from "@pha/scale";
import type { WorkerLog } from "../log.ts";
import type { PRuntimeCommand } from "./pruntime-link.ts";
import type { Worker } from "./worker.ts";

/** A pRuntime that is not back after so long does not come back with this program. */
export const BACK_WITHIN_MS = 300_000;
/** A worker whose seat went to another, or a gatekeeper whose share went with its boot, is back without them. */
const SETTLED_MS = 30_000;

export type UpgradePhase = "idle" | "rolling" | "stalled";

export interface RollingUpgrade {
  readonly phase: UpgradePhase;
  /** Names of the pRuntimes that still have another program than is wanted. */
  readonly waiting: readonly string[];
  /** By name; what was wanted before and has not begun is forgotten. */
  want(commands: ReadonlyMap<string, PRuntimeCommand>): void;
  tick(nowMs: number): void;
}

/** What of a pRuntime is looked at. */
export type Upgradable = Pick<Worker, "name" | "role" | "boot" | "status" | "replace">;

interface Turn {
  readonly worker: Upgradable;
  /** That ran with the former program; absent when none did. */
  readonly boot: Uint8Array | undefined;
  readonly since: number;
  /** What it had before, which it must come back to. */
  readonly clusters: number;
  readonly generations: number;
  registeredAt: number | undefined;
}

export function createRollingUpgrade(parts: {
  readonly workers: readonly Upgradable[];
  /** Programs that run now, by the pRuntime's name. */
  readonly running: ReadonlyMap<string, PRuntimeCommand>;
  readonly log: WorkerLog;
}): RollingUpgrade {
  const { workers, log } = parts;
  const running = new Map(parts.running);
  let wanted: ReadonlyMap<string, PRuntimeCommand> = new Map();
  let turn: Turn | undefined;
  let isStalled = false;

  // Workers first: gatekeepers of the former program give them keys.
  const inOrder = [...workers].sort((a, b) => rankOf(a) - rankOf(b));

  const waiting = (): readonly Upgradable[] =>
    inOrder.filter(({ name }) => {
      const next = wanted.get(name);
      return next !== undefined && !isSame(next, running.get(name));
    });

  function begin(worker: Upgradable, nowMs: number): void {
    const next = wanted.get(worker.name);
    if (next === undefined) return;
    turn = {
      worker,
      boot: worker.boot?.boot,
      since: nowMs,
      clusters: worker.status?.clusters.length ?? 0,
      generations: worker.status?.generations.length ?? 0,
      registeredAt: undefined,
    };
    running.set(worker.name, next);
    log.info({ pruntime: worker.name, program: next.program }, "upgrade begins");
    worker.replace(next);
  }

  function look(current: Turn, nowMs: number): void {
    const { name } = current.worker;
    if (isBack(current, nowMs)) {
      turn = undefined;
      log.info({ pruntime: name, ms: Math.round(nowMs - current.since) }, "upgraded");
    } else if (nowMs - current.since > BACK_WITHIN_MS) {
      turn = undefined;
      isStalled = true;
      log.error(
        { pruntime: name, program: running.get(name)?.program },
        "upgrade stalled: pRuntime did not come back with the next program; the others keep theirs",
      );
    }
  }

  return {
    get phase() {
      if (isStalled) return "stalled";
      return turn !== undefined || waiting().length > 0 ? "rolling" : "idle";
    },
    get waiting() {
      const names = waiting().map(({ name }) => name);
      return turn ? [turn.worker.name, ...names] : names;
    },
    want(commands) {
      wanted = commands;
      isStalled = false;
      // What it waits to come back with is wanted no more.
      if (turn !== undefined && waiting().includes(turn.worker)) turn = undefined;
    },
    tick(nowMs) {
      if (turn !== undefined) look(turn, nowMs);
      if (turn !== undefined || isStalled) return;
      const all = waiting();
      // Whoever is away already comes first: nobody else goes away for it.
      const next = all.find(({ status }) => status?.registered !== true) ?? all[0];
      if (next !== undefined) begin(next, nowMs);
    },
  };
}

function rankOf({ role }: Upgradable): number {
  return role === "worker" ? 0 : 1;
}

function isBack(turn: Turn, nowMs: number): boolean {
  const { worker, boot: former, clusters, generations } = turn;
  const { boot, status } = worker;
  if (boot === undefined || (former && equalBytes(boot.boot, former))) return false;
  if (status?.registered !== true) {
    turn.registeredAt = undefined;
    return false;
  }
  turn.registeredAt ??= nowMs;
  if (status.clusters.some(({ phase }) => phase !== "serving")) return false;
  const isWhole = status.clusters.length >= clusters && status.generations.length >= generations;
  return isWhole || nowMs - turn.registeredAt >= SETTLED_MS;
}

function isSame(a: PRuntimeCommand, b: PRuntimeCommand | undefined): boolean {
  return b !== undefined && a.program === b.program && a.args.join("\0") === b.args.join("\0");
}
