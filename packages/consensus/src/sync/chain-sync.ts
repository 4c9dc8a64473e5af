/**
 * Sync of blocks as a machine without I/O: what peers name and answer, imports that were done and time in; requests,
 * imports, proofs of finality and complaints out.
 *
 * ```
 *  a peer names a block that is not here
 *    ├─ near our best block ── descent: asked for by hash, downwards, until it meets our chain ──┐
 *    └─ far ── search: last common block by halving ── line: ranges of heights from many peers ──┤
 *                                                                                                ▼
 *                             proof of finality asked for now and then ◄── import queue, in order, one at a time
 * ```
 *
 * Who sent a block is remembered until it is imported, so that the right peer answers for it. When an import fails,
 * everything that was to follow is forgotten and found anew. A peer whose range does not follow from those of others is
 * set aside for the line, not blamed: one of the two is on another fork, and the import tells which one was wrong.
 *
 * A block of a slot that begins in a moment waits for it (`early-blocks.ts`), and so does the peer that sent it; both then go
 * on as if nothing had been.
 *
 * **Bounds**: `MAX_SYNC_PEERS` peers, further ones are not asked; one request a peer and `MAX_REQUESTS` in all, each with
 * a deadline; the line's bounds (`block-line.ts`); those of the queue (`import-queue.ts`) and of blocks that are early; descents of `MAX_DESCENT` blocks
 * a peer and `MAX_DESCENT_BYTES` in all, what is longer is fetched by a line; `MAX_WANTED_BLOCKS` blocks of voters.
 * **Trust**: peers name and send what they like; hashes and links are checked here, justifications against the own set of
 * voters, everything else by the import. **Not here**: sockets, the clock, execution; warp, state and gap sync have
 * machines of their own.
 */
import { assert, equalBytes } from "@pha/scale";
import { type BlockRef, bytesKey, isSameBlock } from "../block-ref.ts";
import { GRANDPA_ENGINE } from "../grandpa/digest.ts";
import { BlockLine, bytesOf } from "./block-line.ts";
import type { BlockData, BlockRequest } from "./block-messages.ts";
import { checkBlockResponse, type ReceivedBlock } from "./check-block-response.ts";
import { EarlyBlocks } from "./early-blocks.ts";
import { FinalitySearch, judgeProof } from "./finality-search.ts";
import { ImportQueue } from "./import-queue.ts";
import { hasPace } from "./request-pace.ts";
import type {
  ImportOutcome,
  RequestFailure,
  SyncChain,
  SyncFault,
  SyncInput,
  SyncOutput,
  SyncPeerName,
} from "./sync-io.ts";
import { newSyncPeer, pausePeer, resetPeer, type SyncPeer } from "./sync-peer.ts";
import { requestFor, type SyncWork } from "./sync-work.ts";

export const MAX_SYNC_PEERS = 128;
export const MAX_REQUESTS = 16;
export const MAX_DESCENT = 128;
export const MAX_DESCENT_BYTES = 64 << 20;
export const MAX_WANTED_BLOCKS = 64;
/** Until then a request is answered, or it is another peer's turn. */
export const SYNC_REQUEST_MS = 15_000;
/** A block so little above our best one is asked for by its hash. */
const NEAR = 32;
/** A full tree gets no more blocks for this time, or until finality moves. */
const FULL_PAUSE_MS = 2_000;

interface Pending {
  readonly peer: SyncPeer;
  readonly work: SyncWork;
  readonly request: BlockRequest;
  readonly deadlineMs: number;
}

interface Wanted {
  readonly block: BlockRef;
  readonly asked: Set<SyncPeerName>;
}

/** How much is held, for those who watch the bounds. */
export interface SyncSizes {
  readonly peers: number;
  readonly requests: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly early: number;
  readonly earlyBytes: number;
  readonly ranges: number;
  readonly readyBytes: number;
  readonly descentBytes: number;
  readonly wanted: number;
}

export class ChainSync {
  readonly #chain: SyncChain;
  readonly #peers = new Map<SyncPeerName, SyncPeer>();
  readonly #requests = new Map<number, Pending>();
  readonly #wanted = new Map<string, Wanted>();
  #nextId = 1;
  #nowMs = 0;
  #line: BlockLine | undefined;
  readonly #queue = new ImportQueue();
  readonly #early = new EarlyBlocks();
  #fullUntilMs = 0;
  readonly #finality: FinalitySearch;
  #outputs: SyncOutput[] = [];

  constructor(chain: SyncChain) {
    this.#chain = chain;
    this.#finality = new FinalitySearch(chain);
  }

