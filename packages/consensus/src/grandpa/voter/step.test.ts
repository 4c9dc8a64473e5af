import { ed25519Sign } from "@pha/crypto";
import { decode, encode, toHex } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { authoritiesOf, aVoter, bytesOf, setOf, voters } from "../../../test/chain-builder.ts";
import type { BlockRef } from "../../block-ref.ts";
import { verifyCommit, verifyJustification } from "../verify-justification.ts";
import { startVoter, VoterRecord, type VoterState, type VoteTarget } from "./state.ts";
import { stepVoter, type VoterInput, type VoterOutput } from "./step.ts";

const me = aVoter(1);
const set = setOf([me]);
const genesis: BlockRef = { hash: bytesOf(0), number: 0 };

function fresh(overrides = {}): VoterState {
  const started = startVoter({
    set,
    own: me.key,
    finalized: genesis,
    record: undefined,
    ...overrides,
  });
  if (!started.ok) throw new Error(started.error.code);
  return started.value;
}

function target(id: number, number = id, change?: VoteTarget["change"]): VoteTarget {
  return { block: { hash: bytesOf(id), number }, change };
}

function signed(output: VoterOutput | undefined): VoterInput {
  if (output?.type !== "sign") throw new Error("nothing to sign");
  const { kind, round, setId, payload } = output;
  return { type: "signed", kind, round, setId, signature: ed25519Sign(me.seed, payload) };
}

describe("a single voter", () => {
  test("persists and signs a prevote, then a precommit, then finalizes", () => {
    const first = stepVoter(fresh(), { type: "best-chain", target: target(1) });
    expect(first.outputs.map(({ type }) => type)).toEqual(["persist", "sign"]);
    const second = stepVoter(first.state, signed(first.outputs[1]));
    expect(second.outputs.map(({ type }) => type)).toEqual(["persist", "sign"]);
    const third = stepVoter(second.state, signed(second.outputs[1]));
    const [final] = third.outputs;
    if (final?.type !== "finalize") throw new Error("not finalized");
    expect(final.block).toEqual(target(1).block);
    const { justification, commit } = final;
    expect(verifyJustification({ justification, set, target: final.block }).ok).toBe(true);
    expect(verifyCommit({ commit, set, isDescendant: () => false }).ok).toBe(true);
    expect(third.state).toMatchObject({ round: 2n, finalized: final.block, prevote: undefined });
  });

  test("does not leave a vote in flight for a better block", () => {
    const { state } = stepVoter(fresh(), { type: "best-chain", target: target(1) });
    expect(stepVoter(state, { type: "best-chain", target: target(2) })).toEqual({
      state,
      outputs: [],
    });
  });

  test("does not vote for the finalized block or below it", () => {
    const state = fresh({ finalized: { hash: bytesOf(9), number: 9 } });
    for (const number of [8, 9])
      expect(stepVoter(state, { type: "best-chain", target: target(8, number) }).outputs).toEqual(
        [],
      );
  });

  test("asks again on a timer, for the same bytes", () => {
    const { state, outputs } = stepVoter(fresh(), { type: "best-chain", target: target(1) });
    expect(stepVoter(state, { type: "timer" }).outputs).toEqual([outputs[1]]);
    expect(stepVoter(fresh(), { type: "timer" }).outputs).toEqual([]);
  });

  test("ignores signatures that it does not wait for and asserts on wrong ones", () => {
    const { state, outputs } = stepVoter(fresh(), { type: "best-chain", target: target(1) });
    const answer = signed(outputs[1]);
    if (answer.type !== "signed") throw new Error("not signed");
    for (const stale of [
      { ...answer, kind: "precommit" as const },
      { ...answer, round: 2n },
      { ...answer, setId: 1n },
    ])
      expect(stepVoter(state, stale)).toEqual({ state, outputs: [] });
    expect(() => stepVoter(state, { ...answer, signature: bytesOf(1, 64) })).toThrow("keystore");
  });

  test("enters the next set, at round 1, with the block that changes it", () => {
    const change = authoritiesOf([me, aVoter(2)], 2n);
    let step = stepVoter(fresh(), { type: "best-chain", target: target(1, 1, change) });
    step = stepVoter(step.state, signed(step.outputs[1]));
    step = stepVoter(step.state, signed(step.outputs[1]));
    const nextSet = { setId: 1n, authorities: change };
    expect(step.outputs[0]).toMatchObject({ type: "finalize", nextSet });
    expect(step.state).toMatchObject({ set: nextSet, round: 1n });
    expect(stepVoter(step.state, { type: "best-chain", target: target(2) }).outputs).toEqual([]);
  });

  test("is silent without a key, outside the set, and when others must agree", () => {
    const input: VoterInput = { type: "best-chain", target: target(1) };
    for (const state of [
      fresh({ own: undefined }),
      fresh({ own: aVoter(2).key }),
      fresh({ set: setOf(voters(2)), own: aVoter(1).key }),
    ])
      expect(stepVoter(state, input)).toEqual({ state, outputs: [] });
  });
});

