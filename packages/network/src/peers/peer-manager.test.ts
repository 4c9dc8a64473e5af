import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BAN_SCORE, CONSEQUENCES, type MisbehaviourCode } from "./misbehaviour.ts";
import { createPeerBook, MAX_KNOWN_PEERS, MAX_PEER_ADDRESSES, punish } from "./peer-book.ts";
import { createPeerManager, type PeerManagerOptions } from "./peer-manager.ts";

const limits = { maxIn: 2, maxOut: 2, maxLight: 1, maxDials: 3 };
const aManager = (options: Partial<PeerManagerOptions> = {}) =>
  createPeerManager({
    self: "self",
    reserved: [],
    bootNodes: [],
    reservedOnly: false,
    limits,
    ...options,
  });
const at = (id: string) => ({ id, address: `/dns/${id}/tcp/1` });
const dialled = (manager: ReturnType<typeof aManager>, now: number): readonly string[] =>
  manager.tick(now).flatMap((output) => (output.type === "dial" ? [output.peer] : []));

describe("slots", () => {
  test("are filled by dialling whom it knows, the useful first", () => {
    const manager = aManager({ bootNodes: [at("a"), at("b"), at("c")] });
    expect(dialled(manager, 0)).toEqual(["a", "b"]);
    manager.dialFailed("a", 0);
    expect(dialled(manager, 0)).toEqual(["c"]);
    manager.connected("b", "out", 0);
    manager.connected("c", "out", 0);
    expect(dialled(manager, 1e6)).toEqual([]);
    expect(manager.counts.slots).toEqual({ in: 0, out: 2, light: 0, reserved: 0 });
    manager.disconnected("b", 1e6);
    expect(dialled(manager, 1e6 + 1)).toEqual(["a"]);
  });

  test("that are taken refuse the next, but for reserved peers", () => {
    const manager = aManager({ reserved: [at("r")] });
    for (const peer of ["a", "b", "c"]) {
      expect(manager.refusalOf(peer, 0)).toBe(undefined);
      expect(manager.connected(peer, "in", 0)).toEqual([]);
    }
    // The third came in on the place of a light client and is none.
    expect(manager.handshaken("a", { isLight: true })).toEqual([]);
    expect(manager.handshaken("b", { isLight: false })).toEqual([]);
    expect(manager.refusalOf("d", 0)).toBe("peer/no-slot");
    expect(manager.connected("d", "in", 0)).toEqual([
      { type: "disconnect", peer: "d", code: "peer/no-slot" },
    ]);
    expect(manager.connected("r", "in", 0)).toEqual([]);
    expect(manager.slotOf("r")).toBe("reserved");
    expect(manager.counts.slots).toEqual({ in: 2, out: 0, light: 1, reserved: 1 });
  });

  test("of light clients are counted when they say what they are", () => {
    const manager = aManager();
    manager.connected("a", "in", 0);
    manager.connected("b", "in", 0);
    manager.handshaken("a", { isLight: true });
    expect(manager.handshaken("b", { isLight: true })).toEqual([
      { type: "disconnect", peer: "b", code: "peer/no-slot" },
    ]);
  });

  test("are for reserved peers alone when it is told so", () => {
    const manager = aManager({ reserved: [at("r")], bootNodes: [at("a")], reservedOnly: true });
    expect(dialled(manager, 0)).toEqual(["r"]);
    expect(manager.refusalOf("a", 0)).toBe("peer/not-reserved");
    expect(manager.connected("a", "out", 0)).toMatchObject([{ code: "peer/not-reserved" }]);
  });

  test("do not take itself", () => {
    const manager = aManager({ bootNodes: [at("self")] });
    manager.discovered("self", ["/dns/self/tcp/1"]);
    expect(dialled(manager, 0)).toEqual([]);
    expect(manager.connected("self", "in", 0)).toMatchObject([{ code: "peer/self" }]);
  });
});

describe("reconnection", () => {
  test("waits twice as long after each failure, and as at first after success", () => {
    const manager = aManager({ bootNodes: [at("a")] });
    const waits: number[] = [];
    let now = 0;
    expect(dialled(manager, now)).toEqual(["a"]);
    for (let i = 0; i < 12; i++) {
      manager.dialFailed("a", now);
      const start = now;
      while (dialled(manager, now).length === 0) now += 500;
      waits.push(now - start);
    }
    expect(waits.slice(0, 3)).toEqual([2_000, 4_000, 8_000]);
    expect(waits.at(-1)).toBe(300_000);
    manager.connected("a", "out", 1e9);
    manager.handshaken("a", { isLight: false });
    manager.disconnected("a", 1e9);
    expect(dialled(manager, 1e9 + 1_999)).toEqual([]);
    expect(dialled(manager, 1e9 + 2_000)).toEqual(["a"]);
  });

  test("of a failed dial that was not ours changes nothing", () => {
    const manager = aManager();
    manager.dialFailed("a", 0);
    expect(manager.counts).toMatchObject({ known: 0, dialing: 0 });
  });
});

