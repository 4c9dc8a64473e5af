import { ed25519Sign } from "@pha/crypto";
import { decode, encode, equalBytes } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aChain,
  aHeader,
  authoritiesOf,
  aVoter,
  bytesOf,
  refOf,
  scheduledChange,
  setOf,
  type Voter,
  voters,
} from "../../../test/chain-builder.ts";
import { exchange, VoterHarness } from "../../../test/voter-harness.ts";
import { type BlockRef, bytesKey } from "../../block-ref.ts";
import type { Header } from "../../header.ts";
import { verifyEquivocation } from "../equivocation.ts";
import { verifyCommit, verifyJustification } from "../verify-justification.ts";
import { signedVotePayload, type VoteKind, type VoteMessage } from "../vote.ts";
import { startVoter } from "./start-voter.ts";
import { MAX_PENDING_COMMITS, MAX_WANTED } from "./voter.ts";
import type { VoterOutput } from "./voter-io.ts";
import { VoterRecord } from "./voter-record.ts";

const genesis = aHeader();
const chain = aChain(genesis, 12);
const fork = aChain(genesis, 6, { salt: 5 });
const me = aVoter(1);
const four = voters(4);
const [alice, bob, carol, dave] = four as [Voter, Voter, Voter, Voter];

function alone(): VoterHarness {
  return new VoterHarness({ set: setOf([me]), voter: me, genesis });
}

function nodesOf(list: readonly Voter[], set = setOf(list)): readonly VoterHarness[] {
  return list.map((voter) => new VoterHarness({ set, voter, genesis }));
}

function types(outputs: readonly VoterOutput[]): readonly string[] {
  return outputs.map(({ type }) => type);
}

function vote(
  voter: Voter,
  kind: VoteKind,
  target: BlockRef,
  position: { readonly round?: bigint; readonly setId?: bigint } = {},
): VoteMessage {
  const { round = 1n, setId = 0n } = position;
  const payload = signedVotePayload(kind, { ...target, round, setId });
  return {
    kind,
    round,
    setId,
    target,
    authority: voter.key,
    signature: ed25519Sign(voter.seed, payload),
  };
}

/** Verdict on a peer's message. */
function judged(outputs: readonly VoterOutput[]): string | undefined {
  const found = outputs.find((output) => output.type === "judged");
  return found?.verdict;
}

function hear(node: VoterHarness, message: VoteMessage): readonly VoterOutput[] {
  return node.step({ type: "message", from: "p", message: { type: "Vote", value: message } });
}

function at(headers: readonly Header[], index: number): BlockRef {
  const header = headers[index];
  if (!header) throw new Error("no such block");
  return refOf(header);
}

