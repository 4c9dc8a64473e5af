import { decode, encode } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { bigEndian } from "../big-endian.ts";
import {
  addG2,
  decodeG2,
  encodeG1,
  encodeG2,
  G1_BASE,
  G2_BASE,
  multiplySecretG2,
  negateG2,
} from "./bls.ts";
import { aggregate, finalShare } from "./dkg.ts";
import { DealingComplaint, judgeComplaint, makeComplaint } from "./dkg-complaint.ts";
import { createDealing, Dealing, openDealingShare, verifyDealing } from "./dkg-dealing.ts";
import { type DkgRun, dkgContext, isOneTimePublicKey, oneTimeKeypair } from "./dkg-run.ts";
import { checkedScalar, ORDER, reduce, scalarToBytes } from "./scalar.ts";
import { lagrangeAtZero } from "./seats.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const aRun = (n: number, t: number, change: Partial<DkgRun> = {}): DkgRun => ({
  genesisHash: fill(7),
  runId: 1n,
  generation: 1n,
  n,
  t,
  ...change,
});

function aCommittee(n: number, t: number, run = aRun(n, t)) {
  const keys = Array.from({ length: n }, (_, seat) => oneTimeKeypair(fill(100 + seat)));
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const context = dkgContext(run, publicKeys);
  const recipients = publicKeys.map((oneTimePublicKey, seat) => ({ seat, oneTimePublicKey }));
  const deal = (seat: number, seed = seat): Dealing => {
    const dealing = createDealing({
      context,
      seat,
      n,
      t,
      polynomialSeed: fill(1 + seed),
      entropy: fill(50 + seed),
      recipients,
    });
    if (!dealing.ok) throw new Error(dealing.error.code);
    return dealing.value;
  };
  const open = (dealing: Dealing, seat: number) =>
    openDealingShare({ context, dealing, seat, oneTimeSecret: keys[seat]!.secret });
  const complain = (dealing: Dealing, seat: number): DealingComplaint => {
    const complaint = makeComplaint({
      context,
      dealing,
      seat,
      oneTimeSecret: keys[seat]!.secret,
      entropy: fill(3),
    });
    if (!complaint.ok) throw new Error(complaint.error.code);
    return complaint.value;
  };
  const judge = (dealing: Dealing, complaint: DealingComplaint, seat = complaint.complainer) =>
    judgeComplaint({ context, dealing, complaint, oneTimePublicKey: publicKeys[seat]! });
  const verify = (dealing: Dealing) => verifyDealing({ context, n, t, dealing });
  return { n, t, context, publicKeys, deal, open, complain, judge, verify };
}

/** A dealing whose proof is right and whose share for one seat is not: what a cheating dealer can publish. */
function withWrongShare(committee: ReturnType<typeof aCommittee>, seat: number): Dealing {
  const { context, n, t, publicKeys } = committee;
  const cheat = oneTimeKeypair(fill(99)).publicKey;
  // Encrypting to another key than the seat's, under the true context, makes a wrong share with a true proof.
  const dealing = createDealing({
    context,
    seat: 0,
    n,
    t,
    polynomialSeed: fill(1),
    entropy: fill(50),
    recipients: publicKeys.map((key, i) => ({
      seat: i,
      oneTimePublicKey: i === seat ? cheat : key,
    })),
  });
  if (!dealing.ok) throw new Error(dealing.error.code);
  return dealing.value;
}

test.each([
  [1, 1],
  [3, 2],
  [5, 3],
])("%i dealers with threshold %i share one root, which t shares and no fewer give", (n, t) => {
  const committee = aCommittee(n, t);
  const dealings = Array.from({ length: n }, (_, seat) => committee.deal(seat));
  const result = aggregate({ ...committee, dealings });
  if (!result.ok) throw new Error(result.error.code);
  const shares = Array.from({ length: n }, (_, seat) =>
    finalShare({
      shares: dealings.map((dealing) => {
        const share = committee.open(dealing, seat);
        if (!share.ok) throw new Error(share.error.code);
        return share.value;
      }),
    }),
  );
  for (const [seat, share] of shares.entries())
    expect(encodeG2(multiplySecretG2(G2_BASE, bigEndian(share)))).toEqual(
      result.value.sharePublicKeys[seat],
    );
  const rootOf = (seats: readonly number[]): Uint8Array => {
    const weights = lagrangeAtZero(seats);
    const root = seats.reduce((sum, seat, i) => sum + weights[i]! * bigEndian(shares[seat]!), 0n);
    return encodeG2(multiplySecretG2(G2_BASE, reduce(root)));
  };
  const last = Array.from({ length: t }, (_, i) => n - 1 - i);
  expect(rootOf(last)).toEqual(result.value.rootPublicKey);
  if (t > 1) expect(rootOf(last.slice(1))).not.toEqual(result.value.rootPublicKey);
});

