/** A node that syncs from peers on a virtual clock; safety, bounds and fairness are checked at every step. */
import {
  type BlockRef,
  bytesKey,
  ChainSync,
  ForkTree,
  type Header,
  Justification,
  MAX_DESCENT_BYTES,
  MAX_EARLY_BLOCKS,
  MAX_EARLY_BYTES,
  MAX_QUEUED_BLOCKS,
  MAX_QUEUED_BYTES,
  MAX_REQUESTS,
  MAX_SYNC_PEERS,
  MAX_WANTED_BLOCKS,
  type SyncChain,
  type SyncFault,
  type SyncInput,
  type SyncOutput,
  verifyJustification,
} from "@pha/consensus";
import { createPeerManager, DEFAULT_PEER_LIMITS } from "@pha/network/peers";
import { decode, encode, equalBytes } from "@pha/scale";
import { EventQueue } from "./event-queue.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";
import { isValid, type SyncBlock, SyncTruth } from "./sync-blocks.ts";
import { MISBEHAVIOURS, type Misbehaviour, SyncServer } from "./sync-peers.ts";
import { Trace } from "./trace.ts";

export interface SyncResult {
  readonly violation: string | undefined;
  readonly digest: string;
  readonly imported: number;
  readonly finalized: number;
  /** Of bad peers that were banned, by what they did. */
  readonly banned: ReadonlySet<Misbehaviour>;
  readonly misbehaviours: ReadonlySet<Misbehaviour>;
  readonly restarts: number;
  readonly lost: number;
  /** Blocks that came before their slots. */
  readonly early: number;
}

/** A rule that the node is made to break, to show that the simulation notices. */
export const SYNC_BUGS = [
  "imports forged blocks",
  "blames the peer that was asked first",
  "blames a peer whose clock is ahead",
] as const;
export type SyncBug = (typeof SYNC_BUGS)[number];

type Event =
  | { readonly type: "input"; readonly input: SyncInput; readonly incarnation: number }
  | { readonly type: "tick" }
  | { readonly type: "author" }
  | { readonly type: "restart" }
  | { readonly type: "name"; readonly server: SyncServer };

const LONGEST_MS = 900_000;
const IMPORT_MS = 2;
/** Clocks of authors are ahead of the node's by less. */
const MOST_AHEAD_MS = 1_400;
/** A slot that begins so soon counts as begun. */
const TOLERANCE_MS = 500;
/** Not final for want of proofs so near the head: those come with votes. */
const UNPROVEN = 330;

class Violated extends Error {}

export function simulateSync(seed: number, bug?: SyncBug): SyncResult {
  const world = new SyncWorld(seed, bug);
  let violation: string | undefined;
  try {
    world.run();
  } catch (error) {
    if (!(error instanceof Violated)) throw error;
    violation = error.message;
  }
  return { violation, ...world.result() };
}

