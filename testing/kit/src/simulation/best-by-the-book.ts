/**
 * Fork choice as the rule has it, said as plainly as it can be: of all chains that descend from the finalized block, the
 * one with the most primary claims, then the longest, then the one seen first.
 *
 * Looks at every block each time; the fork tree of a node is compared with it.
 */
import type { Header } from "@pha/consensus";
import { toHex } from "@pha/scale";

export interface SeenBlock {
  readonly hash: Uint8Array;
  readonly header: Header;
  readonly isPrimary: boolean;
}

interface Known extends SeenBlock {
  readonly id: string;
  readonly parent: string;
}

export class BestByTheBook {
  /** In the order in which they were seen. */
  readonly #blocks = new Map<string, Known>();
  readonly #genesis: string;
  readonly #byLength: boolean;

  /** @param options.byLength a rule without primary claims, to see whether the comparison bites */
  constructor(genesisHash: Uint8Array, options: { readonly byLength: boolean }) {
    this.#genesis = toHex(genesisHash);
    this.#byLength = options.byLength;
  }

  add(block: SeenBlock): void {
    const id = toHex(block.hash);
    this.#blocks.set(id, { ...block, id, parent: toHex(block.header.parentHash) });
  }

  /** Height of the highest block seen. */
  get longest(): number {
    return Math.max(0, ...[...this.#blocks.values()].map(({ header }) => header.number));
  }

  best(finalized: Uint8Array): Uint8Array {
    const root = toHex(finalized);
    let best: { readonly block: Known; readonly primaries: number } | undefined;
    for (const block of this.#blocks.values()) {
      const chain = this.#chainTo(block);
      const isAbove = root === this.#genesis || chain.slice(1).some(({ id }) => id === root);
      if (!isAbove) continue;
      const primaries = this.#byLength ? 0 : chain.filter(({ isPrimary }) => isPrimary).length;
      const isBetter =
        best === undefined ||
        primaries > best.primaries ||
        (primaries === best.primaries && block.header.number > best.block.header.number);
      if (isBetter) best = { block, primaries };
    }
    return best?.block.hash ?? finalized;
  }

  /** The block and all below it, down to block 1. */
  #chainTo(block: Known): readonly Known[] {
    const chain: Known[] = [];
    for (let at: Known | undefined = block; at; at = this.#blocks.get(at.parent)) chain.push(at);
    return chain;
  }
}
