/**
 * Several authorities of BABE in one process: real chains with real pools, blocks and transactions that are late, parts
 * of the network cut off, and times in which nobody makes a block.
 *
 * Each node has an authority's key and authors in every slot that is its own, on what it knows by then. The clocks of some
 * are ahead: what they make comes to the others before its slot, and waits there. Finality is the
 * world's: now and then it takes a block that all nodes have on their best chains. In the end the network is whole again,
 * and slots go by until all agree.
 *
 * Checked at every step: the best block against `BestByTheBook`; a block of an honest node is imported everywhere.
 * Checked in the end: one best chain, every transaction in it, once.
 *
 * **Bounds**: `FAULTY_SLOTS` and `CALM_SLOTS` slots.
 */
import { babePreDigestOf, EarlyBlocks, type Header, slotTiming } from "@pha/consensus";
import { developmentChain, type NodeChain } from "@pha/node";
import {
  aDevChain,
  createSigner,
  type DevChain,
  FIRST_SLOT,
  inherentDataAt,
  SLOT_MS,
  type TestSigner,
} from "@pha/node/testing";
import { developmentPreset } from "@pha/runtime";
import { assert, decode, PhaError, toHex, u32 } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { BestByTheBook } from "./best-by-the-book.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";
import { Trace } from "./trace.ts";

const AUTHORITIES = ["//Alice", "//Bob", "//Charlie", "//Dave"];
const SENDERS = ["//Eve", "//Ferdie", "//Alice"];
const EPOCH_SLOTS = 8;
const FAULTY_SLOTS = 32;
/** More than a tie between two chains lasts. */
const CALM_SLOTS = 24;
const MAX_DELAY_SLOTS = 4;
/** Where in a slot the clocks of most nodes are when something happens. */
const IN_SLOT_MS = SLOT_MS / 4;
/** As in the node: a slot that begins so soon counts as begun. */
const TOLERANCE_MS = SLOT_MS / 2;
const VALUE = 10_000_000_000n;
const SINK = new Uint8Array(32).fill(7);

export const BABE_BUGS = [
  "forgets transactions of retracted blocks",
  "takes the longest chain, whoever had the slots",
] as const;
export type BabeBug = (typeof BABE_BUGS)[number];

export interface BabeCounts {
  blocks: number;
  /** Slots with blocks of several authors. */
  equalSlots: number;
  reorgs: number;
  /** Transactions that left a best chain with their block. */
  retracted: number;
  /** Epochs without any block. */
  skippedEpochs: number;
  /** Best chains that were not the longest. */
  shorterBests: number;
  /** Blocks that waited for their slots. */
  early: number;
  finalized: number;
  transactions: number;
}

export function noBabeCounts(): BabeCounts {
  return {
    blocks: 0,
    equalSlots: 0,
    reorgs: 0,
    retracted: 0,
    skippedEpochs: 0,
    shorterBests: 0,
    early: 0,
    finalized: 0,
    transactions: 0,
  };
}

export interface BabeResult {
  readonly violation: BrokenRule | undefined;
  readonly counts: BabeCounts;
  /** Of slots, authors and best blocks; equal for equal seeds. Hashes differ: signatures have entropy of their own. */
  readonly digest: string;
}

/** What must not happen did. */
export class BrokenRule extends Error {}

interface Block {
  readonly hash: Uint8Array;
  readonly header: Header;
  readonly body: readonly Uint8Array[];
}

interface Node {
  readonly dev: DevChain;
  readonly book: BestByTheBook;
  /** By the slot in which they arrive. */
  readonly inbox: Map<number, (Block | Uint8Array)[]>;
  /** What it was told before its slot. */
  readonly early: EarlyBlocks;
  /** Its clock is a slot ahead of the others'. */
  readonly isAhead: boolean;
  /** Whom it hears. */
  side: number;
}

interface Network {
  readonly development: NodeChain;
  readonly signers: readonly TestSigner[];
}

/** Made once: it is the same for every seed and takes a while. */
let shared: Network | undefined;

function network(): Network {
  if (shared) return shared;
  const development = developmentChain(preset);
  const { genesisHash } = aDevChain({ follows: true, development }).chain;
  const { runtime } = developmentPreset(preset);
  const signers = SENDERS.map((uri) => createSigner(runtime, genesisHash, uri));
  shared = { development, signers };
  return shared;
}

