/** Network, clock and faults around the nodes of a simulation. */
import {
  type AuthoritySet,
  type Consequence,
  type EquivocationProof,
  encodeGossipMessage,
  GOSSIP_MS,
  type Header,
  type VerdictCode,
  type VoteMessage,
  verifyEquivocation,
} from "@pha/consensus";
import { EventQueue } from "./event-queue.ts";
import { Invariants, Violation } from "./invariants.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { FAULTS, type FaultCounts, isHonest, type Scenario } from "./scenario.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";
import { authorsOf, setAfter } from "./sim-blocks.ts";
import type { StoredFinality } from "./sim-disk.ts";
import { type SimKeys, simKeys } from "./sim-keys.ts";
import { type NodeTask, SimNode } from "./sim-node.ts";
import { Trace } from "./trace.ts";

export type SimMessage =
  | { readonly type: "gossip"; readonly bytes: Uint8Array }
  | {
      readonly type: "headers";
      readonly headers: readonly Header[];
      readonly finality: readonly StoredFinality[];
    }
  | {
      readonly type: "headers-request";
      readonly hash: Uint8Array;
      readonly finalizedNumber: number;
    }
  | { readonly type: "finality-request"; readonly finalizedNumber: number }
  | { readonly type: "status"; readonly finalizedNumber: number };

type Event =
  | {
      readonly type: "message";
      readonly from: number;
      readonly to: number;
      readonly fromIncarnation: number;
      readonly toIncarnation: number;
      readonly message: SimMessage;
    }
  | {
      readonly type: "timer";
      readonly node: number;
      readonly incarnation: number;
      readonly task: NodeTask;
    }
  | { readonly type: "slot"; readonly node: number; readonly slot: number }
  | { readonly type: "status"; readonly node: number }
  | { readonly type: "restart"; readonly node: number }
  | { readonly type: "fault-tick"; readonly slot: number }
  | { readonly type: "heal-partition" };

const STATUS_MS = 2_000;
/** Time in which finality must resume everywhere after the faults, and by how many blocks. */
const RECOVERY_MS = 60_000;
const RECOVERY_BLOCKS = 2;

export class SimWorld {
  readonly scenario: Scenario;
  readonly keys: SimKeys;
  readonly genesisSet: AuthoritySet;
  readonly invariants: Invariants;
  readonly random: SeededRandom;
  readonly gossipMs = GOSSIP_MS;
  readonly counts: FaultCounts;
  readonly trace = new Trace();
  readonly nodes: readonly SimNode[];
  /** Equivocations that honest nodes proved. */
  equivocationsSeen = 0;
  readonly #queue = new EventQueue<Event>();
  /** Side of each node while there is a partition. */
  #sides: readonly number[] | undefined;
  #isFaulty = true;
  readonly #skews: readonly { readonly offsetMs: number; readonly speed: number }[];
  readonly #lastArrival = new Map<number, number>();