describe("a dealing", () => {
  const committee = aCommittee(3, 2);
  const dealing = committee.deal(0);

  test("verifies, and has one encoding", () => {
    expect(committee.verify(dealing).ok).toBe(true);
    const bytes = encode(Dealing, dealing);
    expect(decode(Dealing, bytes)).toEqual({ ok: true, value: dealing });
    expect(committee.deal(0)).toEqual(dealing);
  });

  test("is refused in another run, for other keys, from another seat, or when any part was changed", () => {
    const bad = { ok: false, error: { code: "dkg/bad-possession", dealer: 0 } };
    expect(aCommittee(3, 2, aRun(3, 2, { runId: 2n })).verify(dealing)).toEqual(bad);
    expect(aCommittee(3, 2, aRun(3, 2, { generation: 2n })).verify(dealing)).toEqual(bad);
    const otherKeys = dkgContext(aRun(3, 2), [...committee.publicKeys].reverse());
    expect(verifyDealing({ ...committee, context: otherKeys, dealing })).toEqual(bad);
    expect(committee.verify({ ...dealing, dealer: 1 }).ok).toBe(false);
    expect(committee.verify({ ...dealing, shares: [...dealing.shares].reverse() })).toEqual(bad);
    const other = committee.deal(1);
    expect(committee.verify({ ...dealing, ephemeral: other.ephemeral })).toEqual(bad);
    // Each response by itself: a proof of one secret does not stand in for the other.
    const { constantResponse, ephemeralResponse } = other;
    expect(committee.verify({ ...dealing, constantResponse })).toEqual(bad);
    expect(committee.verify({ ...dealing, ephemeralResponse })).toEqual(bad);
    expect(
      committee.verify({
        ...dealing,
        commitments: [dealing.commitments[0]!, other.commitments[1]!],
      }),
    ).toEqual(bad);
    expect(committee.verify({ ...dealing, constantResponse: scalarToBytes(ORDER) })).toEqual(bad);
  });

  test("is refused with too few commitments or shares, and with a bad point", () => {
    const shape = { ok: false, error: { code: "dkg/wrong-shape", dealer: 0 } };
    expect(committee.verify({ ...dealing, commitments: dealing.commitments.slice(1) })).toEqual(
      shape,
    );
    expect(committee.verify({ ...dealing, shares: dealing.shares.slice(1) })).toEqual(shape);
    const point = { ok: false, error: { code: "dkg/bad-point", dealer: 0 } };
    const zero = new Uint8Array(96);
    zero[0] = 0xc0;
    expect(committee.verify({ ...dealing, commitments: [dealing.commitments[0]!, zero] })).toEqual(
      point,
    );
    expect(committee.verify({ ...dealing, ephemeral: new Uint8Array(48) })).toEqual(point);
  });

  test("is not made for a key that is no point", () => {
    expect(isOneTimePublicKey(new Uint8Array(48))).toBe(false);
    const { context } = committee;
    const made = createDealing({
      context,
      seat: 0,
      n: 1,
      t: 1,
      polynomialSeed: fill(1),
      entropy: fill(2),
      recipients: [{ seat: 0, oneTimePublicKey: new Uint8Array(48) }],
    });
    expect(made).toEqual({ ok: false, error: { code: "dkg/bad-one-time-key", seat: 0 } });
  });

  test("made with another dealer's ephemeral key is refused, so a complaint opens only the guilty dealing", () => {
    const victim = committee.deal(1);
    const thief = { ...withWrongShare(committee, 2), ephemeral: victim.ephemeral };
    expect(committee.verify(thief)).toEqual({
      ok: false,
      error: { code: "dkg/bad-possession", dealer: 0 },
    });
  });
});