  /** Greatest height that a peer named and may have, or our own. */
  get highest(): number {
    let highest = this.#chain.best.number;
    for (const { bestNumber } of this.#peers.values()) highest = Math.max(highest, bestNumber);
    return highest;
  }

  /** Nothing is asked for, queued or imported, nor waits for its slot. */
  get isIdle(): boolean {
    return this.#requests.size === 0 && this.#queue.isIdle && this.#early.length === 0;
  }

  /** At most `count` blocks that will be imported next if all goes well, in order. */
  upcoming(count: number): readonly ReceivedBlock[] {
    return this.#queue.upcoming(count);
  }

  get sizes(): SyncSizes {
    return {
      peers: this.#peers.size,
      requests: this.#requests.size,
      queued: this.#queue.length,
      queuedBytes: this.#queue.bytes,
      early: this.#early.length,
      earlyBytes: this.#early.bytes,
      ranges: this.#line?.rangeCount ?? 0,
      readyBytes: this.#line?.readyBytes ?? 0,
      descentBytes: this.#descentBytes(),
      wanted: this.#wanted.size,
    };
  }

  /** @param nowMs any clock that does not go back */
  step(input: SyncInput, nowMs: number): readonly SyncOutput[] {
    const outputs: SyncOutput[] = [];
    this.#outputs = outputs;
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.#take(input);
    this.#expire();
    for (const { peer, block } of this.#early.due(this.#nowMs)) this.#queue.add(peer, [block]);
    this.#fillQueue();
    this.#tendLine();
    this.#tendWanted();
    this.#finality.tend(this.#nowMs);
    for (const peer of this.#peers.values()) this.#ask(peer);
    return outputs;
  }

  #take(input: SyncInput): void {
    switch (input.type) {
      case "named":
        this.#name(input.peer, input.block);
        return;
      case "left":
        this.#leave(input.peer);
        return;
      case "wanted":
        if (this.#wanted.size < MAX_WANTED_BLOCKS && !this.#isSettled(input.block))
          this.#wanted.set(bytesKey(input.block.hash), { block: input.block, asked: new Set() });
        return;
      case "blocks":
        this.#onBlocks(input.id, input.peer, input.blocks);
        return;
      case "failed":
        this.#onFailed(input.id, input.reason);
        return;
      case "import-done":
        this.#onImported(input.hash, input.outcome);
        return;
      case "too-early":
        this.#onTooEarly(input.hash, input.waitMs);
        return;
      case "tick":
        return;
    }
  }

  // Peers.

  #name(name: SyncPeerName, block: BlockRef): void {
    let peer = this.#peers.get(name);
    if (peer === undefined) {
      if (this.#peers.size >= MAX_SYNC_PEERS) return;
      peer = newSyncPeer(name, this.#nowMs);
      this.#peers.set(name, peer);
    }
    peer.bestNumber = block.number;
    if (!this.#isSettled(block)) peer.target = block;
  }

  #leave(name: SyncPeerName): void {
    const peer = this.#peers.get(name);
    this.#peers.delete(name);
    this.#early.leave(name);
    for (const { asked } of this.#wanted.values()) asked.delete(name);
    const id = peer?.request;
    const pending = id === undefined ? undefined : this.#requests.get(id);
    if (id === undefined || pending === undefined) return;
    this.#requests.delete(id);
    this.#giveBack(pending);
  }

  #report(peer: SyncPeer, code: SyncFault): void {
    this.#outputs.push({ type: "report", peer: peer.name, code });
  }

  /** There is nothing to ask for: the block is here, or on a fork that finality left. */
  #isSettled({ hash, number }: BlockRef): boolean {
    return number <= this.#chain.finalized.number || this.#chain.header(hash) !== undefined;
  }

  // Requests.

  #expire(): void {
    for (const [id, { deadlineMs }] of this.#requests)
      if (deadlineMs <= this.#nowMs) this.#onFailed(id, "timed-out");
  }

  #onFailed(id: number, reason: RequestFailure): void {
    const pending = this.#settle(id);
    if (pending === undefined) return;
    const { peer } = pending;
    this.#giveBack(pending);
    pausePeer(peer, this.#nowMs);
    switch (reason) {
      case "timed-out":
        this.#report(peer, "peer/no-answer");
        return;
      case "refused":
        this.#report(peer, "peer/request-refused");
        return;
      case "malformed":
        this.#report(peer, "peer/malformed-message");
        return;
    }
  }

  /** Takes a request off the list; `undefined` for one that is over. */
  #settle(id: number): Pending | undefined {
    const pending = this.#requests.get(id);
    if (pending === undefined) return undefined;
    this.#requests.delete(id);
    pending.peer.request = undefined;
    return pending;
  }

  #giveBack({ peer, work }: Pending): void {
    if (work.type === "range") work.line.reopen(peer.name, work.start);
    if (work.type === "descent") peer.descent = undefined;
  }

  #onBlocks(id: number, from: SyncPeerName, blocks: readonly BlockData[]): void {
    const pending = this.#requests.get(id);
    if (pending?.peer.name !== from) {
      // Of a request that is over, its answer is late; one that was never made has none.
      const peer = this.#peers.get(from);
      if (peer && (pending !== undefined || id >= this.#nextId))
        this.#report(peer, "peer/not-asked-for");
      return;
    }
    this.#settle(id);
    const { peer, work, request } = pending;
    if (work.type === "justification") {
      this.#onJustifications(peer, work.from, blocks);
      return;
    }
    const checked = checkBlockResponse(request, blocks);
    if (!checked.ok) {
      this.#giveBack(pending);
      pausePeer(peer, this.#nowMs);
      this.#report(peer, "peer/not-asked-for");
      return;
    }
    if (checked.value.length === 0) {
      this.#onNothing(pending);
      return;
    }
    switch (work.type) {
      case "probe":
        this.#onProbe(peer, work.number, checked.value);
        return;
      case "range":
        work.line.arrived(peer.name, work.start, checked.value);
        return;
      case "descent":
        this.#onDescent(peer, work.target, checked.value);
        return;
    }
  }

  /** The peer lacks what it named: it is believed less, and left alone for a while. */
  #onNothing(pending: Pending): void {
    const { peer, work } = pending;
    this.#giveBack(pending);
    // Voters named it, not the peer.
    if (work.type === "descent" && !this.#isTarget(peer, work.target)) return;
    const lacking =
      work.type === "range" ? work.start : work.type === "probe" ? work.number : peer.bestNumber;
    this.#disbelieve(peer, lacking);
    pausePeer(peer, this.#nowMs);
    this.#report(peer, "peer/request-refused");
  }

  #disbelieve(peer: SyncPeer, lacking: number): void {
    peer.target = undefined;
    peer.bestNumber = Math.max(0, Math.min(peer.bestNumber, lacking - 1));
    resetPeer(peer);
  }

  #isTarget({ target }: SyncPeer, block: BlockRef): boolean {
    return target !== undefined && isSameBlock(target, block);
  }

  #onProbe(peer: SyncPeer, number: number, [block]: readonly ReceivedBlock[]): void {
    const { finalized } = this.#chain;
    if (block === undefined) return;
    const { low, high } = peer.search ?? { low: finalized, high: number };
    const isOurs = this.#chain.bestContaining(block.hash) !== undefined;
    const found = isOurs ? { hash: block.hash, number } : low;
    const above = isOurs ? high : number;
    const isFound = (isOurs && peer.search === undefined) || above - found.number <= 1;
    peer.search = isFound ? undefined : { low: found, high: above };
    if (isFound) peer.common = found;
  }

  #onDescent(peer: SyncPeer, target: BlockRef, blocks: readonly ReceivedBlock[]): void {
    const before = peer.descent?.blocks ?? [];
    const known = blocks.findIndex(({ hash }) => this.#chain.header(hash) !== undefined);
    const fresh = known < 0 ? blocks : blocks.slice(0, known);
    const all = [...before, ...fresh];
    peer.descent = undefined;
    const lowest = all.at(-1);
    if (lowest === undefined) return;
    const { number, parentHash } = lowest.header;
    if (this.#chain.header(parentHash) !== undefined) {
      this.#enqueue(peer.name, all.toReversed());
      return;
    }
    if (number <= this.#chain.finalized.number + 1) {
      // On a fork that finality left. Honest peers leave it as well, when they hear of finality.
      if (!this.#isTarget(peer, target)) return;
      peer.target = undefined;
      pausePeer(peer, this.#nowMs);
      this.#report(peer, "peer/request-refused");
      return;
    }
    const bytes = bytesOf(all);
    if (all.length < MAX_DESCENT && this.#descentBytes() + bytes <= MAX_DESCENT_BYTES)
      peer.descent = { target, blocks: all, bytes };
    else peer.tooDeep = target.hash;
  }

  #descentBytes(): number {
    let bytes = 0;
    for (const { descent } of this.#peers.values()) bytes += descent?.bytes ?? 0;
    return bytes;
  }

  // What to ask for.

  #ask(peer: SyncPeer): void {
    if (peer.request !== undefined || this.#requests.size >= MAX_REQUESTS) return;
    if (peer.pausedUntilMs > this.#nowMs || !hasPace(peer.pace, this.#nowMs)) return;
    const work = this.#workFor(peer);
    if (work === undefined) return;
    peer.pace.tokens--;
    const id = this.#nextId++;
    const request = requestFor(peer, work, this.#chain.best.number);
    peer.request = id;
    this.#requests.set(id, { peer, work, request, deadlineMs: this.#nowMs + SYNC_REQUEST_MS });
    this.#outputs.push({ type: "request", id, peer: peer.name, request });
  }

  #workFor(peer: SyncPeer): SyncWork | undefined {
    const { from } = this.#finality;
    if (from && peer.bestNumber >= from.number && !this.#isAsked("justification"))
      return { type: "justification", from };
    if (this.#queue.isFull) return undefined;
    if (peer.descent) return { type: "descent", target: peer.descent.target };
    for (const { block, asked } of this.#wanted.values()) {
      if (asked.size > 0 && this.#isDescending(block)) continue;
      if (asked.has(peer.name) || peer.bestNumber < block.number) continue;
      asked.add(peer.name);
      return { type: "descent", target: block };
    }
    const target = this.#openTarget(peer);
    if (target && this.#isNear(peer, target))
      return this.#isDescending(target) ? undefined : { type: "descent", target };
    return this.#lineWork(peer, target);
  }

  #lineWork(peer: SyncPeer, target: BlockRef | undefined): SyncWork | undefined {
    const isOfUse = this.#line ? peer.bestNumber > this.#line.tip.number : target !== undefined;
    if (!isOfUse || this.#fullUntilMs > this.#nowMs) return undefined;
    if (peer.common === undefined) {
      const probe = this.#probeFor(peer);
      if (probe !== undefined) return { type: "probe", number: probe };
    }
    if (peer.common === undefined) return undefined;
    if (this.#line === undefined && target) this.#line = new BlockLine(peer.common);
    const line = this.#line;
    const range = line?.workFor(peer.name, peer.bestNumber);
    return line && range && { type: "range", line, start: range.start };
  }

  /** Height to ask for next; none when the last common block is known by now. */
  #probeFor(peer: SyncPeer): number | undefined {
    const { finalized, best } = this.#chain;
    if (peer.search) {
      const { low, high } = peer.search;
      // Finality may have passed the range meanwhile.
      if (low.number >= finalized.number) return Math.ceil((low.number + high) / 2);
      peer.search = undefined;
    }
    const number = Math.min(peer.bestNumber, best.number);
    if (number > finalized.number) return number;
    // Whoever does not have our final block shows it with its first range.
    peer.common = finalized;
    return undefined;
  }

  #openTarget(peer: SyncPeer): BlockRef | undefined {
    const { target } = peer;
    if (target === undefined) return undefined;
    if (this.#isSettled(target)) {
      peer.target = undefined;
      return undefined;
    }
    return this.#queue.has(target.hash) || this.#early.has(target.hash) ? undefined : target;
  }

  #isNear({ tooDeep }: SyncPeer, { hash, number }: BlockRef): boolean {
    if (tooDeep && equalBytes(tooDeep, hash)) return false;
    return number - this.#chain.best.number <= NEAR;
  }

  #isAsked(type: SyncWork["type"]): boolean {
    for (const { work } of this.#requests.values()) if (work.type === type) return true;
    return false;
  }

  #isDescending(target: BlockRef): boolean {
    for (const { work } of this.#requests.values())
      if (work.type === "descent" && isSameBlock(work.target, target)) return true;
    for (const { descent } of this.#peers.values())
      if (descent && isSameBlock(descent.target, target)) return true;
    return this.#queue.has(target.hash) || this.#early.has(target.hash);
  }

  // The line and the queue.

  #fillQueue(): void {
    while (this.#line && !this.#queue.isFull) {
      const next = this.#line.next();
      if (next === undefined) break;
      if (next.type === "blocks") this.#enqueue(next.peer, next.blocks);
      else this.#setAside(next.peer, this.#line);
    }
    this.#importNext();
  }

  #setAside(name: SyncPeerName, line: BlockLine): void {
    const peer = this.#peers.get(name);
    if (peer === undefined) return;
    const isItsOwn = peer.common && isSameBlock(peer.common, line.tip);
    resetPeer(peer);
    if (!isItsOwn) return;
    // Its blocks do not even follow from the block that it was found to share with us.
    this.#disbelieve(peer, line.tip.number + 1);
    pausePeer(peer, this.#nowMs);
    this.#report(peer, "peer/request-refused");
  }

  /** Ends a line that leads no further. */
  #tendLine(): void {
    const line = this.#line;
    if (line === undefined) return;
    let highest = 0;
    for (const { name, bestNumber } of this.#peers.values())
      if (!line.isStranger(name)) highest = Math.max(highest, bestNumber);
    line.trim(highest);
    const { lowestOpen } = line;
    const isDone = line.rangeCount === 0 && highest < line.end && this.#queue.isIdle;
    if (!isDone && (lowestOpen === undefined || lowestOpen <= highest)) return;
    this.#line = undefined;
    for (const peer of this.#peers.values()) peer.common = undefined;
  }

  #enqueue(peer: SyncPeerName, blocks: readonly ReceivedBlock[]): void {
    this.#queue.add(peer, blocks);
    this.#importNext();
  }

  #importNext(): void {
    const next = this.#fullUntilMs > this.#nowMs ? undefined : this.#queue.next();
    if (next) this.#outputs.push({ type: "import", ...next });
  }

  #onImported(hash: Uint8Array, outcome: ImportOutcome): void {
    const done = this.#queue.done();
    assert(done && equalBytes(done.block.hash, hash), "what was to be imported was");
    const peer = this.#peers.get(done.peer);
    switch (outcome) {
      case "imported":
      case "known":
        if (peer) this.#onGood(peer, done.block);
        break;
      case "bad":
        this.#startAnew();
        if (peer) this.#blame(peer, "peer/bad-block");
        break;
      case "future":
        this.#startAnew();
        // Further ahead than clocks differ.
        if (peer) this.#blame(peer, "peer/bad-announce");
        break;
      case "unknown-parent":
      case "abandoned":
        this.#startAnew();
        if (peer) this.#disbelieve(peer, done.block.header.number);
        break;
      case "full":
        this.#startAnew();
        this.#fullUntilMs = this.#nowMs + FULL_PAUSE_MS;
        break;
    }
    this.#importNext();
  }

  /** It and its sender wait until its slot; what follows from it is of later slots, and found anew. */
  #onTooEarly(hash: Uint8Array, waitMs: number): void {
    const done = this.#queue.done();
    assert(done && equalBytes(done.block.hash, hash), "what was to be imported was");
    const dueMs = this.#nowMs + Math.max(1, waitMs);
    this.#early.add(done, dueMs);
    const peer = this.#peers.get(done.peer);
    if (peer) peer.pausedUntilMs = Math.max(peer.pausedUntilMs, dueMs);
    if (this.#queue.dropDescendants(hash) > 0) this.#startAnew();
    this.#importNext();
  }

  #onGood(peer: SyncPeer, { hash, header, justifications }: ReceivedBlock): void {
    const { number } = header;
    peer.failures = 0;
    if (peer.common && peer.common.number < number) peer.common = { hash, number };
    for (const { engine, justification } of justifications)
      if (engine === GRANDPA_ENGINE) this.#judge(peer, { hash, number }, justification);
  }

  #blame(peer: SyncPeer, code: SyncFault): void {
    peer.target = undefined;
    pausePeer(peer, this.#nowMs);
    this.#report(peer, code);
  }

  /** Forgets what was to follow a block that was not imported. */
  #startAnew(): void {
    this.#queue.clear();
    this.#line = undefined;
    for (const peer of this.#peers.values()) resetPeer(peer);
  }

  #tendWanted(): void {
    for (const [key, { block, asked }] of this.#wanted) {
      const mayHaveIt = [...this.#peers.values()].some(
        ({ name, bestNumber }) => bestNumber >= block.number && !asked.has(name),
      );
      if (this.#isSettled(block) || (!mayHaveIt && !this.#isDescending(block)))
        this.#wanted.delete(key);
    }
  }

  // Finality.

  #onJustifications(peer: SyncPeer, from: BlockRef, blocks: readonly BlockData[]): void {
    const isGood = (block: BlockRef, encoded: Uint8Array) => this.#judge(peer, block, encoded);
    if (this.#finality.answered(from, blocks, isGood)) return;
    pausePeer(peer, this.#nowMs);
    this.#report(peer, "peer/not-asked-for");
  }

  /** Whether it is a proof; one that this set of voters cannot judge yet is neither passed on nor held against the peer. */
  #judge(peer: SyncPeer, target: BlockRef, encoded: Uint8Array): boolean {
    const justification = judgeProof(this.#chain, target, encoded);
    if (justification === "idle") return false;
    if (justification === "bad") {
      this.#blame(peer, "peer/bad-justification");
      return false;
    }
    this.#outputs.push({ type: "finalize", justification });
    return true;
  }
}
