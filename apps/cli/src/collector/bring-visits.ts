/**
 * Brings waiting visits to the contract: gathers for a moment, sends a command, looks at its reply.
 *
 * **Bounds**: `AT_ONCE` commands on their way; what is refused before it was included waits again, what may have been counted
 * is not sent again. **Trust**: boxes are not opened here and cannot be.
 */
import { isPhaError } from "@pha/scale";
import type { VisitQueue, WaitingVisit } from "./visit-queue.ts";

/** The contract, as a collector uses it. */
export interface VisitTarget {
  /** Whether this collector's account may bring visits. */
  readonly mayCollect: () => Promise<boolean>;
  readonly collect: (
    views: readonly WaitingVisit[],
  ) => Promise<{ readonly counted: number; readonly refused: number }>;
}

export type Standing = "idle" | "bringing" | "not-appointed" | "unreachable";

export interface BringingState {
  readonly standing: Standing;
  readonly brought: number;
  /** Boxes that held no visit, by the contract's word. */
  readonly refused: number;
  /** Lost: no room, or nobody knows whether they were counted. */
  readonly dropped: number;
  /** Code of the last failure. */
  readonly problem: string | undefined;
}

export interface Bringing {
  readonly state: BringingState;
  /** There is something to bring. */
  wake(): void;
  /** Resolves when nothing is on its way any more. */
  stop(): Promise<void>;
}

const GATHER_MS = 80;
const AGAIN_MS = 1_000;
const MOST_AGAIN_MS = 30_000;
const AT_ONCE = 2;

export function bringVisits(
  queue: VisitQueue,
  target: VisitTarget,
  wait: (ms: number) => Promise<void>,
): Bringing {
  let state: BringingState = {
    standing: "idle",
    brought: 0,
    refused: 0,
    dropped: 0,
    problem: undefined,
  };
  let isAppointed = false;
  let isStopped = false;
  let pauseMs = AGAIN_MS;
  const running = new Set<Promise<void>>();

  const set = (change: Partial<BringingState>): void => {
    state = { ...state, ...change };
  };

  async function pause(standing: Standing, problem: string | undefined): Promise<void> {
    set({ standing, problem });
    await wait(pauseMs);
    pauseMs = Math.min(MOST_AGAIN_MS, 2 * pauseMs);
  }

  /** Asking is free, a refused command is not. */
  async function appointed(): Promise<boolean> {
    if (isAppointed) return true;
    isAppointed = await target.mayCollect();
    if (isAppointed) return true;
    set({ standing: "not-appointed", problem: "analytics/not-the-collector" });
    await wait(AGAIN_MS);
    return false;
  }

  async function bring(): Promise<void> {
    await wait(GATHER_MS);
    let taken: readonly WaitingVisit[] = [];
    try {
      if (!(await appointed())) return;
      taken = queue.take();
      if (taken.length === 0) return;
      set({ standing: "bringing", problem: undefined });
      const { counted, refused } = await target.collect(taken);
      pauseMs = AGAIN_MS;
      set({ brought: state.brought + counted, refused: state.refused + refused });
    } catch (error) {
      const code = isPhaError(error) ? error.code : "collector/unexpected";
      if (mayHaveBeenCounted(code)) {
        set({ dropped: state.dropped + taken.length, problem: code });
        return;
      }
      if (isPhaError(error) && error.facts["reason"] === "analytics/not-the-collector")
        isAppointed = false;
      set({ dropped: state.dropped + queue.putBack(taken) });
      await pause("unreachable", code);
    }
  }

  function wake(): void {
    if (isStopped || running.size >= AT_ONCE || queue.length === 0) return;
    // The second goes when there is more than one command takes.
    if (running.size > 0 && queue.length < 32) return;
    const one = bring().finally(() => {
      running.delete(one);
      if (running.size === 0 && queue.length === 0 && state.problem === undefined)
        set({ standing: "idle" });
      wake();
    });
    running.add(one);
  }

  return {
    get state() {
      return state;
    },
    wake,
    async stop() {
      isStopped = true;
      await Promise.all(running);
    },
  };
}

/** After these the command is in a block, or may come into one. */
function mayHaveBeenCounted(code: string): boolean {
  return /^(command\/(no-reply|not-final|not-opened|reply-too-large)|contract\/trapped|chain\/(not-finalized|no-outcome)|reply\/)/.test(
    code,
  );
}