class SyncWorld {
  readonly #random: SeededRandom;
  readonly #truth: SyncTruth;
  readonly #queue = new EventQueue<Event>();
  readonly #trace = new Trace();
  readonly #servers = new Map<string, SyncServer>();
  readonly #manager = createPeerManager({
    self: "node",
    reserved: [],
    bootNodes: [],
    reservedOnly: false,
    limits: DEFAULT_PEER_LIMITS,
  });
  readonly #bug: SyncBug | undefined;
  readonly #loss: number;
  readonly #banned = new Set<Misbehaviour>();
  readonly #misbehaviours = new Set<Misbehaviour>();
  readonly #headers = new Map<string, Header>();
  readonly #finalizedAt: Uint8Array[] = [];
  #tree: ForkTree<Header>;
  #sync: ChainSync;
  #incarnation = 0;
  #imported = 0;
  #restarts = 0;
  #lost = 0;
  #early = 0;
  /** When the slots of the newest blocks begin by the node's clock. */
  readonly #slotAtMs = new Map<string, number>();
  readonly #isAuthorAhead: boolean;
  #authorLeft: number;
  #firstAsked = "";

  constructor(seed: number, bug: SyncBug | undefined) {
    this.#bug = bug;
    const random = seededRandom(seed * 31_337 + 11);
    this.#random = random;
    this.#truth = new SyncTruth(random);
    const length = random.between(20, 420);
    for (let i = 0; i < length; i++) this.#truth.author();
    this.#authorLeft = random.between(5, 40);
    this.#loss = random.chance(0.5) ? 0 : random.unit() * 0.05;
    this.#isAuthorAhead = random.chance(0.4);
    const genesis = this.#truth.at(0);
    this.#headers.set(bytesKey(genesis.hash), genesis.header);
    this.#finalizedAt.push(genesis.hash);
    this.#tree = new ForkTree<Header>({ hash: genesis.hash, number: 0 });
    this.#sync = new ChainSync(this.#chain());
    const honest = random.between(1, 3);
    for (let i = 0; i < honest; i++) this.#add(`honest ${i}`, undefined);
    for (let i = 0; i < random.between(0, 5); i++)
      this.#add(`bad ${i}`, random.pick(MISBEHAVIOURS));
  }

  result() {
    return {
      digest: this.#trace.digest(),
      imported: this.#imported,
      finalized: this.#tree.root.number,
      banned: this.#banned,
      misbehaviours: this.#misbehaviours,
      restarts: this.#restarts,
      lost: this.#lost,
      early: this.#early,
    };
  }

  run(): void {
    this.#queue.add(500, { type: "tick" });
    this.#queue.add(1_000, { type: "author" });
    if (this.#random.chance(0.4))
      this.#queue.add(this.#random.between(100, 8_000), { type: "restart" });
    for (const server of this.#servers.values())
      this.#queue.add(this.#random.between(0, 3_000), { type: "name", server });
    for (let next = this.#queue.next(); next; next = this.#queue.next()) {
      this.#trace.add(`${next.atMs} ${next.what.type}`);
      this.#happen(next.what);
      this.#checkBounds();
      if (this.#authorLeft === 0 && this.#isThere()) return;
      if (next.atMs > LONGEST_MS)
        throw new Violated(
          `stuck at ${this.#tree.best.number} of ${this.#truth.best.number}, final ${this.#tree.root.number}`,
        );
    }
  }

  #isThere(): boolean {
    const { best, root } = this.#tree;
    return equalBytes(best.hash, this.#truth.best.hash) && best.number - root.number < UNPROVEN;
  }

  #add(name: string, misbehaviour: Misbehaviour | undefined): void {
    const server = new SyncServer(name, this.#truth, this.#random, misbehaviour);
    if (misbehaviour) this.#misbehaviours.add(misbehaviour);
    else if (this.#random.chance(0.3))
      server.forkHead = this.#truth.fork(this.#random.between(1, 4), this.#servers.size + 1);
    this.#servers.set(name, server);
    this.#manager.connected(name, "in", 0);
  }

  #happen(event: Event): void {
    switch (event.type) {
      case "input":
        if (event.incarnation === this.#incarnation) this.#tell(event.input);
        return;
      case "tick":
        this.#tell({ type: "tick" });
        this.#queue.add(500, event);
        return;
      case "author":
        if (this.#authorLeft-- <= 0) {
          this.#authorLeft = 0;
          return;
        }
        this.#truth.author();
        if (this.#isAuthorAhead) {
          const aheadMs = this.#random.between(0, MOST_AHEAD_MS);
          const { hash } = this.#truth.best;
          this.#slotAtMs.set(bytesKey(hash), this.#queue.nowMs + aheadMs);
        }
        for (const server of this.#servers.values()) {
          if (this.#random.chance(0.5)) server.forkHead = undefined;
          if (this.#authorLeft === 0) server.forkHead = undefined;
          this.#queue.add(this.#random.between(5, 400), { type: "name", server });
        }
        this.#queue.add(1_000, event);
        return;
      case "name": {
        const { server } = event;
        const isHere = this.#servers.get(server.name) === server;
        if (isHere) this.#tell({ type: "named", peer: server.name, block: server.named() });
        // Honest nodes tell again when they were not believed.
        if (isHere && this.#authorLeft === 0) this.#queue.add(10_000, event);
        return;
      }
      case "restart": {
        this.#restarts++;
        this.#incarnation++;
        this.#sync = new ChainSync(this.#chain());
        for (const server of this.#servers.values())
          this.#queue.add(this.#random.between(5, 400), { type: "name", server });
        return;
      }
    }
  }

  #tell(input: SyncInput): void {
    for (const output of this.#sync.step(input, this.#queue.nowMs)) this.#carryOut(output);
  }

  #later(afterMs: number, input: SyncInput): void {
    this.#queue.add(afterMs, { type: "input", input, incarnation: this.#incarnation });
  }

  #carryOut(output: SyncOutput): void {
    switch (output.type) {
      case "request": {
        const { id, peer, request } = output;
        this.#trace.add(`ask ${peer} ${request.from.number ?? ""} ${request.maxBlocks}`);
        this.#firstAsked ||= peer;
        const answer = this.#servers.get(peer)?.answer(request) ?? { type: "silence" };
        if (answer.type === "silence") return;
        if (this.#random.chance(this.#loss)) {
          this.#lost++;
          return;
        }
        if (answer.type === "malformed")
          this.#later(answer.afterMs, { type: "failed", id, reason: "malformed" });
        else {
          if (answer.type === "unasked")
            this.#later(answer.afterMs, { ...answer, type: "blocks", id: id + 100_000, peer });
          this.#later(answer.afterMs, { type: "blocks", id, peer, blocks: answer.blocks });
        }
        return;
      }
      case "import": {
        const { block } = output;
        const { hash } = block;
        const waitMs = this.#waitFor(hash);
        if (waitMs > 0) {
          this.#early++;
          const isBlamed = this.#bug === "blames a peer whose clock is ahead";
          this.#later(
            IMPORT_MS,
            isBlamed
              ? { type: "import-done", hash, outcome: "future" }
              : { type: "too-early", hash, waitMs },
          );
          return;
        }
        const outcome = this.#import(block);
        this.#later(IMPORT_MS, { type: "import-done", hash: block.hash, outcome });
        return;
      }
      case "finalize":
        this.#finalize(output.justification);
        return;
      case "report":
        this.#report(
          this.#bug === "blames the peer that was asked first" ? this.#firstAsked : output.peer,
          output.code,
        );
        return;
    }
  }

  #report(peer: string, code: SyncFault): void {
    this.#trace.add(`report ${peer} ${code}`);
    if (this.#manager.report(peer, code, this.#queue.nowMs).length === 0) return;
    const server = this.#servers.get(peer);
    if (server === undefined) return;
    if (server.misbehaviour === undefined) throw new Violated(`an honest peer is banned: ${code}`);
    this.#banned.add(server.misbehaviour);
    this.#servers.delete(peer);
    this.#later(0, { type: "left", peer });
  }

  // The node's chain.

  #waitFor(hash: Uint8Array): number {
    if (this.#headers.has(bytesKey(hash))) return 0;
    return (this.#slotAtMs.get(bytesKey(hash)) ?? 0) - TOLERANCE_MS - this.#queue.nowMs;
  }

  #import({ hash, header, body }: Pick<SyncBlock, "hash" | "header" | "body">) {
    const known = this.#headers.get(bytesKey(hash));
    if (known) return "known";
    if (!this.#headers.has(bytesKey(header.parentHash))) return "unknown-parent";
    if (!isValid({ header, body }) && this.#bug !== "imports forged blocks") return "bad";
    const inserted = this.#tree.insert({
      hash,
      number: header.number,
      parentHash: header.parentHash,
      primary: false,
      data: header,
    });
    if (!inserted.ok) return inserted.error.code === "fork-tree/full" ? "full" : "abandoned";
    this.#headers.set(bytesKey(hash), header);
    this.#imported++;
    if (!isValid({ header, body })) throw new Violated("a forged block is imported");
    return "imported";
  }

  #finalize(justification: Justification): void {
    const { target } = justification;
    const { number } = target;
    const set = this.#truth.setOf(number);
    const encoded = encode(Justification, justification);
    const again = decode(Justification, encoded);
    const isProven = again.ok && verifyJustification({ justification, set }).ok;
    const isTrue =
      number <= this.#truth.finalizedNumber && equalBytes(this.#truth.at(number).hash, target.hash);
    if (!isProven || !isTrue) throw new Violated(`a block is final that is not: ${number}`);
    const done = this.#tree.finalize(target.hash);
    if (!done.ok) throw new Violated("a block is final that is not in the tree");
    for (const { hash } of done.value.finalized) this.#finalizedAt.push(hash);
  }

  #chain(): SyncChain {
    const tree = (): ForkTree<Header> => this.#tree;
    const finalizedAt = this.#finalizedAt;
    const truth = this.#truth;
    return {
      get best(): BlockRef {
        return tree().best;
      },
      get finalized(): BlockRef {
        return tree().root;
      },
      header: (hash) => this.#headers.get(bytesKey(hash)),
      hashAt(number) {
        if (number <= tree().root.number) return finalizedAt[number];
        return tree().pathTo(tree().best.hash)[number - tree().root.number - 1]?.hash;
      },
      bestContaining: (hash) => tree().bestContaining(hash),
      authoritySet: () => truth.setOf(tree().root.number + 1),
    };
  }

  #checkBounds(): void {
    const sizes = this.#sync.sizes;
    const bounds = {
      peers: MAX_SYNC_PEERS,
      requests: MAX_REQUESTS,
      // What was under way when the queue became full comes on top.
      queued: MAX_QUEUED_BLOCKS + MAX_REQUESTS * 128,
      queuedBytes: 2 * MAX_QUEUED_BYTES,
      early: MAX_EARLY_BLOCKS,
      earlyBytes: MAX_EARLY_BYTES,
      ranges: 2 * 12,
      readyBytes: 64 << 20,
      descentBytes: MAX_DESCENT_BYTES,
      wanted: MAX_WANTED_BLOCKS,
    };
    for (const [name, bound] of Object.entries(bounds)) {
      const size = Object.entries(sizes).find(([one]) => one === name)?.[1];
      if (size === undefined || size > bound) throw new Violated(`${name} grew to ${size}`);
    }
  }
}
