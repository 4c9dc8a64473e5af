/**
 * A node of the simulation: the real voter and gossip, a disk that can lose writes, a model of block sync.
 *
 * It may crash before any single output is carried out.
 */
import {
  type BlockRef,
  bytesKey,
  encodeGossipMessage,
  type GossipInput,
  type GossipOutput,
  GrandpaGossip,
  type GrandpaVoter,
  type Header,
  signedVotePayload,
  startVoter,
  type VoteMessage,
  type VoterInput,
  type VoterOutput,
} from "@pha/consensus";
import { assert, equalBytes } from "@pha/scale";
import { type PlantedBug, rulesWith } from "./planted-bug.ts";
import { blockOn, hashOf, refOf, slotOf } from "./sim-blocks.ts";
import { SimDisk } from "./sim-disk.ts";
import type { SimKey } from "./sim-keys.ts";
import type { SimMessage, SimWorld } from "./sim-world.ts";

/** Headers of an answer, as real sync bounds them. */
const MAX_SYNC_HEADERS = 64;
const MAX_SYNC_PROOFS = 4;

export type NodeTask =
  | { readonly to: "voter"; readonly input: VoterInput }
  | { readonly to: "gossip"; readonly input: GossipInput };

export interface SimNodeOptions {
  readonly index: number;
  readonly key: SimKey | undefined;
  readonly behaviour: "honest" | "equivocates";
  readonly world: SimWorld;
  readonly bug: PlantedBug | undefined;
}

export class SimNode {
  readonly index: number;
  readonly disk: SimDisk;
  /** Counts restarts: what was under way to an earlier one is lost. */
  incarnation = 0;
  isUp = true;
  /** Outputs until it crashes. */
  crashIn = Number.POSITIVE_INFINITY;
  readonly #options: SimNodeOptions;
  readonly #world: SimWorld;
  #voter: GrandpaVoter;
  #gossip: GrandpaGossip;
  #queue: NodeTask[] = [];
  #isRunning = false;
  #lastSlotSeen = -1;
  /** Asked for until they come: an answer may be lost. */
  readonly #wanted = new Map<string, BlockRef>();
  /** Of the planted bug that writes too late. */
  #unwritten: (() => void)[] = [];

