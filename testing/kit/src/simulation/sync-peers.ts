/** Peers of a node that syncs: honest ones, and those that each misbehave in one way. */
import { type BlockData, type BlockRef, type BlockRequest, bytesKey } from "@pha/consensus";
import type { SeededRandom } from "./seeded-random.ts";
import { blockOf, type SyncBlock, type SyncTruth } from "./sync-blocks.ts";

export const MISBEHAVIOURS = [
  "sends forged blocks of a longer chain",
  "sends good headers with other bodies",
  "sends forged proofs of finality",
  "never answers",
  "claims blocks that it has not",
  "answers nonsense",
  "answers what was not asked",
  "answers requests that were never made",
  "answers so slowly that it just counts",
  "names forks without end",
  "sends ranges of a chain of its own",
] as const;
export type Misbehaviour = (typeof MISBEHAVIOURS)[number];

export type PeerAnswer =
  | { readonly type: "blocks"; readonly blocks: readonly BlockData[]; readonly afterMs: number }
  | { readonly type: "unasked"; readonly blocks: readonly BlockData[]; readonly afterMs: number }
  | { readonly type: "malformed"; readonly afterMs: number }
  | { readonly type: "silence" };

const FORGED_BLOCKS = 300;

export class SyncServer {
  readonly name: string;
  readonly misbehaviour: Misbehaviour | undefined;
  readonly #truth: SyncTruth;
  readonly #random: SeededRandom;
  readonly #latencyMs: number;
  /** Head of its best chain while it is on a fork of its own. */
  forkHead: SyncBlock | undefined;
  readonly #forged: SyncBlock[] = [];
  #forgedOn = -1;

  constructor(
    name: string,
    truth: SyncTruth,
    random: SeededRandom,
    misbehaviour: Misbehaviour | undefined,
  ) {
    this.name = name;
    this.#truth = truth;
    this.#random = random;
    this.misbehaviour = misbehaviour;
    this.#latencyMs = random.between(5, 400);
  }

  /** What it says its best block is. */
  named(): BlockRef {
    const { best } = this.#truth;
    switch (this.misbehaviour) {
      case "sends forged blocks of a longer chain":
      case "sends ranges of a chain of its own":
        return this.#forgedChain().at(-1) ?? best;
      case "claims blocks that it has not":
      case "never answers":
        return { hash: new Uint8Array(32).fill(7), number: best.number + 5_000 };
      case "names forks without end": {
        const parent = { ...best, hash: new Uint8Array(32).fill(this.#random.between(0, 255)) };
        const number = best.number + this.#random.between(-3, 20);
        return {
          ...blockOf({ parent, nonce: this.#random.between(1, 1 << 30), isForged: true }),
          number,
        };
      }
      default:
        return this.forkHead ?? best;
    }
  }

  answer(request: BlockRequest): PeerAnswer {
    const afterMs = this.#latencyMs + this.#random.between(0, 50);
    const honest = { type: "blocks", blocks: this.#blocks(request), afterMs } as const;
    switch (this.misbehaviour) {
      case undefined:
      case "sends forged blocks of a longer chain":
        return honest;
      case "sends good headers with other bodies":
        return {
          ...honest,
          blocks: honest.blocks.map((one) => ({ ...one, body: [Uint8Array.of(4, 1)] })),
        };
      case "sends forged proofs of finality":
        return { ...honest, blocks: honest.blocks.map((one) => this.#forgeProof(one)) };
      case "never answers":
        return { type: "silence" };
      case "claims blocks that it has not":
        return { ...honest, blocks: [] };
      case "answers nonsense":
        return { type: "malformed", afterMs };
      case "answers what was not asked":
        return { ...honest, blocks: honest.blocks.slice(1) };
      case "answers requests that were never made":
        return { ...honest, type: "unasked" };
      case "answers so slowly that it just counts":
        return { ...honest, afterMs: 14_500 };
      case "names forks without end":
        return { ...honest, blocks: this.#endless(request) };
      case "sends ranges of a chain of its own":
        return request.maxBlocks === 1
          ? { ...honest, blocks: this.#blocks(request, true) }
          : honest;
    }
  }

  #blocks(request: BlockRequest, isTrue = false): readonly BlockData[] {
    const { from, direction, maxBlocks, parts } = request;
    const chain = this.#chain(isTrue);
    const all = [...chain, ...this.#truth.forks];
    const first =
      from.hash === undefined
        ? chain[from.number]
        : all.find(({ hash }) => bytesKey(hash) === bytesKey(from.hash));
    const found: SyncBlock[] = [];
    for (let block = first; block && found.length < maxBlocks; ) {
      found.push(block);
      const { number, header } = block;
      block =
        direction === "ascending"
          ? chain[number + 1]
          : all.find(
              (one) =>
                one.number === number - 1 && bytesKey(one.hash) === bytesKey(header.parentHash),
            );
    }
    return found.map((block) => this.#truth.data(block, parts));
  }

  #chain(isTrue: boolean): readonly SyncBlock[] {
    const { main, forks } = this.#truth;
    if (!isTrue && this.misbehaviour?.match(/forged blocks|chain of its own/))
      return this.#forgedChain();
    if (this.forkHead === undefined) return main;
    const branch: SyncBlock[] = [];
    let at: SyncBlock | undefined = this.forkHead;
    while (at && main[at.number] !== at) {
      branch.unshift(at);
      const parentHash: Uint8Array = at.header.parentHash;
      const parent: SyncBlock | undefined = main[at.number - 1];
      at =
        parent && bytesKey(parent.hash) === bytesKey(parentHash)
          ? parent
          : forks.find(({ hash }) => bytesKey(hash) === bytesKey(parentHash));
    }
    return [...main.slice(0, branch[0]?.number ?? 1), ...branch];
  }

  /** The best chain up to somewhere, and from there on blocks that no author sealed. */
  #forgedChain(): readonly SyncBlock[] {
    const { main } = this.#truth;
    if (this.#forgedOn < 0) {
      this.#forgedOn = this.#random.between(0, main.length - 1);
      let parent = this.#truth.at(this.#forgedOn);
      for (let i = 0; i < FORGED_BLOCKS + main.length - this.#forgedOn; i++) {
        parent = blockOf({ parent, nonce: 9, isForged: true });
        this.#forged.push(parent);
      }
    }
    return [...main.slice(0, this.#forgedOn + 1), ...this.#forged];
  }

  /** Blocks below the one asked for that never meet anything; linked, because their hashes are free to choose. */
  #endless({ maxBlocks, parts }: BlockRequest): readonly BlockData[] {
    const count = Math.min(maxBlocks, this.#random.between(1, 16));
    let parent = this.#truth.best;
    const blocks = Array.from({ length: count }, () => {
      parent = blockOf({ parent, nonce: this.#random.between(1, 1 << 30), isForged: true });
      return parent;
    });
    return blocks.toReversed().map((block) => this.#truth.data(block, parts));
  }

  #forgeProof(block: BlockData): BlockData {
    const [proof] = block.justifications;
    if (proof === undefined) return block;
    const justification = proof.justification.slice();
    const at = justification.length - 40;
    justification[at] = (justification[at] ?? 0) ^ 1;
    return { ...block, justifications: [{ ...proof, justification }] };
  }
}
