import fc from "fast-check";
import { expect, test } from "vitest";
import { createPipeFlow, type FrameType, PIPE_WINDOW, URGENT_RESERVE } from "./flow.ts";

const FRAME = new Uint8Array(10);

function anEnd(limits: { maxWaiting?: number; maxWaitingBytes?: number } = {}) {
  const written: Uint8Array[] = [];
  const flow = createPipeFlow({
    write: (frame) => written.push(frame),
    maxWaiting: limits.maxWaiting ?? 1_000,
    maxWaitingBytes: limits.maxWaitingBytes ?? 1 << 20,
  });
  return { flow, written };
}

test("no more requests and notes are under way than the window, and a reserve is kept for urgent ones", () => {
  const { flow, written } = anEnd();
  for (let i = 0; i < 100; i++) expect(flow.send("Query", FRAME).ok).toBe(true);
  expect(written.length).toBe(PIPE_WINDOW - URGENT_RESERVE);
  expect(flow.waiting).toBe(100 - written.length);
  for (let i = 0; i < 5; i++) flow.send("Batch", Uint8Array.of(i), { urgent: true });
  expect(written.slice(-2).map(([first]) => first)).toEqual([0, 1]);
  expect(flow.outstanding).toBe(PIPE_WINDOW);
  // Room that answers make goes to urgent frames first.
  for (let i = 0; i < 4; i++) flow.receive("Answer");
  expect(written.slice(-3).map(([first]) => first)).toEqual([2, 3, 4]);
});

test("answers and credits need no credit", () => {
  const { flow, written } = anEnd();
  for (let i = 0; i < 70; i++) flow.send("Message", FRAME);
  const before = written.length;
  flow.receive("Query");
  flow.send("Answer", FRAME);
  flow.send("Credit", FRAME);
  flow.send("Failed", FRAME);
  expect(written.length).toBe(before + 3);
});

test("the peer's frames beyond the window are refused, whatever their kinds", () => {
  const { flow } = anEnd();
  for (let i = 0; i < PIPE_WINDOW; i++)
    expect(flow.receive(i % 2 === 0 ? "Query" : "Register").ok).toBe(true);
  const refused = { ok: false, error: { code: "pipe/no-credit" } };
  expect(flow.receive("Query")).toEqual(refused);
  expect(flow.receive("Register")).toEqual(refused);
  // An answer, or credit for what was taken in, makes room.
  flow.send("QueryRefused", FRAME);
  expect(flow.receive("Query").ok).toBe(true);
  expect(flow.receive("Query")).toEqual(refused);
  expect(flow.takeOwedCredit()).toBe(PIPE_WINDOW / 2);
  expect(flow.takeOwedCredit()).toBe(0);
  expect(flow.receive("Query").ok).toBe(true);
});

test("a peer cannot give back what it was not sent", () => {
  const { flow } = anEnd();
  const refused = { ok: false, error: { code: "pipe/unasked" } };
  expect(flow.receive("Proof")).toEqual(refused);
  flow.send("Read", FRAME);
  expect(flow.receive("Credit", 1)).toEqual(refused);
  expect(flow.receive("Proof").ok).toBe(true);
  expect(flow.receive("Proof")).toEqual(refused);
  flow.send("Message", FRAME);
  expect(flow.receive("Credit", 2)).toEqual(refused);
  expect(flow.receive("Credit", 0)).toEqual(refused);
  expect(flow.receive("Proof")).toEqual(refused);
  expect(flow.receive("Credit", 1).ok).toBe(true);
});

test("what waits is bounded by number and bytes; what nobody wants any more makes room and is not sent", () => {
  const few = anEnd({ maxWaiting: 3 });
  let isVoid = false;
  for (let i = 0; i < PIPE_WINDOW - URGENT_RESERVE; i++) few.flow.send("Query", FRAME);
  for (let i = 0; i < 3; i++) few.flow.send("Query", FRAME, { isVoid: () => isVoid });
  expect(few.flow.send("Query", FRAME)).toEqual({ ok: false, error: { code: "pipe/full" } });
  isVoid = true;
  expect(few.flow.send("Query", Uint8Array.of(9)).ok).toBe(true);
  expect(few.flow.waiting).toBe(1);
  few.flow.receive("Answer");
  expect(few.written.at(-1)).toEqual(Uint8Array.of(9));
  const small = anEnd({ maxWaitingBytes: 25 });
  for (let i = 0; i < PIPE_WINDOW - URGENT_RESERVE + 2; i++) small.flow.send("Query", FRAME);
  expect(small.flow.send("Query", FRAME).ok).toBe(false);
  // A block is no query: it does not wait for room that queries take.
  expect(small.flow.send("Batch", new Uint8Array(100), { urgent: true }).ok).toBe(true);
});