const parameters = { slotDurationMs: BigInt(SLOT_MS), epochLength: BigInt(EPOCH_SLOTS) };
const preset = { authorities: AUTHORITIES, parameters };

export async function simulateBabe(seed: number, bug?: BabeBug): Promise<BabeResult> {
  const world = new BabeWorld(seed, bug);
  let violation: BrokenRule | undefined;
  try {
    await world.run();
  } catch (error) {
    if (!(error instanceof BrokenRule)) throw error;
    violation = error;
  }
  return { violation, counts: world.counts, digest: world.trace.digest() };
}

class BabeWorld {
  readonly trace = new Trace();
  readonly counts = noBabeCounts();
  readonly #random: SeededRandom;
  readonly #nodes: readonly Node[];
  readonly #signers: readonly { readonly signer: TestSigner; nonce: number }[];
  /** All that were made, by hash. */
  readonly #blocks = new Map<string, Block>();
  readonly #sent: Uint8Array[] = [];
  #slot = FIRST_SLOT;

  constructor(seed: number, bug: BabeBug | undefined) {
    this.#random = seededRandom(seed);
    const { development, signers } = network();
    const byLength = bug === "takes the longest chain, whoever had the slots";
    this.#nodes = AUTHORITIES.map((authority) => {
      const dev = aDevChain({ authority, follows: true, development });
      const { genesisHash } = dev.chain;
      dev.chain.events.subscribe((event) => {
        if (event.type !== "best" || event.retracted.length === 0) return;
        this.counts.reorgs++;
        for (const { hash } of event.retracted)
          this.counts.retracted += (dev.chain.body(hash)?.length ?? 0) - 1;
      });
      if (bug === "forgets transactions of retracted blocks") dev.pool.submit = noResubmission(dev);
      return {
        dev,
        book: new BestByTheBook(genesisHash, { byLength }),
        inbox: new Map(),
        early: new EarlyBlocks(),
        isAhead: this.#random.chance(0.25),
        side: 0,
      };
    });
    this.#signers = signers.map((signer) => ({ signer, nonce: 0 }));
  }

  async run(): Promise<void> {
    const silence = this.#random.between(8, FAULTY_SLOTS - 8);
    const end = FIRST_SLOT + FAULTY_SLOTS;
    while (this.#slot < end) {
      if (this.#slot === FIRST_SLOT + silence) this.#skip();
      if (this.#random.chance(0.15)) this.#cut();
      if (this.#random.chance(0.6)) this.#send();
      await this.#step();
      if (this.#random.chance(0.2)) this.#finalize();
    }
    for (const node of this.#nodes) node.side = 0;
    this.#deliverAll();
    for (let calm = 0; calm < CALM_SLOTS && !this.#isSettled(); calm++) {
      await this.#step();
      this.#deliverAll();
    }
    this.#checkEnd();
  }

  /** Nobody makes a block for whole epochs. */
  #skip(): void {
    const slots = this.#random.between(EPOCH_SLOTS, 4 * EPOCH_SLOTS);
    this.#slot += slots;
    this.#deliverAll();
    this.counts.skippedEpochs += Math.floor(slots / EPOCH_SLOTS) - 1;
  }

  /** Others hear each other from now on; often all do. */
  #cut(): void {
    const sides = this.#random.chance(0.5) ? 1 : 2;
    for (const node of this.#nodes) node.side = this.#random.between(0, sides - 1);
  }

  #send(): void {
    const sender = this.#random.pick(this.#signers);
    const bytes = sender.signer.transfer(SINK, VALUE, sender.nonce++);
    this.#sent.push(bytes);
    this.counts.transactions++;
    const entry = this.#random.pick(this.#nodes);
    this.#take(entry, bytes);
    this.#spread(entry, bytes);
  }

  /** By the clocks of most nodes. */
  get #nowMs(): number {
    return this.#slot * SLOT_MS + IN_SLOT_MS;
  }

  async #step(): Promise<void> {
    for (const node of this.#nodes) {
      for (const { block } of node.early.due(this.#nowMs)) this.#import(node, block);
      for (const arrived of node.inbox.get(this.#slot) ?? []) this.#take(node, arrived);
      node.inbox.delete(this.#slot);
    }
    // All author before any hears of it: a slot of several is a fork.
    const made: (readonly [Node, Block])[] = [];
    const slots = new Set<number>();
    for (const [index, node] of this.#nodes.entries()) {
      const slot = node.isAhead ? this.#slot + 1 : this.#slot;
      const { chain } = node.dev;
      const before = chain.unfinalized().length;
      await node.dev.author(slot);
      const own = chain
        .unfinalized()
        .find((one) => slotOf(one.header) === slot && !this.#has(one.hash));
      if (chain.unfinalized().length === before || own === undefined) continue;
      const body = chain.body(own.hash);
      assert(body, "an own block has a body");
      const block = { hash: own.hash, header: own.header, body };
      this.#blocks.set(toHex(own.hash), block);
      made.push([node, block]);
      if (slots.has(slot)) this.counts.equalSlots++;
      slots.add(slot);
      this.#note(node, own.hash, own.header);
      this.trace.add(`${slot} ${index} ${own.number}`);
    }
    this.counts.blocks += made.length;
    for (const [node, block] of made) this.#spread(node, block);
    this.#slot++;
  }

  #has(hash: Uint8Array): boolean {
    return this.#blocks.has(toHex(hash));
  }

  /** Reaches those on the same side within some slots, the others when the network is whole. */
  #spread(from: Node, what: Block | Uint8Array): void {
    for (const node of this.#nodes) {
      if (node === from) continue;
      const delay =
        node.side === from.side ? this.#random.between(0, MAX_DELAY_SLOTS) : FAULTY_SLOTS * 8;
      // Blocks are made at the end of a slot, or of the one before it by a clock that is ahead.
      const at = this.#slot + delay + (what instanceof Uint8Array || from.isAhead ? 0 : 1);
      if (at === this.#slot && !(what instanceof Uint8Array)) this.#take(node, what);
      else this.#later(node, at, what);
    }
  }

  #later(node: Node, slot: number, what: Block | Uint8Array): void {
    node.inbox.set(slot, [...(node.inbox.get(slot) ?? []), what]);
  }

  #deliverAll(): void {
    for (const node of this.#nodes) {
      const waiting = [...node.inbox].sort(([a], [b]) => a - b).flatMap(([, all]) => all);
      node.inbox.clear();
      for (const what of waiting) this.#take(node, what);
    }
  }

  #take(node: Node, what: Block | Uint8Array): void {
    if (what instanceof Uint8Array) submit(node.dev, what);
    else this.#import(node, what);
  }

  /** With what is missing below it, as sync would. */
  #import(node: Node, block: Pick<Block, "hash" | "header" | "body">): void {
    const { chain } = node.dev;
    const { hash, header, body } = block;
    if (this.#isAbandoned(node, block)) return;
    const parent = this.#blocks.get(toHex(header.parentHash));
    if (chain.header(header.parentHash) === undefined && parent) {
      this.#import(node, parent);
      // The parent waits for its slot, and so does what follows.
      if (chain.header(header.parentHash) === undefined) {
        this.#later(node, this.#slot + 1, block);
        return;
      }
    }
    // A clock that is ahead finds nothing early.
    const nowMs = this.#nowMs + (node.isAhead ? SLOT_MS : 0);
    const nowSlot = BigInt(Math.floor((nowMs + TOLERANCE_MS) / SLOT_MS));
    const context = { nowSlot, inherentData: inherentDataAt(nowMs) };
    const imported = chain.importBlock(header, body, context);
    if (imported.ok) {
      this.#note(node, imported.value.hash, header);
      return;
    }
    const { error } = imported;
    if (error.code === "import/known") return;
    const clock = { nowMs, slotDurationMs: SLOT_MS, toleranceMs: TOLERANCE_MS };
    const timing = error.code === "babe/slot-in-future" ? slotTiming(error.slot, clock) : undefined;
    if (timing?.type !== "early")
      throw new BrokenRule(`block ${header.number} of an honest author is refused: ${error.code}`);
    this.counts.early++;
    const received = { hash, header, body, justifications: [], size: 0 };
    node.early.add({ peer: toHex(hash), block: received }, nowMs + timing.waitMs);
  }

  /** On a fork that finality left, or below it. */
  #isAbandoned({ dev: { chain } }: Node, block: Pick<Block, "header">): boolean {
    const { hash, number } = chain.finalized;
    let lowest = block.header;
    while (lowest.number > number + 1) {
      const below = this.#blocks.get(toHex(lowest.parentHash));
      assert(below, "the world knows every block");
      lowest = below.header;
    }
    return lowest.number <= number || toHex(lowest.parentHash) !== toHex(hash);
  }

  #note({ dev, book }: Node, hash: Uint8Array, header: Header): void {
    const claim = babePreDigestOf(header);
    assert(claim.ok, "blocks have claims");
    book.add({ hash, header, isPrimary: claim.value.type === "Primary" });
    this.#checkBest(dev, book);
  }

  #checkBest({ chain }: DevChain, book: BestByTheBook): void {
    const expected = book.best(chain.finalized.hash);
    if (toHex(expected) !== toHex(chain.best.hash))
      throw new BrokenRule(`best is block ${chain.best.number}, and not what the rule says`);
    if (book.longest > chain.best.number) this.counts.shorterBests++;
    this.trace.add(`best ${chain.best.number}`);
  }

  /** A block that all have on their best chains becomes final, for all. */
  #finalize(): void {
    const [first] = this.#nodes;
    assert(first, "there are nodes");
    const lowest = Math.min(...this.#nodes.map(({ dev }) => dev.chain.best.number));
    for (let number = lowest; number > first.dev.chain.finalized.number; number--) {
      const hashes = this.#nodes.map(({ dev }) => dev.chain.hashAt(number));
      const [hash] = hashes;
      if (hash === undefined || hashes.some((other) => !other || toHex(other) !== toHex(hash)))
        continue;
      for (const { dev, book } of this.#nodes) {
        const target = { hash, number };
        const done = dev.chain.finalize(
          target,
          { round: 1n, target, precommits: [], votesAncestries: [] },
          dev.database.authoritySet(),
        );
        if (!done.ok)
          throw new BrokenRule(`block ${number} cannot become final: ${done.error.code}`);
        this.#checkBest(dev, book);
      }
      this.counts.finalized = number;
      return;
    }
  }

  #isSettled(): boolean {
    const heads = new Set(this.#nodes.map(({ dev }) => toHex(dev.chain.best.hash)));
    return heads.size === 1 && this.#missing().length === 0;
  }

  #missing(): readonly Uint8Array[] {
    const [first] = this.#nodes;
    assert(first, "there are nodes");
    const included = new Set(first.dev.blocks().flatMap(({ body }) => body.map(toHex)));
    return this.#sent.filter((bytes) => !included.has(toHex(bytes)));
  }

  #checkEnd(): void {
    const missing = this.#missing().length;
    if (missing > 0)
      throw new BrokenRule(`${missing} of ${this.#sent.length} transactions are lost`);
    if (!this.#isSettled()) throw new BrokenRule("the nodes do not agree on a best block");
    for (const { dev } of this.#nodes) {
      const all = dev.blocks().flatMap(({ body }) => body.map(toHex));
      const sent = new Set(this.#sent.map(toHex));
      const found = all.filter((hex) => sent.has(hex));
      if (found.length !== sent.size) throw new BrokenRule("a transaction is in a chain twice");
      for (const { signer, nonce } of this.#signers)
        if (nonceOf(dev, signer.account) !== nonce)
          throw new BrokenRule("an account has another nonce than transactions");
      if (dev.pool.size.readyCount + dev.pool.size.futureCount > 0)
        throw new BrokenRule("a pool holds what a block has taken");
    }
  }
}

function slotOf(header: Header): number {
  const claim = babePreDigestOf(header);
  return claim.ok ? Number(claim.value.value.slot) : 0;
}

/** Refusals are the pool's business: what it has, what a block has, what it waits with. */
function submit({ pool }: DevChain, bytes: Uint8Array): void {
  try {
    pool.submit(bytes);
  } catch (error) {
    if (!(error instanceof PhaError)) throw error;
  }
}

/** What comes back from a retracted block is submitted as the node's own; nothing else is here. */
function noResubmission({ pool }: DevChain): DevChain["pool"]["submit"] {
  const original = pool.submit.bind(pool);
  return (bytes, source) => (source === "Local" ? "" : original(bytes, source));
}

function nonceOf({ chain, development }: DevChain, account: Uint8Array): number {
  const overlay = createOverlay(chain.stateOf(chain.best.header));
  const answer = development.runtime.runtimeApi(overlay, "AccountNonceApi_account_nonce", account);
  const nonce = answer.ok ? decode(u32, answer.value) : answer;
  assert(nonce.ok, "the runtime answers nonces");
  return nonce.value;
}
