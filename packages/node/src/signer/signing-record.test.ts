import { decode, encode } from "@pha/scale";
import { describe, expect, test } from "vitest";
import {
  KEPT_POSITIONS,
  MAX_HISTORIES,
  Signing,
  SigningHistory,
  type SigningKind,
  SigningRecord,
} from "./signing-record.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

function aSigning(
  minor: number,
  {
    kind = "seal",
    digest = 1,
    key = 9,
    major = 0n,
  }: {
    readonly kind?: SigningKind;
    readonly digest?: number;
    readonly key?: number;
    readonly major?: bigint;
  } = {},
): Signing {
  return { key: fill(key), kind, major, minor: BigInt(minor), digest: fill(digest) };
}

function recordOf(...signings: readonly Signing[]): SigningRecord {
  const record = new SigningRecord();
  for (const signing of signings) record.add(signing);
  return record;
}

describe("a second signature", () => {
  const record = recordOf(aSigning(7), aSigning(7, { kind: "prevote", major: 3n }));

  test("of the same is the same signature, of something else a conflict", () => {
    expect(record.judge(aSigning(7))).toBe("again");
    expect(record.judge(aSigning(7, { digest: 2 }))).toBe("conflict");
  });

  test.each([
    ["another slot", aSigning(8, { digest: 2 })],
    ["another key", aSigning(7, { digest: 2, key: 8 })],
    ["another kind", aSigning(7, { digest: 2, kind: "precommit", major: 3n })],
    ["another set", aSigning(7, { digest: 2, kind: "prevote", major: 4n })],
  ])("of %s is new", (_, signing) => {
    expect(record.judge(signing)).toBe("new");
  });
});

test("the highest positions are kept; what is at or below one that was let go is signed no more", () => {
  const slots = Array.from({ length: KEPT_POSITIONS + 3 }, (_, slot) => slot);
  const record = recordOf(...slots.map((slot) => aSigning(slot)));
  expect(record.histories()[0]?.signed).toHaveLength(KEPT_POSITIONS);
  for (const slot of [0, 1, 2]) expect(record.judge(aSigning(slot))).toBe("too-old");
  expect(record.judge(aSigning(3))).toBe("again");
  expect(record.judge(aSigning(3, { digest: 2 }))).toBe("conflict");
});

test("a clock that once ran ahead does not keep the key from signing", () => {
  const record = recordOf(aSigning(1_000_000), aSigning(10));
  for (let slot = 11; slot < 11 + 2 * KEPT_POSITIONS; slot++) {
    expect(record.judge(aSigning(slot))).toBe("new");
    record.add(aSigning(slot));
  }
  expect(record.judge(aSigning(1_000_000, { digest: 2 }))).toBe("conflict");
});

test("rounds of a later set come after all of an earlier one", () => {
  const vote = (major: bigint, minor: number) => aSigning(minor, { kind: "prevote", major });
  const record = recordOf(vote(1n, 900));
  for (let round = 1; round <= KEPT_POSITIONS; round++) record.add(vote(2n, round));
  expect(record.judge(vote(1n, 901))).toBe("new");
  expect(record.judge(vote(1n, 899))).toBe("too-old");
});

test("keys beyond the most are refused, known ones go on", () => {
  const histories = Array.from({ length: MAX_HISTORIES }, (_, index) => {
    const key = fill(0);
    new DataView(key.buffer).setUint32(0, index);
    return { key, kind: "seal" as const, floor: undefined, signed: [] };
  });
  const record = new SigningRecord(histories);
  expect(record.judge(aSigning(1))).toBe("too-many-keys");
  expect(record.judge(aSigning(1, { key: 0 }))).toBe("new");
});

test("what is written is read back", () => {
  const signing = aSigning(5, { kind: "precommit", major: 2n });
  expect(decode(Signing, encode(Signing, signing))).toEqual({ ok: true, value: signing });
  const record = recordOf(...Array.from({ length: KEPT_POSITIONS + 1 }, (_, i) => aSigning(i)));
  for (const history of record.histories())
    expect(decode(SigningHistory, encode(SigningHistory, history))).toEqual({
      ok: true,
      value: history,
    });
});
