import { describe, expect, test } from "vitest";
import { anEpoch, aPair, claimOf, pairAt, sealed } from "../../test/babe-author.ts";
import type { BabePreDigest } from "./digest.ts";
import { BabeEquivocationDetector } from "./equivocation.ts";

const epoch = anEpoch();
const note = (salt: number) => ({ type: "Other", value: Uint8Array.of(salt) }) as const;
const key = (index: number) => pairAt(index).publicKey;

/** A claim of authority 0 in the first slot from `from` on in which it has one. */
function claimFrom(from: bigint): BabePreDigest {
  for (let slot = from; ; slot++) {
    const claim = claimOf(epoch, slot, 0);
    if (claim) return claim.preDigest;
  }
}
const claim = claimFrom(epoch.startSlot);
const later = claimFrom(claim.value.slot + 1n);
const first = sealed(claim);
const second = sealed(claim, { items: [note(1)] });

describe("two headers of one author in one slot", () => {
  test("are proven when both were imported, in either order, once", () => {
    for (const [one, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const detector = new BabeEquivocationDetector();
      expect(detector.imported(one)).toEqual([]);
      expect(detector.imported(one)).toEqual([]);
      const [found] = detector.imported(other);
      expect(found && detector.prove(found, key(0))).toEqual({
        offender: key(0),
        slot: claim.value.slot,
        firstHeader: one,
        secondHeader: other,
      });
      expect(found && detector.prove(found, key(0))).toBeUndefined();
    }
  });

  test("are proven when one was announced only, before the other or after it", () => {
    const before = new BabeEquivocationDetector();
    expect(before.announced(second)).toEqual([]);
    expect(before.imported(first)).toMatchObject([{ firstHeader: first, secondHeader: second }]);
    const after = new BabeEquivocationDetector();
    after.imported(first);
    expect(after.announced(second)).toMatchObject([{ firstHeader: first, secondHeader: second }]);
  });

  test("that nobody sealed prove nothing, and hide no good proof", () => {
    const detector = new BabeEquivocationDetector();
    detector.imported(first);
    const forged = sealed(claim, { items: [note(1)], pair: aPair(9) });
    const [suspected] = detector.announced(forged);
    expect(suspected && detector.prove(suspected, key(0))).toBeUndefined();
    const [found] = detector.announced(second);
    expect(found && detector.prove(found, key(0))).toBeDefined();
  });

  test("announced twice and never imported are no suspicion: nobody knows who sealed them", () => {
    const detector = new BabeEquivocationDetector();
    expect([...detector.announced(first), ...detector.announced(second)]).toEqual([]);
  });
});

test("one header, other slots and headers without claim or seal are no suspicion", () => {
  const detector = new BabeEquivocationDetector();
  detector.imported(first);
  expect(detector.imported(sealed(later))).toEqual([]);
  expect(detector.announced(first)).toEqual([]);
  expect(detector.announced({ ...second, digest: [] })).toEqual([]);
  expect(detector.announced({ ...second, digest: second.digest.slice(0, -1) })).toEqual([]);
});

test("memory is bounded: the oldest claims and announcements are forgotten", () => {
  const detector = new BabeEquivocationDetector();
  detector.announced(second);
  for (let i = 0; i < 256; i++) detector.announced(sealed(later, { items: [note(i)] }));
  expect(detector.imported(first)).toEqual([]);
  for (let slot = 10_000n; slot < 11_024n; slot++)
    detector.imported({
      ...first,
      digest: sealed({ ...later, value: { ...later.value, slot } } as BabePreDigest).digest,
    });
  expect(detector.imported(second)).toEqual([]);
});
