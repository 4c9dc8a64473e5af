/** Proofs as bridges to Ethereum carry them: siblings with the side of each, one path from leaf to root. */
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { MAX_MMR_ITEMS, type MmrError, mmrMerge } from "./mmr.ts";

export interface SimplifiedMmrProof {
  readonly items: readonly Uint8Array[];
  /** Bit i: item i is the left one. */
  readonly order: bigint;
}

export function verifySimplifiedMmrProof(
  { items, order }: SimplifiedMmrProof,
  leaf: Uint8Array,
  root: Uint8Array,
): Result<undefined, MmrError> {
  if (items.length > MAX_MMR_ITEMS || order < 0n || order >> BigInt(items.length) !== 0n)
    return fail({ code: "beefy/bad-proof-length", items: items.length });
  const found = items.reduce(
    (hash, item, i) => ((order >> BigInt(i)) & 1n ? mmrMerge(item, hash) : mmrMerge(hash, item)),
    leaf,
  );
  return equalBytes(found, root) ? ok(undefined) : fail({ code: "beefy/wrong-root" });
}
