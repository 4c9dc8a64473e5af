/**
 * Runs the sync of blocks: asks peers what it wants asked, imports what it has put in order, passes on what it found
 * about finality and about peers.
 *
 * While a block is executed, the signatures of those that wait behind it are verified elsewhere.
 *
 * **Bounds**: those of `ChainSync`; one import at a time, others have their turn between two; what is read ahead has
 * `AHEAD_BLOCKS` and `AHEAD_BYTES`. **Trust**: peers name any block they like; what they send is judged by the machine and
 * by the import.
 */
import {
  type AuthoritySet,
  type BlockRef,
  ChainSync,
  type Header,
  type ImportOutcome,
  type Justification,
  type ReceivedBlock,
  type SyncInput,
  type SyncOutput,
  slotTiming,
} from "@pha/consensus";
import type { MisbehaviourCode, RequestError } from "@pha/network";
import { decodeBlockResponse, encodeBlockRequest } from "@pha/network/wire";
import { PhaError, type Result } from "@pha/scale";
import type { Chain, ImportError } from "../chain/chain.ts";
import { inherentDataAt } from "../chain/inherent-data.ts";
import type { NodeLog } from "../node-log.ts";

/** A slot that begins so soon counts as begun; blocks of the rest of the next slot wait. */
const CLOCK_SKEW_MS = 500;
const TICK_MS = 500;
/** Blocks whose signatures are verified ahead: enough for a few batches, and little to lose. */
const AHEAD_BLOCKS = 32;
/** Of those, how many are sent for verification at a time. */
const TOGETHER_BLOCKS = 8;
/** Bytes of their extrinsics: nothing is known of their author yet, and whoever it is must not keep this thread busy. */
const AHEAD_BYTES = 256 << 10;

export interface BlockSyncOptions {
  readonly chain: Chain;
  /** Voters of the blocks after the finalized one. */
  readonly authoritySet: () => AuthoritySet;
  readonly log: NodeLog;
  readonly slotDurationMs: number;
  /** Resolves when the database has room. */
  readonly ready: () => Promise<void>;
  /** Has what a block is signed with verified, which is to be imported soon. Absent: the import does it. */
  readonly verifyAhead?: ((block: ReceivedBlock) => Promise<void>) | undefined;
  /** The node's own copies of extrinsics that it has: what was read and verified of those is known. */
  readonly ownCopies?: ((body: readonly Uint8Array[]) => readonly Uint8Array[]) | undefined;
  ask(peer: string, request: Uint8Array): Promise<Result<Uint8Array, RequestError>>;
  report(peer: string, code: MisbehaviourCode): void;
  /** For the voter; verified by now. */
  importJustification(justification: Justification): void;
  /** A peer's block was imported; the slot of that time. */
  onImported?(header: Header, nowSlot: bigint): void;
  onFailure(error: unknown): void;
  /** Unix time in ms. @default the machine's */
  readonly clock?: () => number;
}

export interface BlockSync {
  /** The peer has this block. */
  heard(peer: string, block: BlockRef): void;
  left(peer: string): void;
  /** Voters voted for this block. */
  wanted(block: BlockRef): void;
  /** Greatest height that anyone named and may have. */
  highest(): number;
  /** Resolves when nothing is asked for or imported. */
  idle(): Promise<void>;
  /** Resolves when the import under way is done. */
  stop(): Promise<void>;
}