  constructor(scenario: Scenario, bug: PlantedBug | undefined) {
    this.scenario = scenario;
    const { validators, observers, silent, seed, skewMs, skewPercent } = scenario;
    this.random = seededRandom(seed ^ 0x5bd1e995);
    this.keys = simKeys(validators, scenario.realSignatures ? "real" : "model");
    this.genesisSet = setAfter(scenario, this.keys, 0n);
    this.invariants = new Invariants(this.keys.verify);
    this.counts = noCounts();
    const indexes = Array.from({ length: validators + observers }, (_, index) => index);
    this.#skews = indexes.map(() => ({
      offsetMs: this.random.between(0, skewMs),
      speed: 1 + this.random.between(-skewPercent, skewPercent) / 100,
    }));
    if (skewMs > 0 || skewPercent > 0) this.counts.clockSkew++;
    this.counts.silence += silent.length;
    this.nodes = indexes.map(
      (index) =>
        new SimNode({
          index,
          key: silent.includes(index) ? undefined : this.keys.keys[index],
          behaviour: isHonest(scenario, index) ? "honest" : "equivocates",
          world: this,
          bug,
        }),
    );
  }

  /** Virtual time since the start. */
  get nowMs(): number {
    return this.#queue.nowMs;
  }

  /** @throws Violation */
  run(): void {
    for (const node of this.nodes) node.start();
    for (const node of this.nodes)
      for (const peer of this.nodes) if (peer !== node) node.connect(peer);
    for (const { index } of this.nodes) {
      this.#queue.add(this.#slotDelay(index, 1), { type: "slot", node: index, slot: 1 });
      this.#queue.add(STATUS_MS + index, { type: "status", node: index });
    }
    this.#queue.add(this.scenario.slotMs, { type: "fault-tick", slot: 1 });
    const faultyMs = this.scenario.faultySlots * this.scenario.slotMs;
    let goal = Number.POSITIVE_INFINITY;
    for (let next = this.#queue.next(); next; next = this.#queue.next()) {
      if (this.#isFaulty && next.atMs >= faultyMs) {
        this.#endFaults();
        goal = this.invariants.highest + RECOVERY_BLOCKS;
      }
      this.trace.add(`${next.atMs} ${next.what.type}`);
      this.#happen(next.what);
      if (!this.#isFaulty && this.#hasRecovered(goal)) return;
      if (next.atMs > faultyMs + RECOVERY_MS) throw this.#stuck(goal);
    }
  }

  // Called by nodes.

  send(from: SimNode, to: SimNode, message: SimMessage): void {
    const { loss, duplication, late, lateMs, latencyMs } = this.scenario;
    if (!from.isUp) return;
    this.trace.add(
      `${from.index} ${to.index} ${message.type}`,
      message.type === "gossip" ? message.bytes : undefined,
    );
    if (this.#sides && this.#sides[from.index] !== this.#sides[to.index]) {
      this.counts.partition++;
      return;
    }
    if (this.#isFaulty && this.random.chance(loss)) {
      this.counts.loss++;
      return;
    }
    const [low, high] = latencyMs;
    let delay = this.random.between(low, high);
    if (this.#isFaulty && this.random.chance(late)) {
      delay += this.random.between(0, lateMs);
      this.counts.delay++;
    }
    this.#post(from, to, message, delay);
    if (!this.#isFaulty || !this.random.chance(duplication)) return;
    this.counts.duplication++;
    this.#post(from, to, message, delay + this.random.between(0, high));
  }

  sendTo(from: SimNode, name: string, message: SimMessage): void {
    const to = this.nodes[Number(name)];
    if (to) this.send(from, to, message);
  }

  broadcast(from: SimNode, message: SimMessage, except?: SimNode): void {
    for (const to of this.nodes) if (to !== from && to !== except) this.send(from, to, message);
  }

  askAnyone(from: SimNode, message: SimMessage): void {
    const others = this.nodes.filter((node) => node !== from && node.isUp);
    if (others.length > 0) this.send(from, this.random.pick(others), message);
  }

  later(node: SimNode, afterMs: number, task: NodeTask): void {
    const { speed } = this.#skews[node.index] ?? { speed: 1 };
    const { index, incarnation } = node;
    this.#queue.add(Math.round(afterMs * speed), {
      type: "timer",
      node: index,
      incarnation,
      task,
    });
  }

  lostWrites(unsynced: number): number {
    const lost = this.random.between(0, unsynced);
    this.counts.lostWrites += lost;
    return lost;
  }

  crash(node: SimNode): void {
    this.counts.crash++;
    node.crash();
    for (const peer of this.nodes) if (peer !== node && peer.isUp) peer.disconnect(node);
    this.#queue.add(this.random.between(100, 6_000), { type: "restart", node: node.index });
  }

  onFinalized(node: SimNode, before: number): void {
    this.trace.add(`final ${node.index} ${node.finalized.number}`, node.finalized.hash);
    if (node.isHonest) this.invariants.onFinalized(node.index, node.disk, before);
    if (node.disk.finality.at(-1)?.endsSet) this.counts.setChange++;
  }

  onReport(node: SimNode, peer: string, code: VerdictCode, consequence: Consequence): void {
    if (consequence !== "hostile" || !node.isHonest) return;
    if (this.nodes[Number(peer)]?.isHonest)
      throw new Violation("an honest peer was taken for hostile", `${node.index} ${peer} ${code}`);
  }

  onEquivocationSeen(node: SimNode, proof: EquivocationProof): void {
    if (!node.isHonest) return;
    this.equivocationsSeen++;
    const isReal = !this.scenario.realSignatures || verifyEquivocation(proof).ok;
    const { keys } = this.keys;
    const culprit = keys.findIndex(({ publicKey }) => publicKey === proof.authority);
    if (!isReal || (culprit >= 0 && isHonest(this.scenario, culprit)))
      throw new Violation("an honest voter voted twice", `proven by node ${node.index}`);
  }

  /** An equivocator tells some peers this and others that; now and then it sends nonsense. */
  voteTwice(node: SimNode, vote: VoteMessage): boolean {
    const other = this.random.chance(0.8) ? node.otherVote(vote) : undefined;
    if (other === undefined) return false;
    this.counts.equivocation++;
    for (const peer of this.nodes) {
      if (peer === node) continue;
      const which = this.random.between(0, 2);
      if (which !== 1) node.sendVote(peer, vote);
      if (which !== 0) node.sendVote(peer, other);
      if (!this.random.chance(0.1)) continue;
      this.counts.garbage++;
      const bytes = encodeGossipMessage({ type: "Vote", value: vote });
      const at = this.random.between(0, bytes.length - 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << this.random.between(0, 7));
      this.send(node, peer, { type: "gossip", bytes });
    }
    return true;
  }

  // Happenings.

  #happen(event: Event): void {
    switch (event.type) {
      case "message": {
        const { from, to, fromIncarnation, toIncarnation, message } = event;
        const sender = this.nodes[from];
        const receiver = this.nodes[to];
        if (!sender || !receiver?.isUp || receiver.incarnation !== toIncarnation) return;
        // The connection broke when the sender crashed.
        if (sender.incarnation === fromIncarnation) receiver.onMessage(sender, message);
        return;
      }
      case "timer": {
        const node = this.nodes[event.node];
        if (node?.isUp && node.incarnation === event.incarnation) node.run(event.task);
        return;
      }
      case "slot":
        this.#onSlot(event.node, event.slot);
        return;
      case "status":
        this.nodes[event.node]?.tellStatus();
        this.#queue.add(STATUS_MS, event);
        return;
      case "restart": {
        const node = this.nodes[event.node];
        if (!node || node.isUp) return;
        node.restart();
        this.#connect(node);
        return;
      }
      case "fault-tick":
        this.#inflict(event.slot);
        return;
      case "heal-partition":
        this.#sides = undefined;
        return;
    }
  }

  #onSlot(index: number, slot: number): void {
    const node = this.nodes[index];
    const { primaries, secondary } = authorsOf(this.scenario, slot);
    if (node && primaries.includes(index)) node.onSlot(slot, "primary");
    else if (node && secondary === index) node.onSlot(slot, "secondary");
    if (primaries.length > 1) this.counts.fork++;
    this.#queue.add(this.scenario.slotMs, { type: "slot", node: index, slot: slot + 1 });
  }

  #inflict(slot: number): void {
    if (!this.#isFaulty) return;
    const { partition, crash, slotMs } = this.scenario;
    if (this.#sides === undefined && this.random.chance(partition)) {
      this.#sides = this.nodes.map(() => this.random.between(0, 1));
      this.#queue.add(this.random.between(1, 6) * slotMs, { type: "heal-partition" });
    }
    if (this.random.chance(crash)) {
      const node = this.random.pick(this.nodes);
      if (node.isUp) node.crashIn = this.random.between(0, 12);
    }
    this.#queue.add(slotMs, { type: "fault-tick", slot: slot + 1 });
  }

  #endFaults(): void {
    this.#isFaulty = false;
    this.#sides = undefined;
    for (const node of this.nodes) {
      node.crashIn = Number.POSITIVE_INFINITY;
      if (node.isUp) continue;
      node.restart();
      this.#connect(node);
    }
  }

  #connect(node: SimNode): void {
    for (const peer of this.nodes) {
      if (peer === node || !peer.isUp) continue;
      peer.connect(node);
      node.connect(peer);
    }
  }

  #hasRecovered(goal: number): boolean {
    return this.nodes.every((node) => !node.isHonest || node.finalized.number >= goal);
  }

  #stuck(goal: number): Violation {
    const heights = this.nodes.map(({ finalized }) => finalized.number);
    return new Violation("finality did not resume", `heights ${heights}, goal ${goal}`);
  }

  #slotDelay(index: number, slot: number): number {
    return slot * this.scenario.slotMs + (this.#skews[index]?.offsetMs ?? 0);
  }

  #post(from: SimNode, to: SimNode, message: SimMessage, delayMs: number): void {
    const pair = from.index * this.nodes.length + to.index;
    const arrival = this.#queue.nowMs + delayMs;
    if (arrival < (this.#lastArrival.get(pair) ?? 0)) this.counts.reorder++;
    this.#lastArrival.set(pair, Math.max(arrival, this.#lastArrival.get(pair) ?? 0));
    this.#queue.add(delayMs, {
      type: "message",
      from: from.index,
      to: to.index,
      fromIncarnation: from.incarnation,
      toIncarnation: to.incarnation,
      message,
    });
  }
}

function noCounts(): FaultCounts {
  // Every fault of the list has an entry.
  return Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as FaultCounts;
}
