import { decode, encode } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { aVoter, bytesOf, justify, voters } from "../../../test/chain-builder.ts";
import type { Commit } from "../justification.ts";
import type { VoteMessage } from "../vote.ts";
import type { VoterMessage, VoterPosition } from "../voter/voter-io.ts";
import { type GossipOutput, GrandpaGossip, MAX_GOSSIP_PEERS, REPEAT_MS } from "./gossip.ts";
import {
  type CatchUp,
  decodeGossipMessage,
  encodeGossipMessage,
  GossipMessage,
  MAX_GOSSIP_BYTES,
} from "./message.ts";
import { consequenceOf, type VerdictCode } from "./verdict.ts";

const block = (number: number) => ({ hash: bytesOf(number), number });

function position(round: bigint, finalized = 5, setId = 1n): VoterPosition {
  return { round, setId, finalized: block(finalized) };
}

function vote(round: bigint, voter = 0, setId = 1n): VoteMessage {
  return {
    kind: "prevote",
    round,
    setId,
    target: block(9),
    signature: bytesOf(voter, 64),
    authority: aVoter(voter).key,
  };
}

function commit(number: number, setId = 1n): Commit {
  const { precommits, round, target } = justify(block(number), voters(2), { setId });
  const signatures = precommits.map(({ signature, authority }) => ({ signature, authority }));
  return { round, setId, target, precommits: precommits.map((one) => one.target), signatures };
}

const CATCH_UP: CatchUp = { setId: 1n, round: 7n, prevotes: [], precommits: [], base: block(1) };

/** A gossip at round 4 of set 1 with peers; what it sends is kept by peer. */
class Neighbourhood {
  readonly gossip = new GrandpaGossip({ position: position(4n), gossipMs: 100 });
  outputs: GossipOutput[] = [];

  constructor(...peers: readonly string[]) {
    this.step({ type: "start" });
    for (const peer of peers) this.step({ type: "peer-connected", peer });
    this.outputs = [];
  }

  step(input: Parameters<GrandpaGossip["step"]>[0]): readonly GossipOutput[] {
    const outputs = this.gossip.step(input);
    this.outputs.push(...outputs);
    return outputs;
  }

  hear(peer: string, message: GossipMessage): readonly GossipOutput[] {
    return this.step({ type: "message", peer, bytes: encodeGossipMessage(message) });
  }

  at(peer: string, round: bigint, finalizedNumber = 5, setId = 1n): readonly GossipOutput[] {
    return this.hear(peer, { type: "Neighbour", value: { round, setId, finalizedNumber } });
  }

  accept(from: string, message: VoterMessage): void {
    this.step({ type: "judged", from, message, verdict: "gossip/accepted" });
  }

  /** Types of the messages sent to a peer since it was last asked. */
  sent(peer: string): readonly string[] {
    const types = sentTo(this.outputs, peer);
    this.outputs = this.outputs.filter((one) => one.type !== "send" || one.peer !== peer);
    return types;
  }
}

function sentTo(outputs: readonly GossipOutput[], peer: string): readonly string[] {
  return outputs.flatMap((output) => {
    if (output.type !== "send" || output.peer !== peer) return [];
    const message = decodeGossipMessage(output.bytes);
    return message.ok ? [message.value.type] : ["malformed"];
  });
}

function reports(outputs: readonly GossipOutput[]): readonly string[] {
  return outputs.flatMap((output) => (output.type === "report" ? [output.code] : []));
}

describe("messages", () => {
  test("begin with the byte that Polkadot's peers expect", () => {
    const messages: readonly GossipMessage[] = [
      { type: "Vote", value: vote(1n) },
      { type: "Commit", value: commit(1) },
      { type: "Neighbour", value: { round: 2n, setId: 3n, finalizedNumber: 4 } },
      { type: "CatchUpRequest", value: { round: 1n, setId: 1n } },
      { type: "CatchUp", value: CATCH_UP },
    ];
    for (const [index, message] of messages.entries()) {
      const bytes = encodeGossipMessage(message);
      expect(bytes[0]).toBe(index);
      expect(decode(GossipMessage, bytes)).toEqual({ ok: true, value: message });
      expect(encode(GossipMessage, message)).toEqual(bytes);
    }
    const [, , neighbour] = messages;
    expect(encodeGossipMessage(neighbour!).subarray(0, 3)).toEqual(Uint8Array.of(2, 1, 2));
    expect(encodeGossipMessage(neighbour!).length).toBe(22);
  });

  test("that are too long are not decoded", () => {
    expect(decodeGossipMessage(new Uint8Array(MAX_GOSSIP_BYTES + 1))).toMatchObject({
      error: { code: "gossip/too-long" },
    });
  });
});

