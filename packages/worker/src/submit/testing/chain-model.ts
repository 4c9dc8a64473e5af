/**
 * A node, its pool and chain as simple as can be, with seeded faults, for the submit queue: requests that get lost before
 * or after they arrive, a pool that forgets everything, somebody else who uses the account, boots that are replaced.
 */

import type { Report, Submission, Verdict } from "../submission.ts";
import { createSubmitQueue } from "../submit-queue.ts";

interface Pooled {
  readonly nonce: number;
  readonly tip: bigint;
  readonly lane: string;
  readonly sequence: bigint;
}

const FILLER = Uint8Array.of(255);
const LANES = ["a", "b", "c"];

export interface ChainModel {
  run(): void;
  problems(): readonly string[];
}

export function createChainModel(seed: number): ChainModel {
  let state = seed * 2_654_435_761;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const chance = (p: number): boolean => random() < p;

  const problems: string[] = [];
  const queue = createSubmitQueue(Math.floor(random() * 5), FILLER);
  const pool = new Map<number, Pooled>();
  const expected = new Map<string, bigint>();
  const boots = new Map<string, string>();
  const made = new Map<string, bigint>();
  const broken = new Set<string>();
  const executed: string[] = [];
  /** Lane whose message with this sequence no chain accepts. */
  const poison = chance(0.4) ? { lane: "a#0", sequence: 3n } : undefined;
  let chainNonce = 0;
  let nextBoot = 0;
  let block = 0;

  function openBoot(name: string): void {
    const boot = `${name}#${nextBoot++}`;
    boots.set(name, boot);
    made.set(boot, 0n);
    expected.set(boot, 0n);
  }

  function callOf(lane: string, sequence: bigint): Uint8Array {
    return new TextEncoder().encode(`${lane} ${sequence}`);
  }

  function isCurrent(lane: string): boolean {
    return [...boots.values()].includes(lane);
  }

  /** What the pool says to an extrinsic. */
  function submit({ nonce, call, tip }: Submission): Verdict {
    const text = new TextDecoder().decode(call);
    const isFiller = call === FILLER;
    const [lane = "", sequence = "0"] = text.split(" ");
    const entry = {
      nonce,
      tip,
      lane: isFiller ? "" : lane,
      sequence: BigInt(isFiller ? 0 : sequence),
    };
    if (nonce < chainNonce) return { type: "stale" };
    const there = pool.get(nonce);
    const isSame =
      there?.lane === entry.lane && there.sequence === entry.sequence && there.tip === tip;
    if (there !== undefined && isSame) return { type: "known" };
    if (there !== undefined && there.tip >= tip) return { type: "occupied" };
    if (!isFiller) {
      if (poison?.lane === lane && poison.sequence === entry.sequence)
        return { type: "invalid", reason: "poison" };
      if (entry.sequence < (expected.get(lane) ?? 0n)) return { type: "stale" };
    }
    pool.set(nonce, entry);
    return { type: "accepted" };
  }

  /** Includes what is in order; messages of replaced boots wait for ever. */
  function makeBlock(): void {
    block += 1;
    for (let room = 6; room > 0; room--) {
      const next = pool.get(chainNonce);
      if (next === undefined) return;
      const { lane, sequence } = next;
      if (lane !== "" && lane !== "foreign") {
        if (!isCurrent(lane) || sequence > (expected.get(lane) ?? 0n)) return;
        if (sequence < (expected.get(lane) ?? 0n)) {
          pool.delete(chainNonce);
          return;
        }
        expected.set(lane, sequence + 1n);
        executed.push(`${lane} ${sequence}`);
      }
      pool.delete(chainNonce);
      chainNonce += 1;
    }
  }

  function hear(reports: readonly Report[]): void {
    for (const report of reports) {
      if (report.type === "lane-broken") {
        broken.add(report.lane);
        const name = report.lane.split("#")[0] ?? "";
        if (boots.get(name) === report.lane) openBoot(name);
      }
      if (report.type === "resync") {
        let next = chainNonce;
        while (pool.has(next)) next += 1;
        queue.resync(next);
      }
    }
  }

  function talk(isCalm: boolean): void {
    for (const submission of queue.next()) {
      if (!isCalm && chance(0.1)) {
        queue.verdict(submission.ticket, { type: "lost" });
        continue;
      }
      const verdict = submit(submission);
      const isAnswerLost = !isCalm && chance(0.1);
      hear(queue.verdict(submission.ticket, isAnswerLost ? { type: "lost" } : verdict));
    }
  }

  function speak(): void {
    for (const name of LANES) {
      const boot = boots.get(name) ?? "";
      for (let count = Math.floor(random() * 3); count > 0; count--) {
        const sequence = made.get(boot) ?? 0n;
        made.set(boot, sequence + 1n);
        queue.push({ lane: boot, kind: "message", sequence, call: callOf(boot, sequence) });
      }
    }
  }

  function fault(): void {
    if (chance(0.05)) pool.clear();
    if (chance(0.05)) {
      const name = LANES[Math.floor(random() * LANES.length)] ?? "a";
      queue.closeLane(boots.get(name) ?? "");
      openBoot(name);
    }
    if (chance(0.1)) {
      let next = chainNonce;
      while (pool.has(next)) next += 1;
      pool.set(next, { nonce: next, tip: 1n, lane: "foreign", sequence: 0n });
    }
  }

  return {
    run() {
      for (const name of LANES) openBoot(name);
      for (let round = 0; round < 60; round++) {
        if (round < 40) speak();
        fault();
        talk(false);
        makeBlock();
        if (chance(0.8))
          hear(queue.finalized({ block, nonce: chainNonce, expected, registered: new Map() }));
      }
      for (let round = 0; round < 250 && queue.size.waiting + queue.size.inFlight > 0; round++) {
        talk(true);
        makeBlock();
        hear(queue.finalized({ block, nonce: chainNonce, expected, registered: new Map() }));
      }
    },
    problems() {
      const { waiting, inFlight, bytes } = queue.size;
      if (waiting + inFlight + bytes > 0)
        problems.push(`left over: ${waiting} waiting, ${inFlight} in flight, ${bytes} bytes`);
      for (const boot of boots.values())
        if (expected.get(boot) !== made.get(boot) && !broken.has(boot))
          problems.push(`${boot}: ${expected.get(boot)} of ${made.get(boot)} executed`);
      for (const lane of broken)
        if (lane !== poison?.lane) problems.push(`${lane} is broken without a reason`);
      if (new Set(executed).size !== executed.length) problems.push("something executed twice");
      return problems;
    },
  };
}