  constructor(options: SimNodeOptions) {
    this.#options = options;
    this.index = options.index;
    this.#world = options.world;
    this.disk = new SimDisk(this.#world.genesisSet);
    this.#voter = this.#openVoter();
    this.#gossip = this.#openGossip();
  }

  get name(): string {
    return `${this.index}`;
  }

  get isHonest(): boolean {
    return this.#options.behaviour === "honest";
  }

  get finalized(): BlockRef {
    return this.disk.tree.root;
  }

  get set() {
    return this.#voter.set;
  }

  start(): void {
    this.run({ to: "gossip", input: { type: "start" } });
    this.run({ to: "voter", input: { type: "start" } });
    this.run({ to: "voter", input: { type: "chain" } });
  }

  connect(peer: SimNode): void {
    this.run({ to: "gossip", input: { type: "peer-connected", peer: peer.name } });
  }

  disconnect(peer: SimNode): void {
    this.run({ to: "gossip", input: { type: "peer-disconnected", peer: peer.name } });
  }

  crash(): void {
    this.isUp = false;
    this.incarnation++;
    this.crashIn = Number.POSITIVE_INFINITY;
    this.#queue = [];
    this.#unwritten = [];
    this.#wanted.clear();
    this.disk.crash(this.#world.lostWrites(this.disk.unsynced));
    this.#lastSlotSeen = -1;
  }

  restart(): void {
    this.isUp = true;
    this.#voter = this.#openVoter();
    this.#gossip = this.#openGossip();
    this.start();
  }

  run(task: NodeTask): void {
    this.#queue.push(task);
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const outputs = next.to === "voter" ? this.#voter.step(next.input) : [];
      for (const output of outputs) if (this.#survives()) this.#carryOut(output);
      const sends = next.to === "gossip" ? this.#gossip.step(next.input) : [];
      for (const output of sends) if (this.#survives()) this.#send(output);
    }
    this.#isRunning = false;
    for (const write of this.#unwritten.splice(0)) if (this.#survives()) write();
    if (!this.isUp) return;
    this.#world.invariants.onStep(this.index, this.#voter, this.#gossip);
  }

  /** Authors a block when the slot is this node's. */
  onSlot(slot: number, claim: "primary" | "secondary"): void {
    if (!this.isUp || (claim === "secondary" && this.#lastSlotSeen >= slot)) return;
    const parent = this.disk.headers.get(bytesKey(this.disk.tree.best.hash));
    assert(parent, "the best block is stored");
    const { scenario, keys } = this.#world;
    this.#import(blockOn({ scenario, keys, parent, author: this.index, slot, claim }), undefined);
    this.run({ to: "voter", input: { type: "chain" } });
  }

  onMessage(from: SimNode, message: SimMessage): void {
    switch (message.type) {
      case "gossip":
        this.run({
          to: "gossip",
          input: { type: "message", peer: from.name, bytes: message.bytes },
        });
        return;
      case "headers": {
        let isNew = false;
        for (const header of message.headers) isNew = this.#import(header, from) || isNew;
        if (isNew) this.run({ to: "voter", input: { type: "chain" } });
        for (const { justification } of message.finality)
          this.run({ to: "voter", input: { type: "justification", justification } });
        return;
      }
      case "headers-request":
        this.#answerHeaders(from, message.hash, message.finalizedNumber);
        return;
      case "finality-request":
        this.#answerFinality(from, message.finalizedNumber);
        return;
      case "status":
        if (message.finalizedNumber > this.finalized.number)
          this.#say(from, {
            type: "finality-request",
            finalizedNumber: this.finalized.number,
          });
        return;
    }
  }

  /** What sync says of itself every while. */
  tellStatus(): void {
    if (!this.isUp) return;
    this.#world.broadcast(this, { type: "status", finalizedNumber: this.finalized.number });
    for (const [id, block] of this.#wanted) {
      if (block.number <= this.finalized.number || this.disk.headers.has(id))
        this.#wanted.delete(id);
      else this.#askFor(block);
    }
  }

  // Blocks.

  /** @returns whether the block is new; its parent is asked for when that is missing */
  #import(header: Header, from: SimNode | undefined): boolean {
    const { number, parentHash } = header;
    if (number <= this.finalized.number || this.disk.headers.has(bytesKey(hashOf(header))))
      return false;
    if (!this.disk.putBlock(header)) {
      const finalizedNumber = this.finalized.number;
      if (from) this.#say(from, { type: "headers-request", hash: parentHash, finalizedNumber });
      return false;
    }
    this.#lastSlotSeen = Math.max(this.#lastSlotSeen, slotOf(header));
    this.#world.broadcast(this, { type: "headers", headers: [header], finality: [] }, from);
    return true;
  }

  #answerHeaders(to: SimNode, hash: Uint8Array, finalizedNumber: number): void {
    const headers: Header[] = [];
    let header = this.disk.headers.get(bytesKey(hash));
    while (header && header.number > finalizedNumber && headers.length < MAX_SYNC_HEADERS) {
      headers.unshift(header);
      header = this.disk.headers.get(bytesKey(header.parentHash));
    }
    if (headers.length > 0) this.#say(to, { type: "headers", headers, finality: [] });
  }

  #answerFinality(to: SimNode, finalizedNumber: number): void {
    const finality = this.disk.finality
      .filter(({ block }) => block.number > finalizedNumber)
      .slice(0, MAX_SYNC_PROOFS);
    const last = finality.at(-1);
    if (last === undefined) return;
    const headers: Header[] = finality.flatMap((one) => one.justification.votesAncestries);
    for (let number = last.block.number; number > finalizedNumber; number--) {
      const block = this.disk.finalized[number];
      const header = block && this.disk.headers.get(bytesKey(block.hash));
      if (header) headers.push(header);
    }
    headers.sort((a, b) => a.number - b.number);
    this.#say(to, { type: "headers", headers, finality });
  }

  #askFor({ hash }: BlockRef): void {
    const finalizedNumber = this.finalized.number;
    this.#world.askAnyone(this, { type: "headers-request", hash, finalizedNumber });
  }

