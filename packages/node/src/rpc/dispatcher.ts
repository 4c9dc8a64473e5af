/**
 * Runs requests of all connections in turn, in short slices, so that a flood on one connection neither starves the
 * others nor delays the next block.
 *
 * **Bounds**: `maxInFlight` per connection, `maxQueued` in all; beyond, a request is refused at once with `rpc/busy`.
 */
import { PhaError } from "@pha/scale";
import type { RpcLimits } from "./limits.ts";

interface Job {
  readonly run: () => void;
  readonly expire: () => void;
  readonly deadline: number;
}

export interface Lane {
  /** @throws PhaError `rpc/busy` */
  enqueue(run: () => Promise<void> | undefined, expire: () => void): void;
  close(): void;
}

export class Dispatcher {
  readonly #limits: RpcLimits;
  readonly #now: () => number;
  /** Lanes that have work, in turn. */
  readonly #turns: Job[][] = [];
  #queued = 0;
  #scheduled = false;

  constructor(limits: RpcLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  get queued(): number {
    return this.#queued;
  }

  /** A queue of its own for one connection. */
  lane(): Lane {
    let jobs: Job[] = [];
    let inFlight = 0;
    return {
      enqueue: (run, expire) => {
        const { maxInFlight, maxQueued, deadlineMs } = this.#limits;
        if (inFlight >= maxInFlight || this.#queued >= maxQueued) throw busy();
        inFlight++;
        this.#queued++;
        const done = (): void => {
          inFlight--;
        };
        jobs.push({
          run: () => {
            const running = run();
            if (running) void running.finally(done);
            else done();
          },
          expire: () => {
            done();
            expire();
          },
          deadline: this.#now() + deadlineMs,
        });
        if (jobs.length === 1) this.#turns.push(jobs);
        this.#schedule();
      },
      close: () => {
        this.#queued -= jobs.length;
        const at = this.#turns.indexOf(jobs);
        if (at >= 0) this.#turns.splice(at, 1);
        jobs = [];
      },
    };
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    this.#scheduled = false;
    const end = this.#now() + this.#limits.sliceMs;
    for (let jobs = this.#turns.shift(); jobs; jobs = this.#turns.shift()) {
      const job = jobs.shift();
      if (job) {
        this.#queued--;
        if (jobs.length > 0) this.#turns.push(jobs);
        if (job.deadline < this.#now()) job.expire();
        else job.run();
      }
      if (this.#now() >= end) break;
    }
    if (this.#turns.length > 0) this.#schedule();
  }
}

function busy(): PhaError {
  return new PhaError("rpc/busy", "the node has too many requests waiting", {
    hint: "send fewer requests at a time and retry",
  });
}