describe("votes", () => {
  test("of the own voter go to every peer of the set that is at most a round away", () => {
    const here = new Neighbourhood("near", "ahead", "behind", "far", "other-set", "unknown");
    here.at("near", 4n);
    here.at("ahead", 5n);
    here.at("behind", 3n);
    here.at("far", 2n);
    here.at("other-set", 4n, 5, 2n);
    here.step({ type: "gossip-vote", vote: vote(4n) });
    expect(
      ["near", "ahead", "behind", "far", "other-set", "unknown"].map((p) => here.sent(p)),
    ).toEqual([["Vote"], ["Vote"], ["Vote"], [], [], []]);
  });

  test("of others reach the voter once, and go on when it accepts them, not back to where they came from", () => {
    const here = new Neighbourhood("a", "b");
    here.at("a", 4n);
    here.at("b", 4n);
    const message = { type: "Vote", value: vote(4n, 3) } as const;
    expect(here.hear("a", message)).toEqual([
      { type: "deliver", input: { type: "message", from: "a", message } },
    ]);
    here.accept("a", message);
    expect(here.sent("a")).toEqual([]);
    expect(here.sent("b")).toEqual(["Vote"]);
    expect(here.hear("b", message)).toEqual([]);
  });

  test("are relayed to a part of many peers", () => {
    const peers = Array.from({ length: 49 }, (_, i) => `p${i}`);
    const here = new Neighbourhood(...peers);
    for (const peer of peers) here.at(peer, 4n);
    here.accept("p0", { type: "Vote", value: vote(4n, 3) });
    expect(peers.filter((peer) => here.sent(peer).includes("Vote")).length).toBe(7);
    here.step({ type: "gossip-vote", vote: vote(4n) });
    expect(peers.filter((peer) => here.sent(peer).includes("Vote")).length).toBe(49);
  });

  test("go to a peer when its round comes near, and again when it is stuck", () => {
    const here = new Neighbourhood("a");
    here.at("a", 1n);
    here.step({ type: "gossip-vote", vote: vote(4n) });
    expect(here.sent("a")).toEqual([]);
    here.at("a", 3n);
    expect(here.sent("a")).toEqual(["Vote"]);
    here.at("a", 3n);
    expect(here.sent("a")).toEqual(["Vote"]);
    here.at("a", 4n);
    expect(here.sent("a")).toEqual([]);
  });

  test("of rounds that are over are let go", () => {
    const here = new Neighbourhood("a");
    for (const round of [3n, 4n, 5n]) here.step({ type: "gossip-vote", vote: vote(round) });
    expect(here.gossip.sizes.votes).toBe(3);
    here.step({ type: "position", position: position(6n) });
    expect(here.gossip.sizes.votes).toBe(1);
    here.step({ type: "position", position: position(1n, 9, 2n) });
    expect(here.gossip.sizes.votes).toBe(0);
  });
});

describe("commits", () => {
  test("go at once from the primary, later from others to those that still lack them", () => {
    const here = new Neighbourhood("a", "b");
    here.at("a", 4n);
    here.at("b", 4n);
    here.step({ type: "gossip-commit", commit: commit(8), rank: 0 });
    expect([here.sent("a"), here.sent("b")]).toEqual([["Commit"], ["Commit"]]);
    const [timer] = here.step({ type: "gossip-commit", commit: commit(9), rank: 2 });
    expect(timer).toMatchObject({ type: "set-timer", afterMs: 100 });
    if (timer?.type !== "set-timer") throw new Error("no timer");
    here.at("a", 5n, 9);
    here.step({ type: "timer", timer: timer.timer });
    expect([here.sent("a"), here.sent("b")]).toEqual([[], ["Commit"]]);
  });

  test("of the set before go to peers that have not left it", () => {
    const here = new Neighbourhood("a");
    here.step({ type: "gossip-commit", commit: commit(8), rank: 9 });
    here.step({ type: "position", position: position(1n, 8, 2n) });
    here.step({ type: "gossip-commit", commit: commit(10, 2n), rank: 9 });
    here.sent("a");
    here.at("a", 4n, 5, 1n);
    expect(here.sent("a")).toEqual(["Commit"]);
    here.at("a", 1n, 8, 2n);
    expect(here.sent("a")).toEqual(["Commit"]);
  });

  test("reach the voter when they finalize more, and are relayed when it accepts them", () => {
    const here = new Neighbourhood("a", "b");
    here.at("a", 4n);
    here.at("b", 4n);
    expect(here.hear("a", { type: "Commit", value: commit(5) })).toEqual([]);
    expect(here.hear("a", { type: "Commit", value: commit(7, 2n) })).toEqual([]);
    const message = { type: "Commit", value: commit(7) } as const;
    expect(here.hear("a", message).map(({ type }) => type)).toEqual(["deliver"]);
    here.accept("a", message);
    expect([here.sent("a"), here.sent("b")]).toEqual([[], ["Commit"]]);
  });
});

