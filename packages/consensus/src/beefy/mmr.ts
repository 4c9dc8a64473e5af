/**
 * Merkle mountain ranges over Keccak-256: roots of leaves, and proofs that leaves are under a root.
 *
 * A range is perfect binary trees of shrinking height side by side, their roots the *peaks*; the peaks are hashed
 * together from the right: `H(H(p₃ ‖ p₂) ‖ p₁)`. A proof lists, peak by peak, the siblings that cannot be computed,
 * level by level; a peak without proven leaves is listed itself, and those after the last proven one as one hash.
 *
 * **Bounds**: work is linear in the proof, which has at most `MAX_MMR_ITEMS` items.
 * **Trust**: proofs are hostile; the root is the caller's.
 * **Not here**: how the root is known to be the chain's (`verify-commitment.ts`).
 *
 * @see polkadot-sdk "sp-mmr-primitives"
 */
import { keccak256 } from "@pha/crypto";
import {
  type Codec,
  concatBytes,
  equalBytes,
  fail,
  fixedBytes,
  ok,
  type Result,
  struct,
  u64,
  vec,
} from "@pha/scale";

export type MmrError =
  | { readonly code: "beefy/no-leaves" }
  | { readonly code: "beefy/bad-leaf-index"; readonly index: bigint }
  | { readonly code: "beefy/bad-proof-length"; readonly items: number }
  | { readonly code: "beefy/wrong-root" };

export const MAX_MMR_ITEMS = 1024;
/** No chain has as many blocks. */
const MAX_LEAVES = 1n << 50n;
const hash = fixedBytes(32);

/** As `mmr_generateProof` gives it. */
export interface MmrProof {
  /** Of the proven leaves. */
  readonly leafIndices: readonly bigint[];
  /** Leaves of the range when the proof was made. */
  readonly leafCount: bigint;
  readonly items: readonly Uint8Array[];
}

export const MmrProof: Codec<MmrProof> = struct({
  leafIndices: vec(u64, MAX_MMR_ITEMS),
  leafCount: u64,
  items: vec(hash, MAX_MMR_ITEMS),
});

export function mmrMerge(left: Uint8Array, right: Uint8Array): Uint8Array {
  return keccak256(concatBytes(left, right));
}

/** Root of a range, from the hashes of all its leaves; `undefined` without leaves. */
export function mmrRoot(leaves: readonly Uint8Array[]): Uint8Array | undefined {
  let at = 0;
  const peaks = peakHeights(BigInt(leaves.length)).map((height) => {
    let level = leaves.slice(at, at + 2 ** height);
    at += 2 ** height;
    while (level.length > 1)
      level = level.flatMap((left, i) => {
        const right = level[i + 1];
        return i % 2 === 0 && right ? [mmrMerge(left, right)] : [];
      });
    return level;
  });
  return bag(peaks.flat());
}

/** @param leaves hashes of the proven leaves, in the order of `leafIndices` */
export function verifyMmrProof(
  { leafIndices, leafCount, items }: MmrProof,
  leaves: readonly Uint8Array[],
  root: Uint8Array,
): Result<undefined, MmrError> {
  if (leaves.length === 0 || leaves.length !== leafIndices.length)
    return fail({ code: "beefy/no-leaves" });
  let before = -1n;
  for (const index of leafIndices) {
    if (index <= before || index >= leafCount || leafCount > MAX_LEAVES)
      return fail({ code: "beefy/bad-leaf-index", index });
    before = index;
  }
  const left = [...items];
  const proven = leaves.map((leaf, i): Node => ({ index: leafIndices[i] ?? 0n, hash: leaf }));
  const peaks = provenPeaks(proven, leafCount, left);
  if (peaks === undefined || left.length > 0)
    return fail({ code: "beefy/bad-proof-length", items: items.length });
  const found = bag(peaks);
  return found && equalBytes(found, root) ? ok(undefined) : fail({ code: "beefy/wrong-root" });
}

/** Node of a level of a tree, by its place on it. */
interface Node {
  readonly index: bigint;
  readonly hash: Uint8Array;
}

/** Hashes of the peaks, items taken from the front of `items`; `undefined` when they run out. */
function provenPeaks(
  proven: readonly Node[],
  leafCount: bigint,
  items: Uint8Array[],
): readonly Uint8Array[] | undefined {
  const peaks: Uint8Array[] = [];
  let start = 0n;
  let left = proven;
  for (const height of peakHeights(leafCount)) {
    const end = start + (1n << BigInt(height));
    const inside = left.filter(({ index }) => index < end);
    const first = start;
    // After the last proven leaf all peaks come as one.
    const peak =
      inside.length === 0
        ? items.shift()
        : provenPeak(
            inside.map((node) => ({ ...node, index: node.index - first })),
            height,
            items,
          );
    if (peak === undefined) return undefined;
    peaks.push(peak);
    if (left.length === 0) break;
    left = left.slice(inside.length);
    start = end;
  }
  return peaks;
}

function provenPeak(
  leaves: readonly Node[],
  height: number,
  items: Uint8Array[],
): Uint8Array | undefined {
  let level = leaves;
  for (let i = 0; i < height; i++) {
    const next: Node[] = [];
    for (let at = 0; at < level.length; at++) {
      const node = level[at];
      if (node === undefined) break;
      const following = level[at + 1];
      const isPair = node.index % 2n === 0n && following?.index === node.index + 1n;
      const sibling = isPair ? following.hash : items.shift();
      if (sibling === undefined) return undefined;
      if (isPair) at++;
      next.push({
        index: node.index / 2n,
        hash: node.index % 2n === 0n ? mmrMerge(node.hash, sibling) : mmrMerge(sibling, node.hash),
      });
    }
    level = next;
  }
  return level[0]?.hash;
}

/** Heights of the peaks from the left: the bits of the number of leaves. */
function peakHeights(leafCount: bigint): readonly number[] {
  const bits = leafCount.toString(2);
  return [...bits].flatMap((bit, i) => (bit === "1" ? [bits.length - 1 - i] : []));
}

function bag(peaks: readonly Uint8Array[]): Uint8Array | undefined {
  return peaks.reduceRight<Uint8Array | undefined>(
    (right, peak) => (right ? mmrMerge(right, peak) : peak),
    undefined,
  );
}
