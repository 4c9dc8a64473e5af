/** A machine with a pRuntime in the simulation: what its operator sends to the chain, and what is wrong with it. */
import type { Call } from "@pha/frame";
import { type SignedMessage, STORAGE } from "@pha/protocol";
import { createScriptedHost, type ScriptedHost } from "@pha/pruntime/testing";
import type { SeededRandom } from "../seeded-random.ts";
import type { Outcome, RuntimeChain } from "./runtime-chain.ts";

type Submission =
  | { readonly type: "register"; readonly call: Call }
  | { readonly type: "message"; readonly message: SignedMessage };

export interface SimHost {
  readonly host: ScriptedHost;
  readonly uri: string;
  /** Sends nothing to the chain. */
  isMute: boolean;
  /** Gives no blocks. */
  isFrozen: boolean;
  /** Block in which it starts again. */
  startsAt: number | undefined;
  /** What the sealed store held, oldest first. */
  readonly stores: readonly Uint8Array[];
  /** What it submits with the next block, in order: sometimes late, sometimes twice. */
  submissions(): readonly Call[];
  /** What the chain made of them: what found no room goes again, and what came after it. */
  heard(outcomes: readonly Outcome[]): void;
  start(store: Uint8Array | undefined): void;
  stop(): void;
  /** Gives it what it has missed, or a part of it. */
  sync(most?: number): void;
}

const OLD_STORES = 8;

export interface SimHostOptions {
  readonly name: string;
  readonly role: ScriptedHost["role"];
  readonly uri: string;
  readonly chain: RuntimeChain;
  readonly random: SeededRandom;
  /** That something is sent late, or sent again. */
  readonly faultRate: () => number;
}

export function createSimHost(options: SimHostOptions): SimHost {
  const { name, role, uri, chain, random, faultRate } = options;
  const host = createScriptedHost(name, role, {
    chain,
    steps: (cluster, from) => chain.steps(cluster, from),
    blobs: chain.blobs,
    isAnnounced: (digest) => chain.get(STORAGE.blob.key(digest)) !== undefined,
    operator: chain.account(uri),
  });
  const { tx } = chain.runtime;
  const queue: Submission[] = [];
  const stores: Uint8Array[] = [];
  let under: Submission[] = [];
  let last: SignedMessage | undefined;
  let hasRegistered = false;

  function keepStore(): void {
    const { sealed } = host;
    if (sealed === undefined || stores.at(-1) === sealed) return;
    stores.push(sealed);
    if (stores.length > OLD_STORES) stores.shift();
  }

  function callOf(submission: Submission): Call {
    return submission.type === "register"
      ? submission.call
      : tx.PhalaMq.sync_offchain_message({ signedMessage: submission.message });
  }

  function head(): number {
    return host.status?.head.number ?? readyHead();
  }

  function readyHead(): number {
    const ready = host.recorded[0]?.outputs.find((output) => output.type === "ready");
    return ready?.type === "ready" ? ready.head.number : 0;
  }

  const machine: SimHost = {
    host,
    uri,
    isMute: false,
    isFrozen: false,
    startsAt: undefined,
    stores,
    submissions() {
      for (const { registration, evidence } of host.registrations.splice(0))
        queue.push({
          type: "register",
          call: tx.PhalaRegistry.register_worker_v2({ registration, evidence }),
        });
      for (const message of host.messages.splice(0)) queue.push({ type: "message", message });
      under = [];
      if (machine.isMute) return [];
      while (queue.length > 0 && !random.chance(faultRate())) {
        const next = queue.shift();
        if (next) under.push(next);
      }
      const again = last && random.chance(faultRate() / 4) ? [last] : [];
      return [
        ...under.map(callOf),
        ...again.map((message) => callOf({ type: "message", message })),
      ];
    },
    heard(outcomes) {
      // A block verifies so much evidence, and has room for so much.
      const isLater = (outcome: Outcome): boolean =>
        outcome === "TooManyVerifications" || outcome?.startsWith("Invalid.") === true;
      const full = under.findIndex((_, i) => isLater(outcomes[i]));
      if (full >= 0) queue.unshift(...under.splice(full));
      for (const done of under) if (done.type === "message") last = done.message;
      under = [];
    },
    start(store) {
      queue.length = 0;
      under = [];
      last = undefined;
      hasRegistered = false;
      host.start(store);
      keepStore();
    },
    stop() {
      keepStore();
      host.stop();
    },
    sync(most = Number.POSITIVE_INFINITY) {
      if (!host.running || machine.isFrozen) return;
      for (let blocks = 0; blocks < most; ) {
        const before = head();
        const batch = chain.batch(before + 1, Math.min(512, most - blocks));
        if (batch === undefined) break;
        host.feed({ type: "batch", batch });
        if (head() === before) break;
        blocks += head() - before;
      }
      keepStore();
      if (hasRegistered || head() < chain.head.number) return;
      hasRegistered = true;
      host.feed({ type: "register" });
    },
  };
  return machine;
}
