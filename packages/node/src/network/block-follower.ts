/**
 * Follows the best blocks of peers: asks for what is missing, imports it, one request at a time.
 *
 * A block that is announced is asked for with its ancestors, downwards, until they meet our chain; a peer that is far
 * ahead is followed upwards instead. Whoever sends what does not import loses its reputation.
 *
 * **Bounds**: one target per peer, the newest; one request under way; `BATCH_BLOCKS` blocks a request. **Trust**: peers
 * name any block they like; it costs one request to them alone.
 */
import { type BlockRef, Justification } from "@pha/consensus";
import type { MisbehaviourCode, RequestError } from "@pha/network";
import {
  type BlockRequest,
  checkBlockResponse,
  decodeBlockResponse,
  encodeBlockRequest,
  type ReceivedBlock,
} from "@pha/network/wire";
import { decode, type Result } from "@pha/scale";
import type { Chain, ImportError } from "../chain/chain.ts";
import { inherentDataAt } from "../chain/inherent-data.ts";
import type { NodeLog } from "../node-log.ts";

const BATCH_BLOCKS = 64;
/** Clocks of honest nodes differ by less. */
const CLOCK_SKEW_MS = 500;
/** A peer farther ahead is followed from our best block upwards. */
const MAX_DESCENT = 32;

export interface BlockFollowerOptions {
  readonly chain: Chain;
  readonly log: NodeLog;
  readonly slotDurationMs: number;
  /** Resolves when the database has room. */
  readonly ready: () => Promise<void>;
  ask(peer: string, request: Uint8Array): Promise<Result<Uint8Array, RequestError>>;
  report(peer: string, code: MisbehaviourCode): void;
  importJustification(justification: Justification): void;
  onFailure(error: unknown): void;
  /** Unix time in ms. @default the machine's */
  readonly clock?: () => number;
}

export interface BlockFollower {
  /** The peer has this block. */
  heard(peer: string, block: BlockRef): void;
  left(peer: string): void;
  /** Highest block that anyone named. */
  highest(): number;
  /** Resolves when nothing is asked for or imported. */
  idle(): Promise<void>;
  /** Resolves when the import under way is done. */
  stop(): Promise<void>;
}

export function createBlockFollower(options: BlockFollowerOptions): BlockFollower {
  const { chain, log, report, clock = Date.now } = options;
  const targets = new Map<string, BlockRef>();
  /** Best block of each peer, as it named it. */
  const named = new Map<string, number>();
  let isStopped = false;
  let running: Promise<void> | undefined;

  const run = (): void => {
    if (running !== undefined || isStopped) return;
    running = follow()
      .catch(options.onFailure)
      .finally(() => {
        running = undefined;
      });
  };

  const follow = async (): Promise<void> => {
    for (let next = take(); next && !isStopped; next = take()) {
      const [peer, target] = next;
      if (await isNearer(peer, target)) {
        // More of it is missing, unless the peer named something newer meanwhile.
        if (!targets.has(peer) && !isSettled(target)) targets.set(peer, target);
      }
    }
  };

  const take = (): readonly [string, BlockRef] | undefined => {
    for (const [peer, target] of targets) {
      targets.delete(peer);
      if (!isSettled(target)) return [peer, target];
    }
    return undefined;
  };
  /** There is nothing to ask for: the block is here, or on a fork that finality left. */
  const isSettled = ({ hash, number }: BlockRef): boolean =>
    number <= chain.finalized.number || chain.header(hash) !== undefined;

  /** One request and what comes of it; whether our chain grew and more is to be had. */
  const isNearer = async (peer: string, target: BlockRef): Promise<boolean> => {
    const request = requestFor(target);
    const answer = await options.ask(peer, encodeBlockRequest(request));
    if (!answer.ok) {
      if (answer.error.code === "request/timed-out") report(peer, "peer/no-answer");
      return false;
    }
    const decoded = decodeBlockResponse(answer.value);
    if (!decoded.ok) {
      report(peer, "peer/malformed-message");
      return false;
    }
    const checked = checkBlockResponse(request, decoded.value);
    if (!checked.ok) {
      report(peer, "peer/not-asked-for");
      return false;
    }
    const { value } = checked;
    return importAll(peer, request.direction === "ascending" ? value : [...value].reverse());
  };

  const requestFor = (target: BlockRef): BlockRequest => {
    const parts = { header: true, body: true, justification: true };
    const shared = { parts, maxBlocks: BATCH_BLOCKS, namesEngines: true };
    if (target.number - chain.best.number <= MAX_DESCENT)
      return { ...shared, from: { hash: target.hash }, direction: "descending" };
    return { ...shared, from: { number: chain.best.number + 1 }, direction: "ascending" };
  };

  /** Blocks in the order of their heights. */
  const importAll = async (peer: string, blocks: readonly ReceivedBlock[]): Promise<boolean> => {
    let hasGrown = false;
    for (const block of blocks) {
      if (isStopped) return false;
      const isKnown = chain.header(block.hash) !== undefined;
      if (!isKnown) {
        await options.ready();
        const now = clock();
        const imported = chain.importBlock(block.header, block.body, {
          nowSlot: BigInt(Math.floor((now + CLOCK_SKEW_MS) / options.slotDurationMs)),
          inherentData: inherentDataAt(now),
        });
        if (!imported.ok && imported.error.code !== "import/known") {
          onRefusal(peer, block, imported.error);
          return false;
        }
        hasGrown = true;
      }
      for (const { engine, justification } of block.justifications)
        if (engine === "FRNK") onJustification(peer, justification);
      // Others have their turn between two blocks.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return hasGrown;
  };

  const onRefusal = (peer: string, { header }: ReceivedBlock, error: ImportError): void => {
    log.debug({ peer, number: header.number, code: error.code }, "a peer's block was refused");
    const code = misbehaviourOf(error);
    if (code) report(peer, code);
  };

  const onJustification = (peer: string, bytes: Uint8Array): void => {
    const justification = decode(Justification, bytes);
    if (justification.ok) options.importJustification(justification.value);
    else report(peer, "peer/bad-justification");
  };

  return {
    heard(peer, block) {
      named.set(peer, block.number);
      targets.delete(peer);
      targets.set(peer, block);
      run();
    },
    left(peer) {
      targets.delete(peer);
      named.delete(peer);
    },
    highest: () => Math.max(chain.best.number, ...named.values()),
    idle: () => running ?? Promise.resolve(),
    async stop() {
      isStopped = true;
      await running;
    },
  };
}

/** What a block that cannot be imported says of its sender; `undefined`: nothing. */
function misbehaviourOf({ code }: ImportError): MisbehaviourCode | undefined {
  switch (code) {
    case "import/known":
    case "import/unknown-parent":
    // On a fork that finality has left, or too many forks are open.
    case "fork-tree/unknown-parent":
    case "fork-tree/full":
      return undefined;
    // Clocks differ; the block may be good in a moment.
    case "babe/slot-in-future":
      return "peer/bad-announce";
    default:
      return "peer/bad-block";
  }
}
