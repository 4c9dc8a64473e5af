import { decode, encode } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aChain,
  aHeader,
  aVoter,
  bytesOf,
  justify,
  refOf,
  setOf,
  voters,
} from "../../test/chain-builder.ts";
import type { BlockRef } from "../block-ref.ts";
import { headerHash } from "../header.ts";
import { supermajorityOf } from "./authority-set.ts";
import { Commit, FinalityProof, Justification } from "./justification.ts";
import { verifyCommit, verifyJustification } from "./verify-justification.ts";

const genesis = aHeader();
const chain = aChain(genesis, 6);
const target = refOf(chain[1]!);
const four = voters(4);
const set = setOf(four);

function codeOf(result: { readonly ok: boolean; readonly error?: { readonly code: string } }) {
  return result.ok ? "ok" : result.error?.code;
}

function verdict(justification: Justification, options = {}): string | undefined {
  return codeOf(verifyJustification({ justification, set, target, ...options }));
}

describe("threshold", () => {
  test("is the least weight above two thirds", () => {
    for (const [n, expected] of [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 3],
      [6, 5],
      [7, 5],
      [10, 7],
      [350, 234],
    ])
      expect(supermajorityOf(BigInt(n!))).toBe(BigInt(expected!));
  });

  test("is reached by three of four and not by two", () => {
    const result = verifyJustification({ justification: justify(target, four.slice(1)), set });
    expect(result).toEqual({ ok: true, value: { target, round: 5n, weight: 3n, threshold: 3n } });
    expect(verdict(justify(target, four.slice(2)))).toBe("justification/too-few-votes");
  });

  test("counts weights, not heads", () => {
    const [a, b, c] = voters(3);
    const weighted = {
      setId: 0n,
      authorities: [
        { key: a!.key, weight: 10n },
        { key: b!.key, weight: 1n },
        { key: c!.key, weight: 0n },
      ],
    };
    expect(verdict(justify(target, [a!]), { set: weighted })).toBe("ok");
    expect(verdict(justify(target, [b!]), { set: weighted })).toBe("justification/too-few-votes");
    expect(verdict(justify(target, [a!, c!]), { set: weighted })).toBe(
      "justification/unknown-authority",
    );
  });

  test("is never reached in an empty set", () => {
    const empty = { setId: 0n, authorities: [] };
    expect(verdict(justify(target, []), { set: empty })).toBe("justification/empty-set");
  });
});

describe("votes", () => {
  const good = justify(target, four);

  test("of another block, round or set are refused", () => {
    expect(verdict(good)).toBe("ok");
    expect(verdict(good, { target: refOf(chain[2]!) })).toBe("justification/wrong-target");
    expect(verdict(good, { target: { ...target, number: 3 } })).toBe("justification/wrong-target");
    expect(verdict({ ...good, round: 6n })).toBe("justification/bad-signature");
    expect(verdict(good, { set: { ...set, setId: 1n } })).toBe("justification/bad-signature");
  });

  test("of strangers and repeated voters are refused", () => {
    expect(verdict(justify(target, [...four, aVoter(9)]))).toBe("justification/unknown-authority");
    expect(verdict(justify(target, [four[0]!, four[1]!, four[0]!]))).toBe(
      "justification/repeated-authority",
    );
  });

  test("with any flipped bit in a signature are refused", () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(511), (voter, bit) => {
        const precommits = good.precommits.map((precommit, i) => {
          if (i !== voter) return precommit;
          const signature = precommit.signature.slice();
          signature[bit >> 3]! ^= 1 << (bit & 7);
          return { ...precommit, signature };
        });
        expect(verdict({ ...good, precommits })).toBe("justification/bad-signature");
      }),
      { numRuns: 40 },
    );
  });

  test("of strangers, repeated or too few cost no signature check, however many there are", () => {
    let checks = 0;
    const verify = (): boolean => ++checks > 0;
    const [own] = good.precommits;
    const strangers = Array.from({ length: 50_000 }, (_, i) => ({
      ...own!,
      authority: new Uint8Array(32).fill(i & 0xff),
    }));
    for (const [precommits, code] of [
      [[own!, ...strangers], "justification/unknown-authority"],
      [Array(50_000).fill(own), "justification/repeated-authority"],
      [[own!], "justification/too-few-votes"],
    ] as const) {
      const verdict = verifyJustification({ justification: { ...good, precommits }, set, verify });
      expect(verdict).toMatchObject({ ok: false, error: { code } });
    }
    expect(checks).toBe(0);
  });

  test("signed by one voter under another's name are refused", () => {
    const [first, second, ...rest] = good.precommits;
    const swapped = [
      { ...first!, authority: second!.authority },
      { ...second!, authority: first!.authority },
      ...rest,
    ];
    expect(verdict({ ...good, precommits: swapped })).toBe("justification/bad-signature");
  });
});

