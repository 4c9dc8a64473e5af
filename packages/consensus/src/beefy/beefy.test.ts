import { ecdsaFromSecret, ecdsaSign, keccak256 } from "@pha/crypto";
import { decode, encode } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BinaryMerkleProof, binaryMerkleRoot } from "./authority-proof.ts";
import {
  BeefyFinalityProof,
  beefyCommitmentHash,
  MMR_ROOT_ID,
  type SignedBeefyCommitment,
} from "./commitment.ts";
import { type MmrProof, mmrMerge, mmrRoot, verifyMmrProof } from "./mmr.ts";
import { verifySimplifiedMmrProof } from "./simplified-proof.ts";
import { beefyThreshold, committedMmrRoot, verifyBeefyCommitment } from "./verify-commitment.ts";

const leaf = (i: number): Uint8Array => keccak256(Uint8Array.of(i));
const leavesOf = (count: number) => Array.from({ length: count }, (_, i) => leaf(i));

/** Items of a proof by the definition: the hash of every subtree without a proven leaf, from peak to peak. */
function proofOf(leaves: readonly Uint8Array[], indexes: readonly number[]): MmrProof {
  const items: Uint8Array[] = [];
  let start = 0;
  let rest: readonly Uint8Array[] = leaves;
  while (rest.length > 0) {
    const size = 2 ** Math.floor(Math.log2(rest.length));
    const inside = indexes.filter((i) => i >= start && i < start + size).map((i) => i - start);
    if (!indexes.some((i) => i >= start)) {
      items.push(mmrRoot(rest) ?? leaf(0));
      break;
    }
    if (inside.length === 0) items.push(mmrRoot(rest.slice(0, size)) ?? leaf(0));
    else {
      let level = [...rest.slice(0, size)];
      let known = new Set(inside);
      while (level.length > 1) {
        for (const i of [...known].sort((a, b) => a - b))
          if (!known.has(i ^ 1)) items.push(level[i ^ 1] ?? leaf(0));
        known = new Set([...known].map((i) => i >> 1));
        level = level.flatMap((left, i) =>
          i % 2 === 0 ? [mmrMerge(left, level[i + 1] ?? leaf(0))] : [],
        );
      }
    }
    rest = rest.slice(size);
    start += size;
  }
  return { leafIndices: indexes.map(BigInt), leafCount: BigInt(leaves.length), items };
}

test("any leaves of any range are proven, and nothing else by the same proof", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.nat(39), { minLength: 1 }),
      (count, any) => {
        const leaves = leavesOf(count);
        const indexes = [...new Set(any.map((i) => i % count))].sort((a, b) => a - b);
        const root = mmrRoot(leaves) ?? leaf(0);
        const proof = proofOf(leaves, indexes);
        const proven = indexes.map(leaf);
        expect(verifyMmrProof(proof, proven, root)).toEqual({ ok: true, value: undefined });
        const other = proven.map((one, i) => (i === 0 ? leaf(99) : one));
        expect(verifyMmrProof(proof, other, root)).toMatchObject({
          error: { code: "beefy/wrong-root" },
        });
        const more = { ...proof, items: [...proof.items, leaf(9)] };
        expect(verifyMmrProof(more, proven, root)).toMatchObject({
          error: { code: "beefy/bad-proof-length" },
        });
      },
    ),
  );
});

test("refuses indexes that are repeated, unordered, or not in the range", () => {
  const root = mmrRoot(leavesOf(5)) ?? leaf(0);
  const codeOf = (leafIndices: bigint[], leafCount: bigint) => {
    const proven = leafIndices.map((i) => leaf(Number(i)));
    const result = verifyMmrProof({ leafIndices, leafCount, items: [] }, proven, root);
    return result.ok ? "ok" : result.error.code;
  };
  expect(codeOf([], 5n)).toBe("beefy/no-leaves");
  expect(codeOf([1n, 1n], 5n)).toBe("beefy/bad-leaf-index");
  expect(codeOf([5n], 5n)).toBe("beefy/bad-leaf-index");
  expect(codeOf([1n], 1n << 63n)).toBe("beefy/bad-leaf-index");
  expect(codeOf([1n], 5n)).toBe("beefy/bad-proof-length");
  expect(mmrRoot([])).toBeUndefined();
});