describe("a complaint", () => {
  const committee = aCommittee(3, 2);
  const honest = committee.deal(0);
  const cheating = withWrongShare(committee, 2);

  test("that is true convicts the dealer, whose dealing verified and opened for the others", () => {
    expect(committee.verify(cheating).ok).toBe(true);
    expect(committee.open(cheating, 1).ok).toBe(true);
    expect(committee.open(cheating, 2)).toEqual({
      ok: false,
      error: { code: "dkg/bad-share", dealer: 0 },
    });
    const complaint = committee.complain(cheating, 2);
    expect(committee.judge(cheating, complaint)).toBe("dealer-guilty");
    const bytes = encode(DealingComplaint, complaint);
    expect(bytes.length).toBe(98);
    expect(decode(DealingComplaint, bytes)).toEqual({
      ok: true,
      value: complaint,
    });
  });

  test("that is false convicts the complainer, whatever it publishes", () => {
    const complaint = committee.complain(honest, 2);
    expect(committee.judge(honest, complaint)).toBe("complainer-guilty");
    const lie = { ...complaint, sharedPoint: encodeG1(G1_BASE) };
    expect(committee.judge(honest, lie)).toBe("complainer-guilty");
    const notAPoint = { ...complaint, sharedPoint: new Uint8Array(48) };
    expect(committee.judge(honest, notAPoint)).toBe("complainer-guilty");
  });

  test("counts only for its seat, its dealing and its run", () => {
    const complaint = committee.complain(cheating, 2);
    expect(committee.judge(cheating, { ...complaint, complainer: 1 })).toBe("complainer-guilty");
    expect(committee.judge(cheating, { ...complaint, complainer: 9 }, 2)).toBe("complainer-guilty");
    expect(committee.judge(committee.deal(1), complaint)).toBe("complainer-guilty");
    const seatOfNoOne = makeComplaint({
      context: committee.context,
      dealing: cheating,
      seat: 9,
      oneTimeSecret: oneTimeKeypair(fill(102)).secret,
      entropy: fill(3),
    });
    if (!seatOfNoOne.ok) throw new Error(seatOfNoOne.error.code);
    expect(committee.judge(cheating, seatOfNoOne.value, 2)).toBe("complainer-guilty");
    const otherRun = aCommittee(3, 2, aRun(3, 2, { runId: 2n }));
    expect(otherRun.judge(cheating, complaint)).toBe("complainer-guilty");
  });
});

describe("the result of a run", () => {
  const committee = aCommittee(3, 2);
  const dealings = [0, 1, 2].map((seat) => committee.deal(seat));

  test("has the same transcript hash for the same dealings in any order, and another for others", () => {
    const forward = aggregate({ ...committee, dealings });
    expect(aggregate({ ...committee, dealings: [...dealings].reverse() })).toEqual(forward);
    const fewer = aggregate({ ...committee, dealings: dealings.slice(1) });
    if (!forward.ok || !fewer.ok) throw new Error("aggregated");
    expect(fewer.value.transcriptHash).not.toEqual(forward.value.transcriptHash);
    expect(fewer.value.dealers).toEqual([1, 2]);
  });

  test("needs t dealers, each once", () => {
    expect(aggregate({ ...committee, dealings: dealings.slice(2) })).toEqual({
      ok: false,
      error: { code: "dkg/too-few-dealings", have: 1, need: 2 },
    });
    expect(aggregate({ ...committee, dealings: [dealings[0]!, dealings[0]!] })).toEqual({
      ok: false,
      error: { code: "dkg/repeated-dealer", dealer: 0 },
    });
  });

  test("names a seat that has arranged for an empty share of its own", () => {
    // Seat 0 knows what the others dealt it, and subtracts exactly that in its own linear term.
    const dealt = [1, 2].map((dealer) => {
      const share = committee.open(dealings[dealer]!, 0);
      if (!share.ok) throw new Error(share.error.code);
      return checkedScalar(share.value);
    });
    const slope = reduce(-(dealt[0]! + dealt[1]! + 5n));
    const rigged = {
      ...dealings[0]!,
      commitments: [
        encodeG2(multiplySecretG2(G2_BASE, 5n)),
        encodeG2(multiplySecretG2(G2_BASE, slope)),
      ],
    };
    expect(decodeG2(rigged.commitments[1]!)).toBeDefined();
    expect(aggregate({ ...committee, dealings: [rigged, dealings[1]!, dealings[2]!] })).toEqual({
      ok: false,
      error: { code: "dkg/degenerate-share", seat: 0 },
    });
  });

  test("is none when the constants of all dealers cancel out", () => {
    // The last dealer publishes minus the sum of the others' constants: everybody's root would be zero.
    const others = dealings.slice(0, 2).map(({ commitments }) => decodeG2(commitments[0]!)!);
    const cancelling = encodeG2(negateG2(addG2(others[0]!, others[1]!)));
    const rigged = { ...dealings[2]!, commitments: [cancelling, dealings[2]!.commitments[1]!] };
    expect(aggregate({ ...committee, dealings: [...dealings.slice(0, 2), rigged] })).toEqual({
      ok: false,
      error: { code: "dkg/degenerate-root" },
    });
  });
});
