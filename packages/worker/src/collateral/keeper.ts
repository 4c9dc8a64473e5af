/**
 * The collateral keeper: brings to the chain what vendors sign anew about platforms.
 *
 * It is one of many, nobody trusts it, and nothing hangs on it alone: the chain takes an item by its vendor's signature and
 * only when it is newer. Rounds are spread at random, so that hosts do not bring the same at the same time.
 *
 * **Bounds**: `MAX_FAMILIES`; one memory entry a slot. An item that the chain did not take is not brought again.
 */
import { blake2b256 } from "@pha/crypto";
import { CollateralItem } from "@pha/protocol";
import { encode, toHex } from "@pha/scale";
import { reasonOf, type WorkerLog } from "../log.ts";
import type { NodeClient } from "../node/node-client.ts";
import { FETCH_LIMITS, type FetchLimits } from "./fetch-bounded.ts";
import { lookForNewer, type RoundResult, slotKey, slotName } from "./look-for-newer.ts";
import { platformFamily } from "./platform-family.ts";
import type { FoundItem } from "./read-answers.ts";
import type { CollateralServices } from "./sources.ts";

export interface KeeperOptions {
  readonly node: Pick<NodeClient, "storage" | "finalizedHead" | "signingContext">;
  readonly services: CollateralServices;
  /** Families that are known beforehand. */
  readonly families: readonly Uint8Array[];
  readonly everyMs: number;
  /** Queues the items for the chain, in this order; `false` where there is no room. */
  readonly submit: (items: readonly Uint8Array[]) => boolean;
  readonly onRound?: (result: RoundResult, brought: readonly FoundItem[]) => void;
  readonly log: WorkerLog;
  readonly limits?: FetchLimits;
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number;
  /** Unix milliseconds. @default Date.now */
  readonly now?: () => number;
  /** Before the first round. @default 10000 */
  readonly firstMs?: number;
}

export interface CollateralKeeper {
  /** Of a pRuntime of this host: its platform's family is looked after from now on. */
  sawEvidence(evidence: Uint8Array): void;
  stop(): Promise<void>;
}

const MAX_FAMILIES = 32;
const FIRST_MS = 10_000;
/** After something was brought: what hangs on it may follow, and what was not taken is noticed. */
const FOLLOW_UP_MS = 120_000;

export function startCollateralKeeper(options: KeeperOptions): CollateralKeeper {
  const { node, log, limits = FETCH_LIMITS, random = Math.random, now = Date.now } = options;
  const { firstMs = FIRST_MS } = options;
  const families = new Map(options.families.map((one) => [toHex(one), one]));
  /** Digest of what was brought last, by slot. */
  const brought = new Map<string, string>();
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  /** A family came while a round was on. */
  let isStale = false;

  function plan(ms: number): void {
    clearTimeout(timer);
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => {
      running = round().finally(() => {
        running = undefined;
      });
    }, ms);
  }

  async function round(): Promise<void> {
    let next = options.everyMs * (0.75 + random() / 2);
    isStale = false;
    try {
      const { hash: at } = await node.finalizedHead();
      const { metadata } = await node.signingContext();
      const result = await lookForNewer({
        node,
        metadata,
        at,
        services: options.services,
        families: [...families.values()],
        now: BigInt(now()),
        limits,
        signal: stopping.signal,
      });
      if (stopping.signal.aborted) return;
      tell(result);
      const fresh = result.newer.filter(isFresh);
      if (fresh.length > 0 && bring(fresh)) next = Math.min(next, FOLLOW_UP_MS);
      options.onRound?.(result, fresh);
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, "a round of the collateral keeper failed");
      next = Math.min(next, FOLLOW_UP_MS);
    }
    plan(isStale ? firstMs : next);
  }

  function tell({ fetched, unlisted }: RoundResult): void {
    for (const { source, failure } of fetched) {
      if (failure === undefined) continue;
      // A service does not know every family as every kind of platform.
      const isUnknown = failure.code === "keeper/http-status" && failure.status === 404;
      const say = isUnknown ? log.debug : log.warn;
      say.call(log, { source, ...failure }, "a source gave no collateral");
    }
    if (unlisted.length > 0)
      log.warn({ phones: unlisted.length }, "Google lists phones that governance has not entered");
  }

  function isFresh({ slot, item }: FoundItem): boolean {
    if (brought.get(slotKey(slot)) !== digestOf(item)) return true;
    log.warn(
      { slot: slotName(slot) },
      "the chain does not have collateral that was brought; it is not sent again",
    );
    return false;
  }

  function bring(items: readonly FoundItem[]): boolean {
    if (!options.submit(items.map(({ item }) => encode(CollateralItem, item)))) {
      log.warn({ items: items.length }, "no room to bring collateral to the chain");
      return false;
    }
    for (const { slot, item } of items) {
      brought.set(slotKey(slot), digestOf(item));
      log.info({ slot: slotName(slot) }, "newer collateral goes to the chain");
    }
    return true;
  }

  plan(firstMs);
  return {
    sawEvidence(evidence) {
      const family = platformFamily(evidence);
      if (family === undefined || families.has(toHex(family))) return;
      if (families.size >= MAX_FAMILIES) return;
      families.set(toHex(family), family);
      log.info({ family: toHex(family) }, "collateral of a family of platforms is looked after");
      isStale = true;
      if (running === undefined) plan(firstMs);
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}

function digestOf(item: CollateralItem): string {
  return toHex(blake2b256(encode(CollateralItem, item)));
}
