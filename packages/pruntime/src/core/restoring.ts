/**
 * A replica on its way to the final root: which blobs and steps it asks for, and from where.
 *
 * ```
 * newest snapshot ─ manifest, chunks ─┐
 *                                     ├─► steps after it ─► final root
 * the first step ─────────────────────┘
 * ```
 * What is missing is asked for again after the next batch; what is wrong ends the attempt, and the next one turns to
 * another source (`sourceOf`).
 *
 * **Bounds**: `BLOBS_AT_ONCE` chunks, `STEPS_AT_ONCE` steps. **Trust**: all of it comes from the host and must lead to the
 * proven root.
 */
import type { BlobRef, Snapshot, StateStep } from "@pha/protocol";
import { SEALED_CHUNK_BYTES } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import type { Output } from "./inputs.ts";
import type { ReplicaState, StateContext } from "./replica-state.ts";
import { type RestoreError, startRestore } from "./restore.ts";
import { readManifest, type SnapshotError, type SnapshotReader } from "./snapshot-reader.ts";
import { keysByVersion } from "./state-keys.ts";

export const STEPS_AT_ONCE = 64;
export const BLOBS_AT_ONCE = 4;
/** Hosts that are asked for a snapshot's blobs before the chain's steps are tried from the first on. */
export const SOURCES = 3;

export type RestoringRefusal = RestoreError["code"] | SnapshotError["code"];

export interface Restoring {
  begin(): readonly Output[];
  afterBatch(): readonly Output[];
  /** It was refused, and another attempt is due. */
  readonly isOver: boolean;
  /** Answers that come later are void. */
  stop(): void;
}

export type AskBlob = (
  blob: BlobRef,
  source: number,
  then: (content: Uint8Array | undefined) => readonly Output[],
) => Output;

export interface RestoringParts {
  readonly context: StateContext;
  /** Newest final one. */
  readonly snapshot: Snapshot | undefined;
  /** Root to reach. */
  readonly wanted: Uint8Array;
  /** Attempts before this one. */
  readonly attempt: number;
  readonly askSteps: (
    from: bigint,
    then: (steps: readonly StateStep[]) => readonly Output[],
  ) => Output;
  readonly askBlob: AskBlob;
  readonly restored: (state: ReplicaState) => readonly Output[];
  readonly refused: (code: RestoringRefusal) => readonly Output[];
}

/**
 * Source of an attempt: which of the host's sources gives blobs, or the chain's steps alone.
 *
 * A host has its node and its peers, and takes the number modulo of what it has.
 */
export function sourceOf(attempt: number): number | "steps" {
  const turn = attempt % (SOURCES + 1);
  return turn === SOURCES ? "steps" : turn;
}

export function createRestoring(parts: RestoringParts): Restoring {
  const { context, snapshot, wanted, attempt, restored } = parts;
  const restore = startRestore(context, keysByVersion(context.ring, context));
  const from = sourceOf(attempt);
  const source = from === "steps" ? attempt : from;
  let over = false;
  /** What the host did not have. */
  let missing: (() => readonly Output[]) | undefined;

  function refused(code: RestoringRefusal): readonly Output[] {
    over = true;
    return parts.refused(code);
  }

  /** Waits for the next batch with what the host does not have now. */
  function later(again: () => readonly Output[]): readonly Output[] {
    missing = again;
    return [];
  }

  function readSnapshot(of: Snapshot): readonly Output[] {
    return [
      parts.askBlob(of.manifest, source, (content) => {
        if (over) return [];
        if (content === undefined) return refused("restore/incomplete");
        const digests = readManifest(of, content);
        if (!digests.ok) return refused(digests.error.code);
        const reader = restore.snapshotReader(of, digests.value);
        return reader ? readChunks(of, digests.value, reader) : refused("restore/not-opened");
      }),
    ];
  }

  function readChunks(
    of: Snapshot,
    digests: readonly Uint8Array[],
    reader: SnapshotReader,
  ): readonly Output[] {
    const here = new Map<number, Uint8Array>();
    let taken = 0;
    let asked = 0;

    function take(): readonly Output[] {
      for (let chunk = here.get(taken); chunk; chunk = here.get(taken)) {
        here.delete(taken);
        const result = reader.take(chunk);
        if (!result.ok) return refused(result.error.code);
        taken += 1;
      }
      if (taken < digests.length) return ask();
      const started = restore.startAt(of, reader);
      return started.ok ? readSteps() : refused(started.error.code);
    }

    function ask(): readonly Output[] {
      const outputs: Output[] = [];
      while (asked < digests.length && asked < taken + BLOBS_AT_ONCE) {
        const index = asked++;
        const digest = digests[index];
        if (digest === undefined) break;
        const blob = { digest, bytes: SEALED_CHUNK_BYTES };
        outputs.push(
          parts.askBlob(blob, source, (content) => {
            if (over) return [];
            if (content === undefined) return refused("restore/incomplete");
            here.set(index, content);
            return take();
          }),
        );
      }
      return outputs;
    }
    return ask();
  }

  function readSteps(): readonly Output[] {
    if (equalBytes(restore.root, wanted)) return finish();
    return [
      parts.askSteps(restore.next, (steps) => {
        if (over) return [];
        if (steps.length > 0) return takeSteps(steps.slice(0, STEPS_AT_ONCE));
        // Before a snapshot the chain may have let its steps go.
        return snapshot && restore.next === 0n ? refused("restore/incomplete") : later(readSteps);
      }),
    ];
  }

  function takeSteps(steps: readonly StateStep[]): readonly Output[] {
    for (const [at, step] of steps.entries()) {
      if (step.delta.type === "Blob") return readDelta(step, step.delta.value, steps.slice(at + 1));
      const taken = restore.take(step);
      if (!taken.ok) return refused(taken.error.code);
      if (equalBytes(restore.root, wanted)) return finish();
    }
    return readSteps();
  }

  function readDelta(
    step: StateStep,
    blob: BlobRef,
    rest: readonly StateStep[],
  ): readonly Output[] {
    return [
      parts.askBlob(blob, source, (content) => {
        if (over) return [];
        if (content === undefined) return refused("restore/incomplete");
        const taken = restore.take(step, content);
        if (!taken.ok) return refused(taken.error.code);
        return equalBytes(restore.root, wanted) ? finish() : takeSteps(rest);
      }),
    ];
  }

  function finish(): readonly Output[] {
    const finished = restore.finish();
    if (!finished.ok) return refused(finished.error.code);
    over = true;
    return restored(finished.value);
  }

  return {
    get isOver() {
      return over;
    },
    begin: () => (snapshot && from !== "steps" ? readSnapshot(snapshot) : readSteps()),
    afterBatch() {
      const again = missing;
      missing = undefined;
      return over || again === undefined ? [] : again();
    },
    stop() {
      over = true;
    },
  };
}