describe("a single voter", () => {
  test("finalizes a block in one turn: each vote persisted, then signed, then told", () => {
    const node = alone();
    const outputs = node.import(chain[0]!);
    expect(types(outputs)).toEqual([
      "persist",
      "sign",
      "gossip-vote",
      "persist",
      "sign",
      "gossip-vote",
      "finalize",
      "gossip-commit",
      "position",
    ]);
    expect(node.finalized).toEqual(at(chain, 0));
    const [finalized] = node.finalizations;
    const set = setOf([me]);
    expect(verifyJustification({ justification: finalized!.justification, set }).ok).toBe(true);
    const commit = outputs.find((output) => output.type === "gossip-commit")!.commit;
    expect(verifyCommit({ commit, set, isDescendant: () => false }).ok).toBe(true);
    expect(node.core.position).toMatchObject({ round: 2n, setId: 0n });
  });

  test("sets no timer and votes for nothing when nothing is new", () => {
    const node = alone();
    node.import(...chain.slice(0, 3));
    expect(node.step({ type: "chain" })).toEqual([]);
    node.import(...chain.slice(3, 5));
    expect(types(node.outbox)).not.toContain("set-timer");
    expect(node.finalized).toEqual(at(chain, 4));
  });

  test("asks again on a start, for the same bytes, and ignores signatures it does not wait for", () => {
    const node = alone();
    node.insert(chain[0]!);
    const [, sign] = node.core.step({ type: "chain" });
    if (sign?.type !== "sign") throw new Error("nothing to sign");
    expect(node.core.step({ type: "start" })).toEqual([sign]);
    const { kind, round, setId, payload } = sign;
    const answer = {
      type: "signed" as const,
      kind,
      round,
      setId,
      signature: ed25519Sign(me.seed, payload),
    };
    for (const stale of [
      { ...answer, kind: "precommit" as const },
      { ...answer, round: 2n },
      { ...answer, setId: 1n },
    ])
      expect(node.core.step(stale)).toEqual([]);
    expect(() => node.core.step({ ...answer, signature: bytesOf(1, 64) })).toThrow("keystore");
  });

  test("waits no longer for a vote that its signer refuses, and casts none after it in that round", () => {
    const node = alone();
    node.insert(chain[0]!);
    const [, sign] = node.core.step({ type: "chain" });
    if (sign?.type !== "sign") throw new Error("nothing to sign");
    const { kind, round, setId } = sign;
    // Of another set: an answer of before it changed.
    node.core.step({ type: "refused", kind, round, setId: 1n });
    expect(node.core.step({ type: "start" })).toEqual([sign]);
    expect(node.core.step({ type: "refused", kind, round, setId })).toEqual([]);
    expect(node.core.step({ type: "start" })).toEqual([]);
    node.insert(chain[1]!);
    expect(types(node.core.step({ type: "chain" }))).toEqual([]);
  });

  test("ends its set with the block that changes it, and votes no further", () => {
    const changing = aChain(genesis, 4, {
      digestAt: (number) => (number === 2 ? [scheduledChange([me, carol])] : []),
    });
    const node = alone();
    node.import(...changing);
    expect(node.finalized).toEqual(at(changing, 1));
    expect(node.set).toEqual({ setId: 1n, authorities: authoritiesOf([me, carol]) });
    expect(node.core.position).toMatchObject({ setId: 1n, round: 1n });
    hear(node, vote(carol, "prevote", at(changing, 3), { setId: 1n }));
    hear(node, vote(carol, "precommit", at(changing, 3), { setId: 1n }));
    expect(node.finalized).toEqual(at(changing, 3));
  });

  test("refuses blocks with forced, delayed and unreadable changes", () => {
    const digests = [
      scheduledChange([bob], 1),
      { type: "Consensus" as const, value: { engine: "FRNK", data: Uint8Array.of(9) } },
      {
        type: "Consensus" as const,
        value: { engine: "FRNK", data: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
      },
    ];
    for (const digest of digests) {
      const odd = aChain(genesis, 4, { digestAt: (number) => (number === 3 ? [digest] : []) });
      const node = alone();
      node.import(...odd);
      expect(node.finalized).toEqual(at(odd, 1));
    }
  });
});

describe("four voters", () => {
  test("finalize the best block without waiting when all are there", () => {
    const nodes = nodesOf(four);
    for (const node of nodes) node.import(...chain.slice(0, 2));
    exchange(nodes);
    for (const node of nodes) {
      expect(node.finalized).toEqual(at(chain, 1));
      const { justification } = node.finalizations.at(-1)!;
      expect(verifyJustification({ justification, set: setOf(four) }).ok).toBe(true);
    }
  });

  test("finalize with one silent, and not with two", () => {
    const three = nodesOf([alice, bob, carol], setOf(four));
    for (const node of three) node.import(chain[0]!);
    exchange(three);
    for (const node of three) expect(node.finalized).toEqual(at(chain, 0));
    const two = nodesOf([alice, bob], setOf(four));
    for (const node of two) node.import(chain[0]!);
    exchange(two);
    for (const node of two) expect(node.finalized).toEqual(refOf(genesis));
  });

  test("make a justification with ancestries when precommits are for different heights", () => {
    const [node] = nodesOf([alice], setOf(four));
    node!.import(...chain.slice(0, 3));
    for (const [voter, height] of [
      [bob, 1],
      [carol, 2],
      [dave, 1],
    ] as const) {
      hear(node!, vote(voter, "prevote", at(chain, height)));
      hear(node!, vote(voter, "precommit", at(chain, height)));
    }
    expect(node!.finalized).toEqual(at(chain, 1));
    const { justification } = node!.finalizations[0]!;
    expect(justification.votesAncestries.length).toBe(1);
    expect(verifyJustification({ justification, set: setOf(four) }).ok).toBe(true);
  });

  test("wait for the timers when the votes are split, and keep to the estimate", () => {
    const [node] = nodesOf([alice], setOf(four));
    node!.import(...chain.slice(0, 2), ...fork.slice(0, 1));
    for (const voter of [bob, carol]) hear(node!, vote(voter, "prevote", at(fork, 0)));
    expect([...node!.signed.keys()]).toEqual(["prevote 1 0"]);
    const timer = { kind: "precommit" as const, setId: 0n, round: 1n };
    node!.step({ type: "timer", timer: { ...timer, round: 7n } });
    expect(node!.signed.size).toBe(1);
    node!.step({ type: "timer", timer });
    // No block has a supermajority: the ghost is what all share.
    expect(node!.record?.own[0]?.precommit).toEqual(refOf(genesis));
  });

  test("report an equivocation with a proof, once, and count the voter everywhere", () => {
    const [node] = nodesOf([alice], setOf(four));
    node!.import(chain[0]!, fork[0]!);
    hear(node!, vote(dave, "precommit", at(chain, 0)));
    const outputs = hear(node!, vote(dave, "precommit", at(fork, 0)));
    const found = outputs.find((output) => output.type === "equivocation");
    expect(found?.proof).toMatchObject({ kind: "precommit", authority: dave.key, round: 1n });
    expect(verifyEquivocation(found!.proof).ok).toBe(true);
    const forged = { ...found!.proof, second: found!.proof.first };
    expect(verifyEquivocation(forged)).toMatchObject({ error: { code: "equivocation/same-vote" } });
    const foreign = { ...found!.proof, authority: bob.key };
    expect(verifyEquivocation(foreign)).toMatchObject({
      error: { code: "equivocation/bad-signature" },
    });
    expect(judged(hear(node!, vote(dave, "precommit", refOf(genesis))))).toBe("gossip/known");
  });

  test("refuse what is forged, foreign, of another round, set or height", () => {
    const [node] = nodesOf([alice], setOf(four));
    node!.import(chain[0]!);
    const good = vote(bob, "prevote", at(chain, 0));
    const verdict = (message: VoteMessage) => judged(hear(node!, message));
    expect(verdict({ ...good, signature: bytesOf(1, 64) })).toBe("gossip/bad-signature");
    expect(verdict(vote(aVoter(9), "prevote", at(chain, 0)))).toBe("gossip/unknown-voter");
    expect(verdict(vote(bob, "prevote", at(chain, 0), { round: 3n }))).toBe("gossip/out-of-step");
    expect(verdict(vote(bob, "prevote", at(chain, 0), { setId: 1n }))).toBe("gossip/out-of-step");
    expect(verdict(vote(bob, "prevote", { ...at(chain, 0), number: 7 }))).toBe(
      "gossip/wrong-number",
    );
    expect(verdict(vote(alice, "proposal", at(chain, 0)))).toBe("gossip/unknown-voter");
    expect(verdict(good)).toBe("gossip/accepted");
    expect(verdict(good)).toBe("gossip/known");
  });

  test("ask for blocks that others voted for, so many at most, and count the votes when they come", () => {
    const [node] = nodesOf([alice], setOf(four));
    const outputs = [bob, carol, dave].flatMap((voter) => [
      ...hear(node!, vote(voter, "prevote", at(chain, 0))),
      ...hear(node!, vote(voter, "precommit", at(chain, 0))),
    ]);
    expect(outputs.filter(({ type }) => type === "want-block").length).toBe(1);
    expect(MAX_WANTED).toBe(64);
    node!.import(chain[0]!);
    expect(node!.finalized).toEqual(at(chain, 0));
  });

  test("finalize by a commit, also one that came before its blocks; refuse bad ones", () => {
    const nodes = nodesOf(four);
    for (const node of nodes) node.import(...chain.slice(0, 2));
    exchange(nodes);
    const late = new VoterHarness({ set: setOf(four), voter: undefined, genesis });
    const { justification } = nodes[0]!.finalizations[0]!;
    const { round, target, precommits } = justification;
    const commit = {
      round,
      setId: 0n,
      target,
      precommits: precommits.map((one) => one.target),
      signatures: precommits,
    };
    const send = (value: typeof commit) =>
      judged(late.step({ type: "message", from: "p", message: { type: "Commit", value } }));
    expect(send({ ...commit, round: round + 1n })).toBe("gossip/bad-commit");
    expect(send({ ...commit, setId: 1n })).toBe("gossip/out-of-step");
    for (let i = 0; i <= MAX_PENDING_COMMITS; i++)
      expect(send(commit)).toBe("gossip/waits-for-block");
    late.import(...chain.slice(0, 2));
    expect(late.finalized).toEqual(target);
    expect(send(commit)).toBe("gossip/known");
  });

  test("report a proof of finality of another chain, and stay on theirs", () => {
    const nodes = nodesOf([alice, bob, carol], setOf(four));
    for (const node of nodes) node.import(chain[0]!);
    exchange(nodes);
    const node = nodes[0]!;
    for (const header of fork.slice(0, 2)) node.headers.set(bytesKey(refOf(header).hash), header);
    const target = at(fork, 1);
    const precommits = [bob, carol, dave].map((voter) => vote(voter, "precommit", target));
    const value = {
      round: 1n,
      setId: 0n,
      target,
      precommits: [target, target, target],
      signatures: precommits,
    };
    const message = { type: "Commit", value } as const;
    expect(judged(node.step({ type: "message", from: "p", message }))).toBe(
      "gossip/conflicting-finality",
    );
    expect(node.finalized).toEqual(at(chain, 0));
  });

  test("finalize by a justification from sync", () => {
    const nodes = nodesOf(four);
    for (const node of nodes) node.import(chain[0]!);
    exchange(nodes);
    const { justification } = nodes[0]!.finalizations[0]!;
    const late = new VoterHarness({ set: setOf(four), voter: undefined, genesis });
    late.step({ type: "justification", justification });
    expect(late.finalized).toEqual(refOf(genesis));
    late.insert(chain[0]!);
    late.step({ type: "justification", justification: { ...justification, round: 9n } });
    expect(late.finalized).toEqual(refOf(genesis));
    late.step({ type: "justification", justification });
    expect(late.finalized).toEqual(at(chain, 0));
  });

  test("catch up over the votes that completed a round, and refuse votes that do not", () => {
    const nodes = nodesOf([alice, bob, carol], setOf(four));
    for (let i = 0; i < 5; i++) {
      for (const node of nodes) node.import(chain[i]!);
      exchange(nodes);
    }
    const late = new VoterHarness({ set: setOf(four), voter: dave, genesis });
    late.insert(...chain.slice(0, 5));
    const request = { round: 2n, setId: 0n };
    const ask = { type: "message", from: "d", message: { type: "CatchUpRequest", value: request } };
    const answer = nodes[0]!.core
      .step(ask as never)
      .find((output) => output.type === "catch-up-answer")!;
    expect(answer).toMatchObject({ to: "d", catchUp: { round: 5n } });
    const send = (value: typeof answer.catchUp) =>
      judged(late.step({ type: "message", from: "p", message: { type: "CatchUp", value } }));
    const { catchUp } = answer;
    const short = { ...catchUp, precommits: catchUp.precommits.slice(1) };
    expect(send(short)).toBe("gossip/out-of-step");
    expect(send({ ...short, base: refOf(genesis) })).toBe("gossip/bad-catch-up");
    expect(send({ ...catchUp, round: 6n })).toBe("gossip/bad-catch-up");
    expect(send({ ...catchUp, prevotes: Array(9).fill(catchUp.prevotes[0]) })).toBe(
      "gossip/bad-catch-up",
    );
    expect(send(catchUp)).toBe("gossip/accepted");
    expect(late.core.position).toMatchObject({ round: 6n, finalized: at(chain, 4) });
    expect(send(catchUp)).toBe("gossip/out-of-step");
    const early = { ...ask, message: { type: "CatchUpRequest", value: { ...request, round: 9n } } };
    expect(judged(nodes[0]!.core.step(early as never))).toBe("gossip/out-of-step");
  });

  test("go on from a round that others completed, though the estimate before it is not final here", () => {
    const [node] = nodesOf([alice], setOf(four));
    node!.import(chain[0]!, fork[0]!);
    const [ours, theirs] = [at(chain, 0), at(fork, 0)];
    for (const voter of [bob, carol, dave]) hear(node!, vote(voter, "prevote", ours));
    hear(node!, vote(bob, "precommit", ours));
    // Carol's precommit never comes: with it the estimate would be the genesis block.
    hear(node!, vote(dave, "precommit", refOf(genesis)));
    expect(node!.core.position.round).toBe(2n);
    const second = [
      ...[bob, carol, dave].map((voter) => vote(voter, "prevote", theirs, { round: 2n })),
      vote(bob, "precommit", theirs, { round: 2n }),
      ...[carol, dave].map((voter) => vote(voter, "precommit", refOf(genesis), { round: 2n })),
    ];
    for (const one of second) hear(node!, one);
    expect(node!.core.position).toMatchObject({ round: 2n, finalized: refOf(genesis) });
    const value = {
      setId: 0n,
      round: 2n,
      prevotes: second.slice(0, 3),
      precommits: second.slice(3),
      base: refOf(genesis),
    };
    const message = { type: "CatchUp", value } as const;
    expect(judged(node!.step({ type: "message", from: "p", message }))).toBe("gossip/accepted");
    expect(node!.core.position.round).toBe(3n);
  });

  test("take up a vote that another node signed with the own key, and sign no other", () => {
    const [node] = nodesOf([alice], setOf(four));
    hear(node!, vote(alice, "prevote", at(fork, 0)));
    node!.import(chain[0]!, fork[0]!);
    expect([...node!.signed.keys()]).not.toContain("prevote 1 0");
    expect(node!.core.rounds()[0]!.prevoteWeight).toBe(1n);
  });

  test("tell an operator who has not voted", () => {
    const [node] = nodesOf([alice], setOf(four));
    node!.import(chain[0]!);
    hear(node!, vote(bob, "prevote", at(chain, 0)));
    expect(node!.core.rounds()).toMatchObject([
      { round: 1n, totalWeight: 4n, thresholdWeight: 3n, prevoteWeight: 2n, precommitWeight: 0n },
    ]);
    expect(node!.core.rounds()[0]!.missingPrevotes).toEqual([carol.key, dave.key]);
  });
});

describe("a restart", () => {
  test("refuses votes of a later set than the database", () => {
    const record = { setId: 1n, round: 1n, own: [], previous: undefined };
    const node = alone();
    const started = startVoter({
      set: setOf([me]),
      isOwn: (key) => equalBytes(key, me.key),
      finalized: refOf(genesis),
      record,
      chain: { header: () => undefined, bestContaining: () => undefined },
    });
    expect(started).toEqual({
      ok: false,
      error: { code: "voter/record-ahead", recordSetId: 1n, setId: 0n },
    });
    expect(node.core.set.setId).toBe(0n);
  });

  test("takes the previous round's votes and the own ones up again", () => {
    const nodes = nodesOf(four);
    for (const node of nodes) node.import(chain[0]!);
    exchange(nodes);
    const [node] = nodes;
    node!.import(chain[1]!);
    const record = node!.record!;
    expect(record).toMatchObject({ round: 2n, previous: { round: 1n } });
    expect(record.previous!.precommits.length).toBeGreaterThanOrEqual(3);
    expect(decode(VoterRecord, encode(VoterRecord, record))).toEqual({ ok: true, value: record });
    node!.outbox = [];
    node!.restart();
    expect(node!.core.position.round).toBe(2n);
    const again = node!.outbox.filter((output) => output.type === "gossip-vote");
    expect(again.map(({ vote: { round, kind } }) => `${round} ${kind}`)).toContain("2 prevote");
    for (const other of nodes) if (other !== node) other.import(chain[1]!);
    exchange(nodes);
    expect(node!.finalized).toEqual(at(chain, 1));
  });
});

const step = fc.record({ blocks: fc.nat(2), isFork: fc.boolean(), crashIn: fc.nat(12) });

function play(
  list: readonly { readonly blocks: number; readonly isFork: boolean; readonly crashIn: number }[],
): VoterHarness {
  const node = alone();
  let salt = 0;
  for (const { blocks, isFork, crashIn } of list) {
    const parent = node.headers.get(bytesKey(node.tree.best.hash))!;
    salt++;
    node.insert(...aChain(parent, blocks + 1, { salt }));
    node.crashIn = crashIn;
    node.step({ type: "chain" });
    if (!node.isCrashed) continue;
    const root = node.headers.get(bytesKey(node.tree.root.hash))!;
    if (isFork) node.insert(...aChain(root, blocks + 2, { salt: salt + 100 }));
    node.restart();
  }
  return node;
}

test("a crash before any output never makes it sign two votes for one round", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 10 }), (list) => {
      const node = play(list);
      const heights = node.finalizations.flatMap(({ headers }) => headers.map((h) => h.number));
      expect(heights).toEqual([...new Set(heights)].sort((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});

test("the same crashes make a voter equivocate that forgets its record", () => {
  const crashed = (): VoterHarness => {
    const node = alone();
    node.insert(chain[0]!);
    node.crashIn = 3;
    node.step({ type: "chain" });
    node.insert(...fork.slice(0, 2));
    return node;
  };
  const forgetful = crashed();
  forgetful.record = undefined;
  expect(() => forgetful.restart()).toThrow("equivocated: prevote 1 0");
  const node = crashed();
  node.restart();
  expect(node.finalized).toEqual(at(chain, 0));
});
