import { toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { bigEndian } from "../big-endian.ts";
import { addG2, decodeG2, encodeG2, G2_BASE, multiplySecretG2, negateG2 } from "./bls.ts";
import { collectKeyShares } from "./combine-key-shares.ts";
import { makeComplaint } from "./dkg-complaint.ts";
import { createDealing, type Dealing } from "./dkg-dealing.ts";
import { dkgContext, emptySeatKey, isOneTimePublicKey, oneTimeKeypair } from "./dkg-run.ts";
import { IDLE_DKG_SEAT, stepDkgSeat } from "./dkg-seat.ts";
import type { DkgSeatInput, DkgSeatOutput, DkgSeatState } from "./dkg-seat-state.ts";
import { encryptKeyShare } from "./encrypted-key-share.ts";
import { openEncryptedKey, verifyVetKey } from "./open-encrypted-key.ts";
import { reduce, scalarToBytes } from "./scalar.ts";
import { lagrangeAtZero } from "./seats.ts";
import { transportKeypair } from "./transport-key.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
type Message = Exclude<DkgSeatInput, { type: "run-started" | "phase" | "activated" | "erase" }>;

/** A committee whose messages go through one queue, as through the chain; `alter` is what a dishonest seat does. */
function aNetwork(
  n: number,
  t: number,
  alter: (from: number, output: DkgSeatOutput) => DkgSeatOutput | undefined = (_, output) => output,
  empty: readonly number[] = [],
) {
  const states: DkgSeatState[] = Array.from({ length: n }, () => IDLE_DKG_SEAT);
  const outputs: { readonly seat: number; readonly output: DkgSeatOutput }[] = [];
  const queue: Message[] = [];
  const observed: Uint8Array[][] = states.map(() => []);

  const feed = (seat: number, input: DkgSeatInput): void => {
    const step = stepDkgSeat(states[seat]!, input);
    states[seat] = step.state;
    observed[seat]!.push(flatten(step.state));
    for (const output of step.outputs) {
      outputs.push({ seat, output });
      const sent = alter(seat, output);
      const message = sent && asMessage(seat, sent);
      if (message) queue.push(message);
    }
  };
  const held = Array.from({ length: n }, (_, seat) => seat).filter((one) => !empty.includes(one));
  const everyone = (input: DkgSeatInput): void => {
    for (const seat of held) feed(seat, input);
  };
  const settle = (): void => {
    for (let message = queue.shift(); message; message = queue.shift()) everyone(message);
  };
  const start = (): void => {
    for (const seat of held)
      feed(seat, {
        type: "run-started",
        genesisHash: fill(7),
        runId: 4n,
        generation: 2n,
        n,
        t,
        seat,
        empty,
        entropy: fill(10 + seat),
      });
  };
  const said = (type: DkgSeatOutput["type"], seat?: number) =>
    outputs.filter((o) => o.output.type === type && (seat === undefined || o.seat === seat));
  return { n, t, states, outputs, observed, feed, everyone, settle, start, said };
}

function asMessage(seat: number, output: DkgSeatOutput): Message | undefined {
  switch (output.type) {
    case "publish-key":
      return { type: "key-published", seat, oneTimePublicKey: output.oneTimePublicKey };
    case "publish-dealing":
      return { type: "dealing-published", seat, dealing: output.dealing };
    case "publish-complaint":
      return { type: "complaint-published", seat, complaint: output.complaint };
    case "publish-confirmation":
      return { type: "confirmed", seat, transcriptHash: output.transcriptHash };
    default:
      return undefined;
  }
}

/** Every byte and number a value holds, however deep. */
function flatten(value: unknown): Uint8Array {
  const parts: number[] = [];
  const visit = (item: unknown): void => {
    if (item instanceof Uint8Array) parts.push(...item);
    else if (typeof item === "bigint" && item >= 0n) parts.push(...scalarToBytes(item));
    else if (item instanceof Map) for (const entry of item) visit(entry);
    else if (item instanceof Set || Array.isArray(item)) for (const entry of item) visit(entry);
    else if (typeof item === "object" && item !== null)
      for (const v of Object.values(item)) visit(v);
  };
  visit(value);
  return Uint8Array.from(parts);
}

function activeState(state: DkgSeatState) {
  if (state.status !== "active") throw new Error(`the seat is ${state.status}`);
  return state;
}

function rootScalar(states: readonly DkgSeatState[], seats: readonly number[]): bigint {
  const weights = lagrangeAtZero(seats);
  return reduce(
    seats.reduce((sum, seat, i) => {
      return sum + weights[i]! * bigEndian(activeState(states[seat]!).share);
    }, 0n),
  );
}

test("a run of one seat publishes key and dealing, keeps its share and confirms in its first step", () => {
  const net = aNetwork(1, 1);
  net.start();
  expect(net.outputs.map(({ output }) => output.type)).toEqual([
    "publish-key",
    "publish-dealing",
    "keep-share",
    "publish-confirmation",
  ]);
  const kept = net.outputs.flatMap(({ output }) =>
    output.type === "keep-share" ? [output.share] : [],
  );
  net.settle();
  net.everyone({ type: "activated" });
  const { result, share } = activeState(net.states[0]!);
  expect(encodeG2(multiplySecretG2(G2_BASE, bigEndian(share)))).toEqual(result.rootPublicKey);
  expect(kept).toEqual([share]);
});

test.each([
  [3, 2],
  [5, 3],
  [7, 4],
])("%i seats with threshold %i agree, serve a key, and no state ever holds the root", (n, t) => {
  const net = aNetwork(n, t);
  net.start();
  net.settle();
  net.everyone({ type: "activated" });
  const results = net.states.map((state) => activeState(state).result);
  for (const result of results) expect(result).toEqual(results[0]);
  const { rootPublicKey, sharePublicKeys } = results[0]!;
  const published = net.outputs.flatMap(({ output }) => {
    if (output.type === "publish-key") return [toHex(output.oneTimePublicKey)];
    if (output.type !== "publish-dealing") return [];
    return [output.dealing.ephemeral, ...output.dealing.commitments].map(toHex);
  });
  expect(new Set(published).size).toBe(n * (2 + t));

  const seats = Array.from({ length: t }, (_, i) => n - 1 - i);
  const root = rootScalar(net.states, seats);
  expect(encodeG2(multiplySecretG2(G2_BASE, root))).toEqual(rootPublicKey);
  if (t > 1) expect(rootScalar(net.states, seats.slice(1))).not.toBe(root);
  const bigEndianRoot = toHex(scalarToBytes(root)).slice(2);
  const littleEndianRoot = toHex(scalarToBytes(root).reverse()).slice(2);
  for (const [seat, states] of net.observed.entries()) {
    // The search does find a secret that is there.
    const own = toHex(activeState(net.states[seat]!).share).slice(2);
    expect(toHex(states.at(-1)!).includes(own)).toBe(true);
    for (const bytes of states) {
      const hex = toHex(bytes);
      expect(hex.includes(bigEndianRoot) || hex.includes(littleEndianRoot)).toBe(false);
    }
  }

  const identity = utf8("cluster 1");
  const transport = transportKeypair(fill(77));
  const transportPublicKey = transport.publicKey;
  const shares = seats.map((index) => {
    const { share } = activeState(net.states[index]!);
    const entropy32 = fill(index + 1);
    const sent = encryptKeyShare({ share, rootPublicKey, identity, transportPublicKey, entropy32 });
    if (!sent.ok) throw new Error(sent.error.code);
    return { index, share: sent.value };
  });
  const base = { t, sharePublicKeys, rootPublicKey, identity, transportPublicKey };
  const encrypted = collectKeyShares({ ...base, shares });
  if (!encrypted.ok) throw new Error(encrypted.error.code);
  const opened = openEncryptedKey({
    encrypted: encrypted.value,
    transportSecret: transport.secret,
    rootPublicKey,
    identity,
  });
  expect(opened.ok && verifyVetKey({ vetKey: opened.value, rootPublicKey, identity })).toBe(true);
});

/** What seat 0 would deal with a wrong share for seat 2; the keys are those of `aNetwork`'s entropy. */
function cheatingDealing(honest: Dealing, keys: readonly Uint8Array[], t: number): Dealing {
  const context = dkgContext(
    { genesisHash: fill(7), runId: 4n, generation: 2n, n: keys.length, t },
    keys,
  );
  const made = createDealing({
    context,
    seat: honest.dealer,
    n: keys.length,
    t,
    polynomialSeed: fill(1),
    entropy: fill(2),
    recipients: keys.map((key, seat) => ({
      seat,
      oneTimePublicKey: seat === 2 ? oneTimeKeypair(fill(99)).publicKey : key,
    })),
  });
  if (!made.ok) throw new Error(made.error.code);
  return made.value;
}

/** A network of three in which seat 0 deals seat 2 a wrong share. */
function aCheatedNetwork() {
  const keys: Uint8Array[] = [];
  return aNetwork(3, 2, (from, output) => {
    if (output.type === "publish-key") keys[from] = output.oneTimePublicKey;
    if (output.type === "publish-dealing" && from === 0)
      return { ...output, dealing: cheatingDealing(output.dealing, keys, 2) };
    return output;
  });
}

describe("with a dealer that cheats", () => {
  test("the cheated seat complains, all convict the dealer, and the others share a root without it", () => {
    const net = aCheatedNetwork();
    net.start();
    net.settle();
    expect(net.said("publish-complaint").map(({ seat }) => seat)).toEqual([2]);
    for (const seat of [1, 2])
      expect(net.said("verdict", seat).map(({ output }) => output)).toEqual([
        { type: "verdict", dealer: 0, complainer: 2, verdict: "dealer-guilty" },
      ]);
    // Seat 0 runs our own code, so the dealing that was finalized in its name is another boot's.
    expect(net.states[0]).toEqual({ status: "failed", code: "dkg/displaced", seats: [0] });
    expect(net.said("publish-confirmation", 2)).toEqual([]);
    net.everyone({ type: "phase", name: "complain" });
    net.everyone({ type: "phase", name: "confirm" });
    net.settle();
    net.everyone({ type: "activated" });
    const [one, two] = [activeState(net.states[1]!), activeState(net.states[2]!)];
    expect(one.result.dealers).toEqual([1, 2]);
    expect(two.result).toEqual(one.result);
    const root = rootScalar(net.states, [1, 2]);
    expect(encodeG2(multiplySecretG2(G2_BASE, root))).toEqual(one.result.rootPublicKey);
    // Seat 1 had confirmed early, and again when the conviction had changed the transcript.
    expect(net.said("publish-confirmation", 1)).toHaveLength(2);
  });

  test("a seat whose complaint came too late fails, naming the dealer, rather than confirm", () => {
    const keys: Uint8Array[] = [];
    const net = aNetwork(3, 2, (from, output) => {
      if (output.type === "publish-complaint") return undefined;
      if (output.type === "publish-key") keys[from] = output.oneTimePublicKey;
      if (output.type === "publish-dealing" && from === 0)
        return { ...output, dealing: cheatingDealing(output.dealing, keys, 2) };
      return output;
    });
    net.start();
    net.settle();
    net.feed(2, { type: "phase", name: "confirm" });
    expect(net.states[2]).toEqual({ status: "failed", code: "dkg/no-share", seats: [0] });
  });
});

describe("a seat", () => {
  test("ignores a false complaint and confirms as if it had not been", () => {
    const net = aNetwork(3, 2);
    net.start();
    net.settle();
    const victim = net.said("publish-dealing", 1)[0]!.output;
    if (victim.type !== "publish-dealing") throw new Error("a dealing");
    const complaint = makeComplaint({
      context: fill(0),
      dealing: victim.dealing,
      seat: 2,
      oneTimeSecret: scalarToBytes(5n),
      entropy: fill(1),
    });
    if (!complaint.ok) throw new Error(complaint.error.code);
    net.everyone({ type: "complaint-published", seat: 2, complaint: complaint.value });
    expect(net.said("verdict", 0).map(({ output }) => output)).toEqual([
      { type: "verdict", dealer: 1, complainer: 2, verdict: "complainer-guilty" },
    ]);
    net.everyone({ type: "activated" });
    expect(activeState(net.states[0]!).result.dealers).toEqual([0, 1, 2]);
  });

  test("refuses what is malformed, repeated, late or sent for another seat, naming the sender", () => {
    const net = aNetwork(3, 2);
    net.start();
    const code = (input: DkgSeatInput) =>
      stepDkgSeat(net.states[1]!, input).outputs.map((o) => (o.type === "refused" ? o : undefined));
    const key = oneTimeKeypair(fill(1)).publicKey;
    const refusal = (seat: number, why: string) => [{ type: "refused", seat, code: why }];
    expect(code({ type: "key-published", seat: 0, oneTimePublicKey: new Uint8Array(48) })).toEqual(
      refusal(0, "dkg/bad-one-time-key"),
    );
    expect(code({ type: "key-published", seat: 3, oneTimePublicKey: key })).toEqual(
      refusal(3, "dkg/bad-seat"),
    );
    net.settle();
    expect(code({ type: "key-published", seat: 0, oneTimePublicKey: key })).toEqual(
      refusal(0, "dkg/repeated"),
    );
    const dealt = net.said("publish-dealing", 0)[0]!.output;
    if (dealt.type !== "publish-dealing") throw new Error("a dealing");
    expect(code({ type: "dealing-published", seat: 2, dealing: dealt.dealing })).toEqual(
      refusal(2, "dkg/wrong-sender"),
    );
    expect(code({ type: "dealing-published", seat: 0, dealing: dealt.dealing })).toEqual(
      refusal(0, "dkg/repeated"),
    );
  });

  test("gives up when another key was finalized in its name", () => {
    const net = aNetwork(3, 2);
    net.start();
    const oneTimePublicKey = oneTimeKeypair(fill(1)).publicKey;
    net.feed(1, { type: "key-published", seat: 1, oneTimePublicKey });
    expect(net.states[1]).toEqual({ status: "failed", code: "dkg/displaced", seats: [1] });
  });

  test("fails when the dealing phase comes before all keys, naming who is missing", () => {
    const net = aNetwork(3, 2, (from, output) => (from === 1 ? undefined : output));
    net.start();
    net.settle();
    net.feed(0, { type: "phase", name: "deal" });
    expect(net.states[0]).toEqual({ status: "failed", code: "dkg/missing-keys", seats: [1] });
  });

  test("goes on without a silent dealer when the phase says so", () => {
    const net = aNetwork(3, 2, (from, output) =>
      from === 1 && output.type === "publish-dealing" ? undefined : output,
    );
    net.start();
    net.settle();
    expect(net.said("publish-confirmation", 0)).toEqual([]);
    net.feed(0, { type: "phase", name: "confirm" });
    net.feed(2, { type: "phase", name: "confirm" });
    net.settle();
    for (const seat of [0, 2]) net.feed(seat, { type: "activated" });
    expect(activeState(net.states[0]!).result).toEqual(activeState(net.states[2]!).result);
    expect(activeState(net.states[0]!).result.dealers).toEqual([0, 2]);
  });

  test("takes no activation that t confirmations of its own transcript do not back", () => {
    const net = aNetwork(3, 2, (from, output) =>
      output.type === "publish-confirmation" && from !== 0 ? undefined : output,
    );
    net.start();
    net.settle();
    net.everyone({ type: "activated" });
    expect(net.states[0]).toEqual({ status: "failed", code: "dkg/unconfirmed", seats: [1, 2] });
  });

  test("puts its messages out again until they are finalized", () => {
    const state = stepDkgSeat(IDLE_DKG_SEAT, {
      type: "run-started",
      genesisHash: fill(7),
      runId: 1n,
      generation: 1n,
      n: 1,
      t: 1,
      seat: 0,
      empty: [],
      entropy: fill(1),
    });
    const again = stepDkgSeat(state.state, { type: "resend" });
    const messages = state.outputs.filter(({ type }) => type !== "keep-share");
    expect(again.outputs).toEqual(messages);
    const net = aNetwork(1, 1);
    net.start();
    net.settle();
    expect(stepDkgSeat(net.states[0]!, { type: "resend" }).outputs).toEqual([]);
  });

  test("keeps no secret byte after it was erased or gave up", () => {
    const net = aNetwork(1, 1);
    net.start();
    const running = net.states[0]!;
    net.settle();
    net.everyone({ type: "activated" });
    const { share } = activeState(net.states[0]!);
    if (running.status !== "running") throw new Error("running");
    expect(running.oneTimeSecret).toEqual(fill(0));
    expect(running.complaintSeed).toEqual(fill(0));
    net.everyone({ type: "erase" });
    expect(net.states[0]).toEqual({ status: "erased" });
    expect(share).toEqual(fill(0));

    const abandoned = aNetwork(3, 2);
    abandoned.start();
    const waiting = abandoned.states[0]!;
    if (waiting.status !== "running") throw new Error("running");
    abandoned.feed(0, { type: "run-failed" });
    expect(abandoned.states[0]).toEqual({ status: "failed", code: "dkg/given-up", seats: [] });
    expect(waiting.oneTimeSecret).toEqual(fill(0));
    expect(waiting.dealingSeeds).toEqual({ polynomial: fill(0), entropy: fill(0) });
  });
});

describe("seats that nobody holds", () => {
  test("count, and the others make a key without them, in as few steps as with them", () => {
    const net = aNetwork(7, 4, undefined, [1, 3, 6]);
    net.start();
    net.settle();
    net.everyone({ type: "activated" });
    const { result } = activeState(net.states[0]!);
    const root = rootScalar(net.states, [0, 2, 4, 5]);
    expect(encodeG2(multiplySecretG2(G2_BASE, root))).toEqual(result.rootPublicKey);
    expect(result.sharePublicKeys).toHaveLength(7);
    // Three of the four know nothing of it.
    expect(rootScalar(net.states, [0, 2, 4])).not.toBe(root);
  });

  test("have keys that are points, of the run and the seat alone", () => {
    const run = { genesisHash: fill(7), runId: 4n, generation: 2n, n: 7, t: 4 };
    const keys = [
      emptySeatKey(run, 1),
      emptySeatKey(run, 2),
      emptySeatKey({ ...run, runId: 5n }, 1),
      emptySeatKey({ ...run, genesisHash: fill(8) }, 1),
    ];
    expect(keys.every(isOneTimePublicKey)).toBe(true);
    expect(new Set(keys.map((key) => key.join())).size).toBe(4);
    expect(emptySeatKey(run, 1)).toEqual(keys[0]);
  });

  test.each([
    ["its own", [0]],
    ["one that there is not", [3]],
  ])("are not %s", (_, empty) => {
    const input = {
      type: "run-started",
      genesisHash: fill(7),
      runId: 4n,
      generation: 2n,
      n: 3,
      t: 2,
      seat: 0,
      empty,
      entropy: fill(10),
    } as const;
    expect(stepDkgSeat(IDLE_DKG_SEAT, input).state).toMatchObject({ code: "dkg/bad-run" });
  });
});

describe("a seat refuses", () => {
  const started = { type: "run-started", genesisHash: fill(7), runId: 4n, generation: 2n } as const;

  test.each([
    ["no seats", 0, 0, 0],
    ["a threshold above the seats", 3, 4, 0],
    ["no threshold", 3, 0, 0],
    ["more seats than are allowed", 32, 17, 0],
    ["a seat that there is not", 3, 2, 3],
  ])("a run with %s", (_, n, t, seat) => {
    expect(
      stepDkgSeat(IDLE_DKG_SEAT, { ...started, n, t, seat, empty: [], entropy: fill(10) }),
    ).toEqual({
      state: { status: "failed", code: "dkg/bad-run", seats: [] },
      outputs: [{ type: "failed", code: "dkg/bad-run", seats: [] }],
    });
  });

  test("what comes out of turn: a dealing before all keys, a key, a dealing or a complaint too late", () => {
    const net = aNetwork(3, 2);
    net.start();
    net.settle();
    const dealing = net.said("publish-dealing", 1)[0]!.output;
    if (dealing.type !== "publish-dealing") throw new Error("seat 1 dealt");
    const refusal = (state: DkgSeatState, input: DkgSeatInput) => stepDkgSeat(state, input).outputs;

    const young = stepDkgSeat(IDLE_DKG_SEAT, {
      ...started,
      n: 3,
      t: 2,
      seat: 0,
      empty: [],
      entropy: fill(10),
    }).state;
    expect(
      refusal(young, { type: "dealing-published", seat: 1, dealing: dealing.dealing }),
    ).toEqual([{ type: "refused", seat: 1, code: "dkg/out-of-turn" }]);

    const late = aNetwork(3, 2, (from, output) =>
      from === 2 && output.type !== "publish-key" ? undefined : output,
    );
    late.start();
    late.settle();
    late.everyone({ type: "phase", name: "complain" });
    const dealt = late.said("publish-dealing", 2)[0]!.output;
    if (dealt.type !== "publish-dealing") throw new Error("seat 2 dealt and did not send it");
    const { states } = late;
    expect(
      refusal(states[0]!, { type: "dealing-published", seat: 2, dealing: dealt.dealing }),
    ).toEqual([{ type: "refused", seat: 2, code: "dkg/out-of-turn" }]);

    late.everyone({ type: "phase", name: "confirm" });
    const { complaint } = aComplaint(late);
    expect(
      refusal(states[0]!, { type: "complaint-published", seat: complaint.complainer, complaint }),
    ).toEqual([{ type: "refused", seat: complaint.complainer, code: "dkg/out-of-turn" }]);
  });

  /** A complaint of seat 1 about seat 0, false but well made. */
  function aComplaint(net: ReturnType<typeof aNetwork>) {
    const keys = net.said("publish-key").map(({ output }) => {
      if (output.type !== "publish-key") throw new Error("a key");
      return output.oneTimePublicKey;
    });
    const dealt = net.said("publish-dealing", 0)[0]!.output;
    if (dealt.type !== "publish-dealing") throw new Error("seat 0 dealt");
    const { genesisHash, runId, generation } = started;
    const complaint = makeComplaint({
      context: dkgContext({ genesisHash, runId, generation, n: 3, t: 2 }, keys),
      dealing: dealt.dealing,
      seat: 1,
      oneTimeSecret: oneTimeKeypair(fill(1)).secret,
      entropy: fill(2),
    });
    if (!complaint.ok) throw new Error(complaint.error.code);
    return { complaint: complaint.value };
  }
});

test("a run whose dealings leave a seat without a share fails and names it", () => {
  const net = aNetwork(3, 2, (_, output) =>
    output.type === "publish-confirmation" ? undefined : output,
  );
  net.start();
  net.settle();
  const state = net.states[1]!;
  if (state.status !== "running") throw new Error(`the seat is ${state.status}`);
  // What a dealer that knew all others' polynomials could publish: its own share of the sum is nothing.
  const [first, ...others] = [0, 1, 2].map((dealer) => state.dealings.get(dealer)!);
  const sums = [0, 1].map((k) =>
    others.map(({ dealing }) => decodeG2(dealing.commitments[k]!)!).reduce(addG2),
  );
  const constant = decodeG2(first!.dealing.commitments[0]!)!;
  const slope = negateG2(addG2(addG2(constant, sums[0]!), sums[1]!));
  const rigged = {
    ...first!.dealing,
    commitments: [first!.dealing.commitments[0]!, encodeG2(slope)],
  };
  const dealings = new Map(state.dealings).set(0, { ...first!, dealing: rigged });
  const step = stepDkgSeat(
    { ...state, dealings, result: undefined, phase: "complain" },
    { type: "phase", name: "confirm" },
  );
  expect(step.outputs).toEqual([{ type: "failed", code: "dkg/degenerate", seats: [0] }]);
  expect(step.state).toEqual({ status: "failed", code: "dkg/degenerate", seats: [0] });
});