describe("misbehaviour", () => {
  test("has a consequence by its code", () => {
    const ban = { type: "ban" };
    const penalty = (points: number) => ({ type: "penalty", points });
    const table = Object.entries(CONSEQUENCES).sort();
    expect(table).toEqual([
      ["peer/annoying-vote", penalty(5)],
      ["peer/bad-announce", penalty(50)],
      ["peer/bad-block", ban],
      ["peer/bad-justification", ban],
      ["peer/bad-proof", ban],
      ["peer/bad-transaction", penalty(2)],
      ["peer/bad-vote", penalty(25)],
      ["peer/flood", penalty(34)],
      ["peer/malformed-message", ban],
      ["peer/message-too-long", ban],
      ["peer/no-answer", penalty(20)],
      ["peer/not-asked-for", ban],
      ["peer/other-genesis", ban],
      ["peer/request-refused", penalty(5)],
      ["peer/slow-stream", penalty(34)],
      ["peer/too-many-streams", penalty(20)],
    ]);
  });

  test.each(Object.entries(CONSEQUENCES))("%s has its consequence", (code, consequence) => {
    const manager = aManager();
    manager.connected("a", "in", 0);
    // A key of the table.
    const misbehaviour = code as MisbehaviourCode;
    const most = consequence.type === "ban" ? 1 : Math.ceil(BAN_SCORE / consequence.points);
    for (let i = 1; i < most; i++) expect(manager.report("a", misbehaviour, 0)).toEqual([]);
    expect(manager.report("a", misbehaviour, 0)).toEqual([{ type: "disconnect", peer: "a", code }]);
    expect(manager.refusalOf("a", 59_999)).toBe("peer/banned");
    expect(manager.refusalOf("a", 60_000)).toBe(undefined);
  });

  test("is forgiven with time, and bans grow", () => {
    const manager = aManager();
    for (let i = 0; i < 50; i++)
      expect(manager.report("a", "peer/no-answer", i * 40_000)).toEqual([]);
    let now = 1e7;
    for (const ban of [60_000, 120_000, 240_000]) {
      manager.report("a", "peer/bad-block", now);
      expect(manager.refusalOf("a", now + ban - 1)).toBe("peer/banned");
      expect(manager.refusalOf("a", now + ban)).toBe(undefined);
      now += ban;
    }
  });

  test("of a reserved peer counts as well", () => {
    const manager = aManager({ reserved: [at("r")] });
    manager.connected("r", "out", 0);
    expect(manager.report("r", "peer/bad-proof", 0)).toHaveLength(1);
    expect(dialled(manager, 1_000)).toEqual([]);
  });
});

describe("the book", () => {
  test("stays within its bounds and keeps whom it must", () => {
    const book = createPeerBook((id) => id === "connected");
    book.add("kept", ["/a"], { isKept: true });
    book.add("connected", ["/a"]);
    const banned = book.add("banned", ["/a"])!;
    punish(banned, "peer/bad-block", 0);
    for (let i = 0; i < 3 * MAX_KNOWN_PEERS; i++) book.add(`p${i}`, ["/a"]);
    expect(book.size).toBe(MAX_KNOWN_PEERS);
    for (const id of ["kept", "connected", "banned"]) expect(book.get(id)).toBeDefined();
    for (let i = 0; i < 100; i++) book.add("kept", [`/${i}`]);
    expect(book.get("kept")?.addresses).toHaveLength(MAX_PEER_ADDRESSES);
    expect(book.get("kept")?.addresses[0]).toBe("/99");
  });

  test("that is full of kept peers takes no other", () => {
    const book = createPeerBook(() => false);
    for (let i = 0; i < MAX_KNOWN_PEERS; i++) book.add(`p${i}`, [], { isKept: true });
    expect(book.add("other", [])).toBe(undefined);
  });
});

test("whatever happens, slots and dials stay within their limits", () => {
  const peer = fc.constantFrom("a", "b", "c", "d", "e", "r", "self");
  const step = fc.oneof(
    fc.record({ do: fc.constant("in" as const), peer }),
    fc.record({ do: fc.constant("out" as const), peer }),
    fc.record({ do: fc.constant("gone" as const), peer }),
    fc.record({ do: fc.constant("failed" as const), peer }),
    fc.record({ do: fc.constant("light" as const), peer }),
    fc.record({ do: fc.constant("full" as const), peer }),
    fc.record({ do: fc.constant("bad" as const), peer }),
    fc.record({ do: fc.constant("found" as const), peer }),
    fc.record({ do: fc.constant("tick" as const), peer }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const manager = aManager({ reserved: [at("r")] });
      let now = 0;
      for (const { do: what, peer: id } of steps) {
        now += 1_000;
        const outputs =
          what === "in" || what === "out"
            ? manager.connected(id, what, now)
            : what === "light" || what === "full"
              ? manager.handshaken(id, { isLight: what === "light" })
              : what === "bad"
                ? manager.report(id, "peer/flood", now)
                : what === "tick"
                  ? manager.tick(now)
                  : [];
        if (what === "gone") manager.disconnected(id, now);
        if (what === "failed") manager.dialFailed(id, now);
        if (what === "found") manager.discovered(id, [`/dns/${id}/tcp/2`]);
        for (const output of outputs)
          if (output.type === "disconnect") manager.disconnected(output.peer, now);
        const { slots, dialing } = manager.counts;
        expect(slots.out).toBeLessThanOrEqual(limits.maxOut);
        expect(slots.light).toBeLessThanOrEqual(limits.maxLight);
        expect(slots.in).toBeLessThanOrEqual(limits.maxIn + limits.maxLight);
        expect(dialing).toBeLessThanOrEqual(limits.maxDials);
        expect(manager.slotOf("self")).toBe(undefined);
      }
    }),
    { numRuns: 200 },
  );
});