export function startBlockSync(options: BlockSyncOptions): BlockSync {
  const { chain, log, report, clock = Date.now, onFailure } = options;
  const sync = new ChainSync({
    get best() {
      return chain.best;
    },
    get finalized() {
      return chain.finalized;
    },
    header: (hash) => chain.header(hash),
    hashAt: (number) => chain.hashAt(number),
    bestContaining: (hash) => chain.bestContaining(hash),
    authoritySet: options.authoritySet,
  });
  const inputs: SyncInput[] = [];
  let isRunning = false;
  let isStopped = false;
  let importing: Promise<void> | undefined;
  let onIdle: (() => void)[] = [];
  const verified = new WeakMap<ReceivedBlock, Promise<void>>();

  /** One queue: an output is carried out before the next, and what comes of it waits its turn. */
  const tell = (input: SyncInput): void => {
    inputs.push(input);
    if (isRunning || isStopped) return;
    isRunning = true;
    try {
      for (let next = inputs.shift(); next; next = inputs.shift())
        sync.step(next, performance.now()).forEach(carryOut);
    } catch (error) {
      inputs.length = 0;
      onFailure(error);
    } finally {
      isRunning = false;
    }
    if (!sync.isIdle) return;
    for (const resolve of onIdle) resolve();
    onIdle = [];
  };

  const carryOut = (output: SyncOutput): void => {
    switch (output.type) {
      case "request":
        request(output).catch(onFailure);
        return;
      case "import":
        importing = importBlock(output).catch(onFailure);
        return;
      case "finalize":
        options.importJustification(output.justification);
        return;
      case "report":
        log.debug({ peer: output.peer, code: output.code }, "a peer does not serve sync well");
        report(output.peer, output.code);
        return;
    }
  };

  const request = async (asked: SyncOutput & { readonly type: "request" }): Promise<void> => {
    const { id, peer } = asked;
    const answer = await options.ask(peer, encodeBlockRequest(asked.request));
    if (!answer.ok) {
      const reason = answer.error.code === "request/timed-out" ? "timed-out" : "refused";
      tell({ type: "failed", id, reason });
      return;
    }
    const blocks = decodeBlockResponse(answer.value);
    if (blocks.ok) tell({ type: "blocks", id, peer, blocks: blocks.value });
    else tell({ type: "failed", id, reason: "malformed" });
  };

  /** Resolves when the signatures of the block are verified; those of the next ones are on their way by then. */
  const verifySignatures = (block: ReceivedBlock): Promise<void> | undefined => {
    const { verifyAhead } = options;
    if (verifyAhead === undefined) return undefined;
    let bytes = 0;
    const fresh: ReceivedBlock[] = [];
    for (const next of [block, ...sync.upcoming(AHEAD_BLOCKS)]) {
      for (const extrinsic of next.body) bytes += extrinsic.length;
      if (bytes > AHEAD_BYTES) break;
      if (!verified.has(next)) fresh.push(next);
    }
    // Together: a message to the thread for each block would cost both sides more.
    if (fresh.length >= TOGETHER_BLOCKS || !verified.has(block))
      for (const next of fresh) verified.set(next, verifyAhead(next).catch(giveUpAhead));
    return verified.get(block);
  };

  const slotAt = (unixMs: number): bigint => BigInt(Math.floor(unixMs / options.slotDurationMs));

  const giveUpAhead = (error: unknown): void => {
    // Too many wait: the import verifies them itself.
    if (!(error instanceof PhaError) || error.code !== "rpc/busy") onFailure(error);
  };

  const importBlock = async ({
    peer,
    block,
  }: {
    readonly peer: string;
    readonly block: ReceivedBlock;
  }): Promise<void> => {
    await options.ready();
    await verifySignatures(block);
    if (isStopped) return;
    const now = clock();
    const body = options.ownCopies?.(block.body) ?? block.body;
    const imported = chain.importBlock(block.header, body, {
      nowSlot: slotAt(now + CLOCK_SKEW_MS),
      inherentData: inherentDataAt(now),
    });
    if (!imported.ok && imported.error.code === "babe/slot-in-future") {
      const clock = {
        nowMs: now,
        slotDurationMs: options.slotDurationMs,
        toleranceMs: CLOCK_SKEW_MS,
      };
      const timing = slotTiming(imported.error.slot, clock);
      if (timing.type === "early") {
        importing = undefined;
        waitForSlot(block.hash, timing.waitMs);
        return;
      }
    }
    const outcome = imported.ok ? "imported" : outcomeOf(imported.error);
    if (imported.ok) options.onImported?.(block.header, slotAt(now));
    if (!imported.ok && outcome !== "known") {
      const { number } = block.header;
      log.debug({ peer, number, code: imported.error.code }, "a peer's block was refused");
    }
    // Others have their turn between two blocks.
    await new Promise((resolve) => setImmediate(resolve));
    importing = undefined;
    tell({ type: "import-done", hash: block.hash, outcome });
  };

  /** The next tick may be half a second after its slot began. */
  const waitForSlot = (hash: Uint8Array, waitMs: number): void => {
    tell({ type: "too-early", hash, waitMs });
    const waiting = setTimeout(() => {
      wakes.delete(waiting);
      tell({ type: "tick" });
    }, Math.ceil(waitMs) + 1);
    wakes.add(waiting);
  };
  /** At most one of a block that waits, and of those that were not kept: a peer that sent one waits as well. */
  const wakes = new Set<NodeJS.Timeout>();

  const timer = setInterval(() => tell({ type: "tick" }), TICK_MS);
  return {
    heard: (peer, block) => tell({ type: "named", peer, block }),
    left: (peer) => tell({ type: "left", peer }),
    wanted: (block) => tell({ type: "wanted", block }),
    highest: () => sync.highest,
    idle: () =>
      sync.isIdle || isStopped
        ? Promise.resolve()
        : new Promise((resolve) => {
            onIdle.push(resolve);
          }),
    async stop() {
      isStopped = true;
      clearInterval(timer);
      for (const waiting of wakes) clearTimeout(waiting);
      for (const resolve of onIdle) resolve();
      await importing;
    },
  };
}

/** What a block that cannot be imported means for the rest. */
function outcomeOf({ code }: ImportError): ImportOutcome {
  switch (code) {
    case "import/known":
      return "known";
    case "import/unknown-parent":
      return "unknown-parent";
    case "fork-tree/unknown-parent":
      return "abandoned";
    case "fork-tree/full":
      return "full";
    case "babe/slot-in-future":
      return "future";
    default:
      return "bad";
  }
}