describe("catch-up", () => {
  test("is asked for once, of a peer two rounds ahead, and taken only from that", () => {
    const here = new Neighbourhood("a", "b");
    here.at("a", 5n);
    expect(here.sent("a")).toEqual([]);
    here.at("a", 8n);
    here.at("b", 8n);
    expect([here.sent("a"), here.sent("b")]).toEqual([["CatchUpRequest"], []]);
    const message = { type: "CatchUp", value: CATCH_UP } as const;
    expect(reports(here.hear("b", message))).toEqual(["gossip/unwanted"]);
    expect(reports(here.hear("a", { ...message, value: { ...CATCH_UP, round: 6n } }))).toEqual([
      "gossip/unwanted",
    ]);
    expect(here.hear("a", message).map(({ type }) => type)).toEqual(["deliver"]);
    expect(reports(here.hear("a", message))).toEqual(["gossip/unwanted"]);
  });

  test("is asked for by one that is stuck a round behind", () => {
    const here = new Neighbourhood("a");
    here.at("a", 5n);
    for (let i = 0; i < 2; i++) here.step({ type: "timer", timer: { kind: "repeat" } });
    expect(here.sent("a")).not.toContain("CatchUpRequest");
    here.at("a", 5n);
    expect(here.sent("a")).toContain("CatchUpRequest");
  });

  test("is asked for elsewhere when no answer came", () => {
    const here = new Neighbourhood("a", "b");
    here.at("a", 8n);
    for (let i = 0; i < 2; i++) here.step({ type: "timer", timer: { kind: "repeat" } });
    here.at("b", 9n);
    expect(here.sent("b")).toContain("CatchUpRequest");
  });

  test("is answered once per peer and repeat", () => {
    const here = new Neighbourhood("a");
    const request = { type: "CatchUpRequest", value: { round: 2n, setId: 1n } } as const;
    expect(here.hear("a", request).map(({ type }) => type)).toEqual(["deliver"]);
    here.step({ type: "catch-up-answer", to: "a", catchUp: CATCH_UP });
    expect(here.sent("a")).toEqual(["CatchUp"]);
    expect(reports(here.hear("a", request))).toEqual(["gossip/unwanted"]);
    here.step({ type: "timer", timer: { kind: "repeat" } });
    expect(here.hear("a", request).map(({ type }) => type)).toEqual(["deliver"]);
  });
});

describe("peers", () => {
  test("hear the own position when they come, when it changes, and every while", () => {
    const here = new Neighbourhood();
    here.step({ type: "peer-connected", peer: "a" });
    expect(here.sent("a")).toEqual(["Neighbour"]);
    here.step({ type: "position", position: position(5n) });
    expect(here.sent("a")).toEqual(["Neighbour"]);
    const outputs = here.step({ type: "timer", timer: { kind: "repeat" } });
    expect(here.sent("a")).toEqual(["Neighbour"]);
    expect(outputs.at(-1)).toEqual({
      type: "set-timer",
      timer: { kind: "repeat" },
      afterMs: REPEAT_MS,
    });
  });

  test("that go backwards, send nonsense or are judged badly are reported", () => {
    const here = new Neighbourhood("a");
    here.at("a", 4n, 5);
    expect(reports(here.at("a", 3n, 5))).toEqual(["gossip/backwards"]);
    expect(reports(here.at("a", 4n, 4))).toEqual(["gossip/backwards"]);
    expect(reports(here.at("a", 4n, 5, 0n))).toEqual(["gossip/backwards"]);
    for (const bytes of [new Uint8Array(0), Uint8Array.of(9), new Uint8Array(2 << 20)])
      expect(reports(here.step({ type: "message", peer: "a", bytes }))).toEqual([
        "gossip/malformed",
      ]);
    const message = { type: "Vote", value: vote(4n) } as const;
    const judge = (verdict: VerdictCode) =>
      here.step({ type: "judged", from: "a", message, verdict });
    expect(judge("gossip/bad-signature")).toMatchObject([{ consequence: "hostile" }]);
    expect(judge("gossip/unknown-voter")).toMatchObject([{ consequence: "annoying" }]);
    for (const code of ["gossip/known", "gossip/out-of-step", "gossip/waits-for-block"] as const)
      expect(judge(code)).toEqual([]);
    expect(consequenceOf("gossip/conflicting-finality")).toBe("none");
  });

  test("beyond the most are not served, and leave nothing behind when they go", () => {
    const here = new Neighbourhood(...Array.from({ length: MAX_GOSSIP_PEERS }, (_, i) => `${i}`));
    expect(here.step({ type: "peer-connected", peer: "late" })).toEqual([]);
    expect(here.at("late", 8n)).toEqual([]);
    expect(here.gossip.sizes.peers).toBe(MAX_GOSSIP_PEERS);
    here.at("0", 9n);
    here.step({ type: "peer-disconnected", peer: "0" });
    here.step({ type: "peer-connected", peer: "late" });
    here.at("late", 9n);
    expect(here.sent("late")).toContain("CatchUpRequest");
    here.step({ type: "catch-up-answer", to: "0", catchUp: CATCH_UP });
    expect(here.sent("0")).not.toContain("CatchUp");
  });
});