describe("a restart", () => {
  test("refuses votes of a later set than the database", () => {
    const record = { setId: 1n, round: 3n, prevote: target(5), precommit: undefined };
    expect(startVoter({ set, own: me.key, finalized: genesis, record })).toEqual({
      ok: false,
      error: { code: "voter/record-ahead", recordSetId: 1n, setId: 0n },
    });
  });

  test("begins the next round when the voted block was finalized", () => {
    const record = { setId: 0n, round: 3n, prevote: target(5), precommit: target(5) };
    const state = fresh({ record, finalized: target(5).block });
    expect(state).toMatchObject({ round: 4n, prevote: undefined, precommit: undefined });
  });

  test("begins anew in a later set", () => {
    const record = { setId: 0n, round: 3n, prevote: target(5), precommit: undefined };
    expect(fresh({ record, set: setOf([me], 1n) })).toMatchObject({ round: 1n });
  });

  test("a record round-trips", () => {
    const record: VoterRecord = {
      setId: 4n,
      round: 3n,
      prevote: target(5),
      precommit: target(6, 6, authoritiesOf([me])),
    };
    expect(decode(VoterRecord, encode(VoterRecord, record))).toEqual({ ok: true, value: record });
  });
});

/** Disk, keystore and chain around the core; crashes before a chosen output. */
class Harness {
  record: VoterRecord | undefined;
  onDisk: BlockRef = genesis;
  state = fresh();
  readonly signed = new Map<string, string>();
  readonly finalized: BlockRef[] = [];
  readonly #persists: boolean;

  constructor({ persists }: { readonly persists: boolean }) {
    this.#persists = persists;
  }

  /** Carries out outputs; crashes instead of output number `crashAt`, counted from 0. */
  run(input: VoterInput, crashAt: number): void {
    let done = 0;
    const queue = [input];
    for (let item = queue.shift(); item; item = queue.shift()) {
      const { state, outputs } = stepVoter(this.state, item);
      this.state = state;
      for (const output of outputs) {
        if (done++ === crashAt) {
          this.restart();
          return;
        }
        const answer = this.carryOut(output);
        if (answer) queue.push(answer);
      }
    }
  }

  carryOut(output: VoterOutput): VoterInput | undefined {
    switch (output.type) {
      case "persist":
        if (this.#persists) this.record = output.record;
        return undefined;
      case "sign": {
        const slot = `${output.kind} ${output.round} ${output.setId}`;
        const payload = toHex(output.payload);
        if ((this.signed.get(slot) ?? payload) !== payload) throw new Error(`equivocated: ${slot}`);
        this.signed.set(slot, payload);
        return signed(output);
      }
      case "finalize":
        this.onDisk = output.block;
        this.finalized.push(output.block);
        return undefined;
    }
  }

  restart(): void {
    this.state = fresh({ record: this.record, finalized: this.onDisk });
    this.run({ type: "timer" }, Number.POSITIVE_INFINITY);
  }
}

const scenario = fc.record({ fork: fc.nat(200), ahead: fc.nat(2), crashAt: fc.nat(7) });
const scenarios = fc.array(scenario, { minLength: 1, maxLength: 12 });

function play(
  list: readonly { fork: number; ahead: number; crashAt: number }[],
  persists: boolean,
) {
  const harness = new Harness({ persists });
  for (const { fork, ahead, crashAt } of list) {
    const number = harness.state.finalized.number + 1 + ahead;
    harness.run({ type: "best-chain", target: target(fork, number) }, crashAt);
  }
  return harness;
}

test("a crash before any output never makes it sign two votes for one round", () => {
  fc.assert(
    fc.property(scenarios, (list) => {
      const { finalized } = play(list, true);
      const heights = finalized.map(({ number }) => number);
      expect(heights).toEqual([...new Set(heights)].sort((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});

test("the same crashes make a voter equivocate whose votes are not persisted", () => {
  const list = [
    { fork: 1, ahead: 0, crashAt: 2 },
    { fork: 2, ahead: 0, crashAt: 7 },
  ];
  expect(() => play(list, false)).toThrow("equivocated: prevote 1 0");
  expect(play(list, true).finalized.map(({ hash }) => hash[0])).toEqual([1, 2]);
});
