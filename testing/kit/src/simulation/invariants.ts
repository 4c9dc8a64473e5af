/** What must hold at every step, whatever the network does. */
import {
  type AuthoritySet,
  type BlockRef,
  bytesKey,
  type GrandpaGossip,
  type GrandpaVoter,
  type Justification,
  MAX_BACKGROUND,
  type SignatureCheck,
  type VoteKind,
  verifyCommit,
  verifyJustification,
} from "@pha/consensus";
import { equalBytes } from "@pha/scale";
import { hashOf } from "./sim-blocks.ts";
import type { SimDisk } from "./sim-disk.ts";

export const INVARIANTS = [
  "two finalized blocks at one height",
  "an honest voter voted twice",
  "a proof of finality does not verify",
  "the finalized block is not on the best chain",
  "a container grew beyond its bound",
  "an honest peer was taken for hostile",
  "finality did not resume",
] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** Thrown at the step that broke it. */
export class Violation extends Error {
  readonly invariant: Invariant;

  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}

export interface SignedVoteSlot {
  readonly node: number;
  readonly setId: bigint;
  readonly round: bigint;
  readonly kind: VoteKind;
}

export class Invariants {
  readonly #verify: SignatureCheck;
  readonly #finalized = new Map<number, string>();
  readonly #signed = new Map<string, string>();
  #highest = 0;

  constructor(verify: SignatureCheck) {
    this.#verify = verify;
  }

  /** Greatest height that an honest node finalized. */
  get highest(): number {
    return this.#highest;
  }

  onSigned({ node, setId, round, kind }: SignedVoteSlot, payload: Uint8Array): void {
    const slot = `${node} ${setId} ${round} ${kind}`;
    const vote = bytesKey(payload);
    if ((this.#signed.get(slot) ?? vote) !== vote)
      throw new Violation("an honest voter voted twice", `node ${slot}`);
    this.#signed.set(slot, vote);
  }

  /** After the disk has the block as final. */
  onFinalized(node: number, disk: SimDisk, from: number): void {
    for (let number = from + 1; number < disk.finalized.length; number++) {
      const block = disk.finalized[number];
      if (block === undefined) continue;
      const hash = bytesKey(block.hash);
      if ((this.#finalized.get(number) ?? hash) !== hash)
        throw new Violation("two finalized blocks at one height", `node ${node} at ${number}`);
      this.#finalized.set(number, hash);
      this.#highest = Math.max(this.#highest, number);
    }
    this.#checkBest(node, disk);
  }

  onProof(
    node: number,
    {
      block,
      justification,
      set,
    }: {
      readonly block: BlockRef;
      readonly justification: Justification;
      readonly set: AuthoritySet;
    },
    isDescendant: (block: BlockRef, ancestor: BlockRef) => boolean,
  ): void {
    const verify = this.#verify;
    const { round, precommits } = justification;
    const commit = {
      round,
      setId: set.setId,
      target: block,
      precommits: precommits.map(({ target }) => target),
      signatures: precommits,
    };
    const results = [
      verifyJustification({ justification, target: block, set, verify }),
      verifyCommit({ commit, set, isDescendant, verify }),
    ];
    for (const result of results)
      if (!result.ok)
        throw new Violation(
          "a proof of finality does not verify",
          `node ${node} at ${block.number}: ${result.error.code}`,
        );
  }

  onStep(node: number, voter: GrandpaVoter, gossip: GrandpaGossip): void {
    const voters = voter.set.authorities.length;
    if (voter.roundCount > MAX_BACKGROUND + 3)
      throw new Violation("a container grew beyond its bound", `node ${node}: rounds`);
    if (gossip.sizes.votes > 3 * 5 * voters)
      throw new Violation("a container grew beyond its bound", `node ${node}: votes`);
  }

  #checkBest(node: number, disk: SimDisk): void {
    const { root, best } = disk.tree;
    let header = disk.headers.get(bytesKey(best.hash));
    while (header && header.number > root.number)
      header = disk.headers.get(bytesKey(header.parentHash));
    if (header === undefined || !equalBytes(hashOf(header), root.hash))
      throw new Violation("the finalized block is not on the best chain", `node ${node}`);
  }
}
