/** Authors blocks: waits for slots, claims them, builds, seals and imports. */
import {
  type BabeEpoch,
  type BabePreDigest,
  babePreDigestItem,
  babePreDigestOf,
  babeSealItem,
  claimTypeOf,
  type Header,
  slotVrfInput,
} from "@pha/consensus";
import { PhaError } from "@pha/scale";
import { epochOfSlot, epochsAt } from "../chain/babe-epochs.ts";
import type { Chain, ImportedBlock } from "../chain/chain.ts";
import type { NodeRuntime } from "../chain/node-runtime.ts";
import type { NodeLog } from "../node-log.ts";
import type { PoolService } from "../pool/pool-service.ts";
import type { Keystore } from "../signer/keystore.ts";
import { type BuildLimits, buildBlock, DEFAULT_BUILD_LIMITS } from "./build-block.ts";

/** Part of a slot in which extrinsics are taken in. */
const BUILD_SHARE = 0.6;
/** Part of a slot in which a block 1 that waited is still made: what it causes must reach the next slot. */
const LATE_START_SHARE = 0.15;

export interface AuthoringOptions {
  readonly chain: Chain;
  readonly runtime: NodeRuntime;
  readonly pool: PoolService;
  readonly keystore: Keystore;
  readonly log: NodeLog;
  /** Resolves when the database has room. */
  readonly ready: () => Promise<void>;
  readonly slotDurationMs: number;
  readonly limits?: BuildLimits;
  /** Unix time in ms. @default the machine's */
  readonly clock?: () => number;
  /** Time in ms from any start, for how long a block may take. @default the machine's */
  readonly now?: () => number;
  readonly onAuthored?: (block: AuthoredBlock) => void;
  /** The runtime takes no block of this validator in the slot: it is disabled. */
  readonly onRefused?: (epoch: bigint, slot: number) => void;
}

export interface AuthoredBlock {
  /** Inherents counted. */
  readonly extrinsicCount: number;
  readonly durationMs: number;
}

export interface AuthoringServiceOptions extends AuthoringOptions {
  readonly onFailure: (error: unknown) => void;
  /** Absent: block 1 comes with the first slot. */
  readonly holdFirstBlock?: FirstBlockHold | undefined;
  /** The node is behind: slots pass by until it has what others have. @default never */
  readonly isHeld?: () => boolean;
}

/** What block 1 waits for: a devnet's chain begins with the registrations of its pRuntimes, all in one block. */
export interface FirstBlockHold {
  readonly transactions: number;
  /** It comes without them after this time. */
  readonly maxMs: number;
}

export interface AuthoringService {
  /** Resolves when the block under way is done. */
  stop(): Promise<void>;
}

export function startAuthoring(options: AuthoringServiceOptions): AuthoringService {
  const { chain, pool, slotDurationMs, onFailure, clock = Date.now } = options;
  const { transactions, maxMs } = options.holdFirstBlock ?? { transactions: 0, maxMs: 0 };
  const holdUntil = clock() + maxMs;
  let isHolding = chain.best.number === 0 && transactions > 0;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();
  // Timers fire early and clocks are set back, and the slot of the start may have had a block of the process before:
  // two blocks in one slot would be an equivocation, on forks even where no parent shows the first.
  let lastSlot = Math.floor(clock() / slotDurationMs);

  let refusedIn: bigint | undefined;
  /** A disabled validator is refused in every slot until its session ends; once is enough to be told. */
  const onRefused = (epoch: bigint, slot: number): void => {
    if (refusedIn === epoch) return;
    refusedIn = epoch;
    options.log.error(
      { slot, session: Number(epoch) },
      "the runtime refuses blocks of this validator: it is disabled, until its session ends at least",
    );
  };

  let wasHeld = false;
  const isHeld = (): boolean => {
    const held = options.isHeld?.() ?? false;
    if (held !== wasHeld)
      options.log.info(
        { best: chain.best.number },
        held ? "no blocks are made: those of others come first" : "blocks are made from now on",
      );
    wasHeld = held;
    return held;
  };

  const schedule = (): void => {
    if (isStopped) return;
    timer = setTimeout(onSlot, slotDurationMs - (clock() % slotDurationMs));
  };
  const onSlot = (): void => {
    const now = clock();
    if (isHolding && now < holdUntil && pool.size.readyCount < transactions) {
      schedule();
      return;
    }
    const slot = Math.floor(now / slotDurationMs);
    if (slot <= lastSlot) {
      schedule();
      return;
    }
    if (isHeld()) {
      schedule();
      return;
    }
    isHolding = false;
    lastSlot = slot;
    working = authorSlot({ ...options, onRefused }, slot).then(schedule, onFailure);
  };
  const unwatch = pool.events.subscribe(() => {
    if (!isHolding || isStopped || pool.size.readyCount < transactions) return;
    if (clock() % slotDurationMs > slotDurationMs * LATE_START_SHARE) return;
    clearTimeout(timer);
    onSlot();
  });
  schedule();
  return {
    stop: async () => {
      isStopped = true;
      unwatch();
      clearTimeout(timer);
      await working;
    },
  };
}