test("a simplified proof has no side beyond its items", () => {
  const [a, b] = [leaf(1), leaf(2)];
  const root = mmrMerge(a, b);
  expect(verifySimplifiedMmrProof({ items: [a], order: 1n }, b, root).ok).toBe(true);
  expect(verifySimplifiedMmrProof({ items: [a], order: 3n }, b, root)).toMatchObject({
    error: { code: "beefy/bad-proof-length" },
  });
});

test("a path in a binary tree has exactly its length, at every place", () => {
  const path = { leaf: Uint8Array.of(4), proof: [leaf(9)], numberOfLeaves: 3n, leafIndex: 2n };
  expect(binaryMerkleRoot(path)).toEqual(mmrMerge(leaf(9), leaf(4)));
  expect(binaryMerkleRoot({ ...path, leafIndex: 3n })).toBeUndefined();
  expect(binaryMerkleRoot({ ...path, proof: [] })).toBeUndefined();
  expect(binaryMerkleRoot({ ...path, proof: [leaf(1), leaf(2)] })).toBeUndefined();
  const whole = { ...path, root: leaf(0) };
  expect(decode(BinaryMerkleProof, encode(BinaryMerkleProof, whole))).toEqual({
    ok: true,
    value: whole,
  });
});

const pairs = [1, 2, 3, 4].map((i) => ecdsaFromSecret(new Uint8Array(32).fill(i)));
const authorities = pairs.map((pair) => pair?.publicKey ?? new Uint8Array());
const commitment = {
  payload: [[MMR_ROOT_ID, leaf(7)] as const],
  blockNumber: 17,
  validatorSetId: 3n,
};

/** Signed by these validators. */
function signedBy(indexes: readonly number[]): SignedBeefyCommitment {
  const hash = beefyCommitmentHash(commitment);
  return {
    commitment,
    signaturesFrom: Uint8Array.of(indexes.reduce((bits, i) => bits | (128 >> i), 0)),
    validatorSetLength: 4,
    signatures: indexes.flatMap((i) => {
      const pair = pairs[i];
      return pair ? [ecdsaSign(pair, hash)] : [];
    }),
  };
}

test("three of four signatures are enough, each of its own validator", () => {
  const set = { id: 3n, authorities };
  const codeOf = (signed: SignedBeefyCommitment, other = set) => {
    const result = verifyBeefyCommitment(signed, other);
    return result.ok ? result.value : result.error.code;
  };
  const good = signedBy([0, 2, 3]);
  expect(codeOf(good)).toEqual([0, 2, 3]);
  expect(codeOf(signedBy([0, 2]))).toBe("beefy/too-few-signatures");
  expect(codeOf(good, { ...set, id: 4n })).toBe("beefy/wrong-set");
  expect(codeOf(good, { ...set, authorities: authorities.slice(1) })).toBe(
    "beefy/wrong-set-length",
  );
  const moved = { ...good, signaturesFrom: Uint8Array.of(0b1110_0000) };
  expect(codeOf(moved)).toBe("beefy/bad-signature");
  const beyond = { ...good, signaturesFrom: Uint8Array.of(0b1011_1000) };
  expect(codeOf(beyond)).toBe("beefy/bad-bitfield");
  const long = { ...good, signaturesFrom: Uint8Array.of(0b1011_0000, 0) };
  expect(codeOf(long)).toBe("beefy/bad-bitfield");
  const twice = { ...good, signatures: [...good.signatures, ...good.signatures.slice(0, 1)] };
  expect(codeOf(twice)).toBe("beefy/bad-bitfield");
  const proof = { type: "V1", value: good } as const;
  expect(decode(BeefyFinalityProof, encode(BeefyFinalityProof, proof)).ok).toBe(true);
});

test("the threshold is all but less than a third", () => {
  expect([1, 2, 3, 4, 7, 100].map(beefyThreshold)).toEqual([1, 2, 3, 3, 5, 67]);
});

test("a commitment names one root of 32 bytes, or none counts", () => {
  expect(committedMmrRoot(commitment)).toEqual(leaf(7));
  const twice = { ...commitment, payload: [...commitment.payload, ...commitment.payload] };
  expect(committedMmrRoot(twice)).toBeUndefined();
  const short = { ...commitment, payload: [[MMR_ROOT_ID, leaf(7).subarray(1)] as const] };
  expect(committedMmrRoot(short)).toBeUndefined();
});
