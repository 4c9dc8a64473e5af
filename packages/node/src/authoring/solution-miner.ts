/**
 * The offchain worker of validators: when the chain takes solutions of elections, it mines one and submits it to the
 * node's own pool, from where it gets into the node's next block.
 *
 * **Bounds**: one question to the runtime per best block, none while blocks come in faster than the slots; an election
 * is computed in the node's thread, see `npos-elections` for how long it takes.
 */
import { babePreDigestOf } from "@pha/consensus";
import { bytes, decode, option, PhaError } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { epochsAt } from "../chain/babe-epochs.ts";
import type { Chain } from "../chain/chain.ts";
import type { NodeRuntime } from "../chain/node-runtime.ts";
import type { NodeLog } from "../node-log.ts";
import type { PoolService } from "../pool/pool-service.ts";
import type { Keystore } from "../signer/keystore.ts";

/** Entry point that computes an election: of the node itself, for nobody else. */
export const MINE_ENTRY = "ElectionMinerApi_mine";
/** Blocks older than so many slots are history that is caught up with. */
const RECENT_SLOTS = 10;

export interface SolutionMinerOptions {
  readonly chain: Chain;
  readonly runtime: NodeRuntime;
  readonly pool: PoolService;
  readonly keystore: Pick<Keystore, "has">;
  readonly log: NodeLog;
  readonly slotDurationMs: number;
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
  const stop = options.chain.events.subscribe((event) => {
    if (event.type !== "best") return;
    // After all who listen have heard of the block: the pool must know it.
    clearImmediate(timer);
    timer = setImmediate(() => {
      try {
        if (mineOnBest(options)) submitted++;
      } catch (error) {
        options.onFailure(error);
      }
    });
  });
  return {
    submitted: () => submitted,
    stop: () => {
      stop();
      clearImmediate(timer);
    },
  };
}

/** @returns whether a solution was submitted */
export function mineOnBest(options: SolutionMinerOptions): boolean {
  const { chain, runtime, pool, keystore, log, slotDurationMs, clock = Date.now } = options;
  const { best } = chain;
  const claim = babePreDigestOf(best.header);
  const nowSlot = Math.floor(clock() / slotDurationMs);
  if (!claim.ok || Number(claim.value.value.slot) < nowSlot - RECENT_SLOTS) return false;
  const state = chain.stateOf(best.header);
  const epochs = epochsAt(runtime, state);
  const isOurs = epochs.current.authorities.some(({ key }) => keystore.has("babe", key));
  if (!isOurs) return false;
  const answer = runtime.runtimeApi(createOverlay(state), MINE_ENTRY, new Uint8Array());
  // Runtimes without elections do not know the entry.
  if (!answer.ok) return false;
  const extrinsic = decode(option(bytes), answer.value);
  if (!extrinsic.ok || extrinsic.value === undefined) return false;
  try {
    pool.submit(extrinsic.value, "Local");
  } catch (error) {
    if (!(error instanceof PhaError)) throw error;
    log.warn({ code: error.code, block: best.number }, "a mined solution was refused");
    return false;
  }
  log.info(
    { block: best.number, bytes: extrinsic.value.length },
    "mined a solution of the election",
  );
  return true;
}
