/**
 * Proofs of finality that sync asks peers for, when many blocks are not final: from the best block downwards until one is
 * there and good.
 *
 * **Trust**: proofs come from peers and are judged against the own set of voters.
 */
import { decode, equalBytes } from "@pha/scale";
import { type BlockRef, isSameBlock } from "../block-ref.ts";
import { GRANDPA_ENGINE } from "../grandpa/digest.ts";
import { Justification } from "../grandpa/justification.ts";
import { verifyJustification } from "../grandpa/verify-justification.ts";
import { decidableUpTo } from "../grandpa/voter/voter-chain.ts";
import type { BlockData } from "./block-messages.ts";
import type { SyncChain } from "./sync-io.ts";
import { JUSTIFICATIONS } from "./sync-work.ts";

/** Blocks above the finalized one from which on a proof of finality is asked for, and how often. */
const JUSTIFY_FROM = 256;
const JUSTIFY_EVERY_MS = 2_000;

export class FinalitySearch {
  readonly #chain: SyncChain;
  #from: BlockRef | undefined;
  #startedAtMs = Number.NEGATIVE_INFINITY;

  constructor(chain: SyncChain) {
    this.#chain = chain;
  }

  /** Block from which downwards proofs are wanted now. */
  get from(): BlockRef | undefined {
    return this.#from;
  }

  /** Decides whether a proof of finality is due, and of which block. */
  tend(nowMs: number): void {
    const { best, finalized } = this.#chain;
    if (this.#from && this.#from.number <= finalized.number) this.#from = undefined;
    if (this.#from || best.number - finalized.number < JUSTIFY_FROM) return;
    if (nowMs - this.#startedAtMs < JUSTIFY_EVERY_MS) return;
    this.#startedAtMs = nowMs;
    this.#from = { hash: best.hash, number: best.number };
  }

  /**
   * Proofs for blocks from `from` downwards; the first one that is there and good is enough.
   *
   * @param isGood whether a proof is one; told of each until then
   * @returns whether it is an answer to what was asked
   */
  answered(
    from: BlockRef,
    blocks: readonly BlockData[],
    isGood: (block: BlockRef, encoded: Uint8Array) => boolean,
  ): boolean {
    const [first] = blocks;
    if (first === undefined) {
      this.#from = undefined;
      return true;
    }
    if (blocks.length > JUSTIFICATIONS || !equalBytes(first.hash, from.hash)) return false;
    for (const { hash, justifications } of blocks) {
      const number = this.#chain.header(hash)?.number;
      if (number === undefined) continue;
      for (const { engine, justification } of justifications) {
        if (engine !== GRANDPA_ENGINE || !isGood({ hash, number }, justification)) continue;
        this.#from = undefined;
        return true;
      }
    }
    const below = from.number - JUSTIFICATIONS;
    const hash = this.#chain.hashAt(below);
    this.#from = hash && below > this.#chain.finalized.number ? { hash, number: below } : undefined;
    return true;
  }
}

/** A proof that is none is `bad`; one that this set of voters cannot judge yet, or that is not needed, `idle`. */
export function judgeProof(
  chain: SyncChain,
  target: BlockRef,
  encoded: Uint8Array,
): Justification | "bad" | "idle" {
  const { finalized } = chain;
  if (target.number <= finalized.number) return "idle";
  const decidable = decidableUpTo(chain, finalized, target);
  if (decidable === undefined || !isSameBlock(decidable.block, target)) return "idle";
  const decoded = decode(Justification, encoded);
  const justification = decoded.ok ? decoded.value : undefined;
  const set = chain.authoritySet();
  if (!justification || !verifyJustification({ justification, target, set }).ok) return "bad";
  return justification;
}