/** One end with what is on its way to it; it answers late, and credits late. */
interface Side {
  readonly flow: ReturnType<typeof createPipeFlow>;
  readonly inbox: FrameType[];
  readonly unanswered: FrameType[];
  answered: number;
}

const TYPES: readonly FrameType[] = ["Query", "Batch", "Register", "Read", "Message", "Reply"];
const ANSWER_OF: Partial<Record<FrameType, FrameType>> = {
  Query: "Answer",
  Batch: "Synced",
  Read: "Proof",
};

/** Two ends joined by two queues; a frame is one byte, its type's place in the list. */
function aPipe() {
  const all: readonly FrameType[] = [...TYPES, "Answer", "Synced", "Proof", "Credit"];
  const make = (inboxOfPeer: FrameType[], credits: number[]) =>
    createPipeFlow({
      write: (frame) => {
        inboxOfPeer.push(all[frame[0] ?? 0] ?? "Failed");
        if (all[frame[0] ?? 0] === "Credit") credits.push(frame[1] ?? 0);
      },
      maxWaiting: 10_000,
      maxWaitingBytes: 1 << 20,
    });
  const toHost: FrameType[] = [];
  const toCore: FrameType[] = [];
  const creditsToHost: number[] = [];
  const creditsToCore: number[] = [];
  const host: Side = {
    flow: make(toCore, creditsToCore),
    inbox: toHost,
    unanswered: [],
    answered: 0,
  };
  const core: Side = {
    flow: make(toHost, creditsToHost),
    inbox: toCore,
    unanswered: [],
    answered: 0,
  };
  const frame = (type: FrameType, count = 0) => Uint8Array.of(all.indexOf(type), count);
  const creditsOf = (side: Side) => (side === host ? creditsToHost : creditsToCore);

  function take(side: Side): boolean {
    const type = side.inbox.shift();
    if (type === undefined) return false;
    const counted = side.flow.receive(
      type,
      type === "Credit" ? creditsOf(side).shift() : undefined,
    );
    if (!counted.ok) throw new Error(counted.error.code);
    if (ANSWER_OF[type] !== undefined) side.unanswered.push(type);
    if (type === "Answer" || type === "Synced" || type === "Proof") side.answered += 1;
    return true;
  }
  function answer(side: Side): boolean {
    const type = side.unanswered.shift();
    const reply = type && ANSWER_OF[type];
    if (reply === undefined) return false;
    side.flow.send(reply, frame(reply));
    return true;
  }
  function pay(side: Side): boolean {
    const owed = side.flow.takeOwedCredit();
    if (owed > 0) side.flow.send("Credit", frame("Credit", owed));
    return owed > 0;
  }
  return { host, core, frame, take, answer, pay };
}

test("whatever the order in which two ends send, read, answer and pay, everything is answered", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ side: fc.boolean(), act: fc.nat(9) }), {
        minLength: 200,
        maxLength: 600,
      }),
      (acts) => {
        const { host, core, frame, take, answer, pay } = aPipe();
        let requests = 0;
        let most = 0;
        let refused = 0;
        for (const { side: isHost, act } of acts) {
          const side = isHost ? host : core;
          const own: readonly FrameType[] = isHost
            ? ["Query", "Query", "Batch", "Register"]
            : ["Read", "Message", "Reply", "Read"];
          const type = own[act];
          if (type !== undefined) {
            // Bursts: more than the window at a time.
            for (let i = 0; i < 30; i++) {
              if (!side.flow.send(type, frame(type), { urgent: type === "Batch" }).ok) refused += 1;
              if (ANSWER_OF[type] !== undefined) requests += 1;
            }
          } else if (act < 7) take(side);
          else if (act < 9) answer(side);
          else pay(side);
          most = Math.max(most, host.flow.outstanding, core.flow.outstanding);
        }
        expect(refused).toBe(0);
        expect(most).toBeLessThanOrEqual(PIPE_WINDOW);
        // From any state: who reads, answers and pays brings everything to its end.
        const sides = [host, core];
        while (sides.some((side) => [take(side), answer(side), pay(side)].includes(true)));
        for (const side of sides) {
          expect(side.flow.waiting).toBe(0);
          expect(side.flow.outstanding).toBe(0);
        }
        expect(host.answered + core.answered).toBe(requests);
      },
    ),
    { numRuns: 40 },
  );
});