describe("ancestry", () => {
  const above = chain.slice(2);
  const votes: BlockRef[] = [refOf(chain[3]!), refOf(chain[5]!), target, refOf(chain[4]!)];
  const good = justify(target, four, { votes, votesAncestries: above });

  test("carries votes for descendants, in any order of headers", () => {
    expect(verdict(good)).toBe("ok");
    expect(verdict({ ...good, votesAncestries: above.toReversed() })).toBe("ok");
  });

  test("with a missing header is refused", () => {
    for (let i = 0; i < above.length; i++)
      expect(verdict({ ...good, votesAncestries: above.toSpliced(i, 1) })).toBe(
        "justification/not-a-descendant",
      );
  });

  test("with a header too many is refused", () => {
    const fork = aChain(chain[1]!, 1, { salt: 9 });
    expect(verdict({ ...good, votesAncestries: [...above, ...fork] })).toBe(
      "justification/unused-ancestry",
    );
    expect(verdict({ ...good, votesAncestries: [...above, above[0]!] })).toBe(
      "justification/repeated-ancestry",
    );
    expect(verdict({ ...good, votesAncestries: [chain[1]!, ...above] })).toBe(
      "justification/unused-ancestry",
    );
  });

  test("refuses votes for forks, ancestors and wrong heights", () => {
    const fork = aChain(chain[0]!, 2, { salt: 9 });
    const stray = (vote: BlockRef, votesAncestries = fork) =>
      verdict(justify(target, four, { votes: [vote], votesAncestries }));
    expect(stray(refOf(fork[1]!))).toBe("justification/not-a-descendant");
    expect(stray(refOf(fork[0]!))).toBe("justification/not-a-descendant");
    expect(stray(refOf(chain[0]!), [])).toBe("justification/not-a-descendant");
    const high = { hash: headerHash(chain[2]!), number: 9 };
    expect(stray(high, [chain[2]!])).toBe("justification/not-a-descendant");
    const liar = aHeader({ parentHash: target.hash, number: 77 });
    const low = { hash: headerHash(liar), number: target.number + 1 };
    expect(stray(low, [liar])).toBe("justification/not-a-descendant");
  });
});

test("random edits of an encoded justification never verify and never throw", () => {
  const encoded = encode(Justification, justify(target, four));
  fc.assert(
    fc.property(fc.nat(encoded.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const edited = encoded.slice();
      edited[at]! ^= change;
      const decoded = decode(Justification, edited);
      if (decoded.ok) expect(verdict(decoded.value)).not.toBe("ok");
    }),
  );
});

describe("commit", () => {
  const { round, precommits } = justify(target, four, { setId: 3n });
  const commit: Commit = {
    round,
    setId: 3n,
    target,
    precommits: precommits.map((vote) => vote.target),
    signatures: precommits.map(({ signature, authority }) => ({ signature, authority })),
  };
  const check = (changed: Partial<Commit>, isDescendant = () => false) =>
    codeOf(
      verifyCommit({ commit: { ...commit, ...changed }, set: { ...set, setId: 3n }, isDescendant }),
    );

  test("verifies and round-trips", () => {
    expect(check({})).toBe("ok");
    expect(decode(Commit, encode(Commit, commit))).toEqual({ ok: true, value: commit });
  });

  test("of another set, round, or with unequal lists is refused", () => {
    expect(check({ setId: 4n })).toBe("justification/wrong-set");
    expect(check({ round: 6n })).toBe("justification/bad-signature");
    expect(check({ precommits: commit.precommits.slice(1) })).toBe("justification/unequal-lengths");
    expect(check({ signatures: commit.signatures.toReversed(), precommits: [] })).toBe(
      "justification/unequal-lengths",
    );
  });

  test("asks about targets that are not its own", () => {
    const other = refOf(chain[2]!);
    const votes = [other];
    const mixed = justify(target, four, { setId: 3n, votes });
    const changed = {
      precommits: mixed.precommits.map((vote) => vote.target),
      signatures: mixed.precommits,
    };
    expect(check(changed)).toBe("justification/not-a-descendant");
    expect(check(changed, () => true)).toBe("ok");
  });
});

test("a finality proof round-trips", () => {
  const proof: FinalityProof = {
    block: target.hash,
    justification: bytesOf(4, 9),
    unknownHeaders: chain.slice(0, 2),
  };
  expect(decode(FinalityProof, encode(FinalityProof, proof))).toEqual({ ok: true, value: proof });
});
