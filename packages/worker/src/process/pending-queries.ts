/**
 * Queries that a pRuntime has not answered yet.
 *
 * **Bounds**: `maxQueries`, each until its deadline, which is noticed at most `SWEEP_MS` late.
 */
import type { BlockRef } from "@pha/protocol";

export interface QueryAnswer {
  /** Encoded `SealedAnswer`, then the block, as they begin a `QueryResponse`. */
  readonly sealed: Uint8Array;
  readonly block: BlockRef;
  readonly identity: Uint8Array;
  readonly boot: Uint8Array;
  /** Zero when no cluster was asked. */
  readonly cluster: Uint8Array;
}

interface Refused {
  readonly type: "refused";
  readonly code: string;
}
export type QueryOutcome = { readonly type: "answer"; readonly answer: QueryAnswer } | Refused;
export type ChallengeOutcome =
  | { readonly type: "evidence"; readonly evidence: Uint8Array }
  | Refused;

export interface PendingQuery {
  readonly id: number;
  /** Nobody waits for it any more: it need not be sent. */
  readonly isVoid: () => boolean;
}

export interface PendingQueries<T extends { readonly type: string } = QueryOutcome> {
  /** @param send gives the query to pRuntime, now or when there is room; false when too much waits already */
  add(send: (query: PendingQuery) => boolean): Promise<T | Refused>;
  finish(id: number, outcome: T | Refused): void;
  refuseAll(code: string): void;
  stop(): void;
}

interface Pending<T> {
  readonly resolve: (outcome: T | Refused) => void;
  readonly deadlineAt: number;
}

const SWEEP_MS = 100;
const MAX_ID = 0xffff_ffff;

export function createPendingQueries<T extends { readonly type: string } = QueryOutcome>(limits: {
  readonly maxQueries: number;
  readonly queryDeadlineMs: number;
}): PendingQueries<T> {
  /** In order of deadlines. */
  const pending = new Map<number, Pending<T>>();
  let nextId = 1;
  const sweeping = setInterval(() => {
    const now = performance.now();
    for (const [id, { deadlineAt }] of pending) {
      if (deadlineAt > now) return;
      finish(id, { type: "refused", code: "worker/deadline" });
    }
  }, SWEEP_MS);

  function finish(id: number, outcome: T | Refused): void {
    const query = pending.get(id);
    if (query === undefined) return;
    pending.delete(id);
    query.resolve(outcome);
  }

  return {
    add(send) {
      if (pending.size >= limits.maxQueries)
        return Promise.resolve({ type: "refused", code: "worker/overloaded" });
      return new Promise((resolve) => {
        const id = nextId;
        nextId = nextId === MAX_ID ? 1 : nextId + 1;
        pending.set(id, { resolve, deadlineAt: performance.now() + limits.queryDeadlineMs });
        if (!send({ id, isVoid: () => !pending.has(id) }))
          finish(id, { type: "refused", code: "worker/overloaded" });
      });
    },
    finish,
    refuseAll(code) {
      for (const id of [...pending.keys()]) finish(id, { type: "refused", code });
    },
    stop: () => clearInterval(sweeping),
  };
}