  #say(to: SimNode, message: SimMessage): void {
    this.#world.send(this, to, message);
  }

  // What the cores say.

  #survives(): boolean {
    if (!this.isUp) return false;
    if (this.crashIn-- > 0) return true;
    this.#world.crash(this);
    return false;
  }

  #carryOut(output: VoterOutput): void {
    switch (output.type) {
      case "persist": {
        const { record } = output;
        if (this.#options.bug !== "persists after it signed") this.disk.putRecord(record, "synced");
        else this.#unwritten.push(() => this.disk.putRecord(record, "synced"));
        return;
      }
      case "sign":
        this.#sign(output);
        return;
      case "finalize":
        this.#finalize(output);
        return;
      case "set-timer":
        this.#world.later(this, output.afterMs, {
          to: "voter",
          input: { type: "timer", timer: output.timer },
        });
        return;
      case "want-block":
        this.#wanted.set(bytesKey(output.block.hash), output.block);
        this.#askFor(output.block);
        return;
      case "equivocation":
        this.#world.onEquivocationSeen(this, output.proof);
        return;
      case "gossip-vote":
        if (!this.isHonest && this.#world.voteTwice(this, output.vote)) return;
        this.run({ to: "gossip", input: output });
        return;
      case "judged":
      case "gossip-commit":
      case "catch-up-answer":
      case "position":
        this.run({ to: "gossip", input: output });
        return;
    }
  }

  #send(output: GossipOutput): void {
    switch (output.type) {
      case "send":
        this.#world.sendTo(this, output.peer, { type: "gossip", bytes: output.bytes });
        return;
      case "deliver":
        this.run({ to: "voter", input: output.input });
        return;
      case "report":
        this.#world.onReport(this, output.peer, output.code, output.consequence);
        return;
      case "set-timer":
        this.#world.later(this, output.afterMs, {
          to: "gossip",
          input: { type: "timer", timer: output.timer },
        });
        return;
    }
  }

  #sign({ kind, round, setId, payload }: VoterOutput & { readonly type: "sign" }): void {
    const { key } = this.#options;
    assert(key, "only a voter with a key is asked to sign");
    if (this.isHonest)
      this.#world.invariants.onSigned({ node: this.index, setId, round, kind }, payload);
    const signature = key.sign(payload);
    this.run({ to: "voter", input: { type: "signed", kind, round, setId, signature } });
  }

  #finalize({ block, justification, set }: VoterOutput & { readonly type: "finalize" }): void {
    const before = this.finalized.number;
    if (this.isHonest && this.#options.bug === undefined)
      this.#world.invariants.onProof(
        this.index,
        { block, justification, set: this.disk.set },
        (above, ancestor) => this.disk.tree.isDescendant(above, ancestor),
      );
    this.disk.putFinality(block, justification, set);
    this.#world.onFinalized(this, before);
  }

  /** Another vote than the one given, for a block this node knows. */
  otherVote({ kind, round, setId, target }: VoteMessage): VoteMessage | undefined {
    const { key } = this.#options;
    const blocks = [...this.disk.headers.values()]
      .slice(-6)
      .map(refOf)
      .filter(({ hash }) => bytesKey(hash) !== bytesKey(target.hash));
    if (key === undefined || blocks.length === 0) return undefined;
    const other = this.#world.random.pick(blocks);
    const signature = key.sign(signedVotePayload(kind, { ...other, round, setId }));
    return { kind, round, setId, target: other, signature, authority: key.publicKey };
  }

  sendVote(to: SimNode, vote: VoteMessage): void {
    this.#say(to, { type: "gossip", bytes: encodeGossipMessage({ type: "Vote", value: vote }) });
  }

  #openVoter(): GrandpaVoter {
    const { key, bug } = this.#options;
    const started = startVoter({
      set: this.disk.set,
      isOwn: (candidate) => key !== undefined && equalBytes(candidate, key.publicKey),
      finalized: this.disk.tree.root,
      record: this.disk.record,
      chain: {
        header: (hash) => this.disk.headers.get(bytesKey(hash)),
        bestContaining: (hash) => this.disk.tree.bestContaining(hash),
      },
      rules: rulesWith(bug),
      verify: this.#world.keys.verify,
    });
    assert(started.ok, "a journal loses what came last first");
    return started.value;
  }

  #openGossip(): GrandpaGossip {
    return new GrandpaGossip({ position: this.#voter.position, gossipMs: this.#world.gossipMs });
  }
}