/** Makes the block of a slot, if the slot is ours. */
export async function authorSlot(options: AuthoringOptions, slotNumber: number): Promise<void> {
  const { chain, runtime, pool, keystore, log, slotDurationMs, clock = Date.now } = options;
  const { now = () => performance.now() } = options;
  await options.ready();
  const startedAt = now();
  const parent = chain.best;
  const slot = BigInt(slotNumber);
  const isFirst = parent.number === 0;
  if (!isFirst && slot <= slotOf(parent)) return;
  const parentState = chain.stateOf(parent.header);
  const epoch = epochOfSlot(epochsAt(runtime, parentState), slot, { isFirst });
  if (!epoch) return;
  const turn = await orMissed(turnOf(keystore, epoch, slot), log, slotNumber);
  if (!turn) return;
  const { claim, key } = turn;

  const slotStart = slotNumber * slotDurationMs;
  // Others have their turn meanwhile, and finality may go on.
  const unpin = chain.pinState(parent);
  const built = await buildBlock({
    runtime,
    parentState,
    start: {
      parentHash: parent.hash,
      number: parent.number + 1,
      digest: [babePreDigestItem(claim)],
    },
    timestampMs: Math.min(Math.max(clock(), slotStart), slotStart + slotDurationMs - 1),
    queue: pool.ready(),
    limits: options.limits ?? DEFAULT_BUILD_LIMITS,
    now,
    deadline: startedAt + slotDurationMs * BUILD_SHARE,
    onInvalid: (transaction, reason) => pool.invalidate(transaction.id, reason),
  }).finally(unpin);
  if (!built) {
    options.onRefused?.(epoch.index, slotNumber);
    return;
  }
  const signature = await orMissed(keystore.seal(key, built.header), log, slotNumber);
  if (!signature) return;
  const digest = [...built.header.digest, babeSealItem(signature)];
  const header: Header = { ...built.header, digest };
  const imported = chain.importExecuted({ ...built, header });
  if (!imported.ok) {
    log.warn({ code: imported.error.code, slot: slotNumber }, "own block was not imported");
    return;
  }
  const block = { extrinsicCount: built.body.length, durationMs: now() - startedAt };
  options.onAuthored?.(block);
  log.debug(
    {
      number: header.number,
      extrinsics: block.extrinsicCount,
      ms: Math.round(block.durationMs),
    },
    "authored a block",
  );
}

/** The claim of the first own authority that has one in the slot. */
async function turnOf(
  keystore: Keystore,
  epoch: BabeEpoch,
  slot: bigint,
): Promise<{ readonly claim: BabePreDigest; readonly key: Uint8Array } | undefined> {
  for (const [authorityIndex, { key }] of epoch.authorities.entries()) {
    if (!keystore.has("babe", key)) continue;
    const input = slotVrfInput(epoch, slot);
    const preOutput = await keystore.draw(key, input);
    const type = claimTypeOf({ slot, epoch, authorityIndex, preOutput });
    if (type === undefined) continue;
    const turn = { authorityIndex, slot };
    if (type === "SecondaryPlain") return { key, claim: { type, value: turn } };
    return { key, claim: { type, value: { ...turn, vrf: await keystore.prove(key, input) } } };
  }
  return undefined;
}

/** Without the signer's answer there is no block in this slot; the next one is another matter. */
async function orMissed<T>(asked: Promise<T>, log: NodeLog, slot: number): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof PhaError)) throw error;
    const { code, facts, hint } = error;
    log.error({ code, ...facts, slot, hint }, "the slot is missed: the signer does not sign");
    return undefined;
  }
}

function slotOf({ header }: ImportedBlock): bigint {
  const claim = babePreDigestOf(header);
  return claim.ok ? claim.value.value.slot : 0n;
}
