/**
 * The offchain worker of validators: when the chain asks for a solution of an election, it has one computed and submits
 * it to the node's own pool, from where it gets into the node's next block.
 *
 * **Bounds**: one question to the runtime per best block, none while blocks come in faster than the slots; one election
 * at a time.
 */
import { babePreDigestOf } from "@pha/consensus";
import { TRANSITION_KEY } from "@pha/runtime";
import { assert, bytes, decode, option, PhaError } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { epochsAt } from "../chain/babe-epochs.ts";
import type { Chain } from "../chain/chain.ts";
import type { NodeRuntime } from "../chain/node-runtime.ts";
import type { NodeLog } from "../node-log.ts";
import type { PoolService } from "../pool/pool-service.ts";
import type { Keystore } from "../signer/keystore.ts";
import { type ElectionThread, MINE_ENTRY } from "./election-thread.ts";

const TASK_ENTRY = "ElectionMinerApi_task";
/** Blocks older than so many slots are history that is caught up with. */
const RECENT_SLOTS = 10;

export interface SolutionMinerOptions {
  readonly chain: Pick<Chain, "best" | "events" | "stateOf">;
  readonly runtime: NodeRuntime;
  readonly pool: PoolService;
  readonly keystore: Pick<Keystore, "has">;
  readonly log: NodeLog;
  readonly slotDurationMs: number;
  /** Computes elections of chains whose state has their transition. Absent: the runtime is asked where it runs. */
  readonly elections?: ElectionThread | undefined;
  /** Unix time in ms. @default the machine's */
  readonly clock?: () => number;
}

export interface SolutionMinerServiceOptions extends SolutionMinerOptions {
  readonly onFailure: (error: unknown) => void;
}

export interface SolutionMiner {
  /** Solutions that were submitted. */
  readonly submitted: () => number;
  stop(): void;
}

export function startSolutionMiner(options: SolutionMinerServiceOptions): SolutionMiner {
  let submitted = 0;
  let timer: NodeJS.Immediate | undefined;
  let isMining = false;
  let isStopped = false;
  const mine = async (): Promise<void> => {
    isMining = true;
    try {
      const extrinsic = await mineOnBest(options);
      if (extrinsic && !isStopped && submitMined(options, extrinsic)) submitted++;
    } finally {
      isMining = false;
    }
  };
  const stop = options.chain.events.subscribe((event) => {
    if (event.type !== "best") return;
    // After all who listen have heard of the block: the pool must know it.
    clearImmediate(timer);
    timer = setImmediate(() => {
      if (!isMining) mine().catch(options.onFailure);
    });
  });
  return {
    submitted: () => submitted,
    stop: () => {
      isStopped = true;
      stop();
      clearImmediate(timer);
    },
  };
}

/** @returns the extrinsic to submit, when the best block asks for one and the node has an authority's key */
export async function mineOnBest(options: SolutionMinerOptions): Promise<Uint8Array | undefined> {
  const { chain, runtime, keystore, slotDurationMs, clock = Date.now } = options;
  const { best } = chain;
  const claim = babePreDigestOf(best.header);
  const nowSlot = Math.floor(clock() / slotDurationMs);
  if (!claim.ok || Number(claim.value.value.slot) < nowSlot - RECENT_SLOTS) return undefined;
  const state = chain.stateOf(best.header);
  const epochs = epochsAt(runtime, state);
  const isOurs = epochs.current.authorities.some(({ key }) => keystore.has("babe", key));
  if (!isOurs) return undefined;
  const overlay = createOverlay(state);
  const answer = runtime.runtimeApi(overlay, TASK_ENTRY, new Uint8Array());
  // Runtimes without elections do not know the entry; an option says by its first byte whether there is one.
  if (!answer.ok || answer.value[0] !== 1) return undefined;
  const task = answer.value.slice(1);
  const script = overlay.get(TRANSITION_KEY);
  if (options.elections && script) return options.elections.compute({ script, task });
  const mined = runtime.runtimeApi(overlay, MINE_ENTRY, task);
  assert(mined.ok, "a runtime that gives a task computes it");
  const extrinsic = decode(option(bytes), mined.value);
  assert(extrinsic.ok, "the answer is an extrinsic");
  return extrinsic.value;
}

/** @returns whether the pool took it */
export function submitMined(
  { chain, pool, log }: Pick<SolutionMinerOptions, "chain" | "pool" | "log">,
  extrinsic: Uint8Array,
): boolean {
  const block = chain.best.number;
  try {
    pool.submit(extrinsic, "Local");
  } catch (error) {
    if (!(error instanceof PhaError)) throw error;
    log.warn({ code: error.code, block }, "a mined solution was refused");
    return false;
  }
  log.info({ block, bytes: extrinsic.length }, "mined a solution of the election");
  return true;
}
