/** Items of the chain's pallets by their names in metadata, proven under one verified block. */
import { decode } from "@pha/scale";
import type { Client } from "@pha/sdk";

type Block = Client["chain"]["finality"]["head"];

export interface ItemReader {
  readonly block: Block;
  /** Chain time, Unix milliseconds. */
  readonly now: number;
  /** One value; the item's default where it has one and nothing is stored. */
  value<T>(pallet: string, item: string, ...keys: readonly unknown[]): Promise<T | undefined>;
  /** Values of a map, in the order of their keys. */
  values<T>(
    pallet: string,
    item: string,
    keys: readonly (readonly unknown[])[],
  ): Promise<readonly (T | undefined)[]>;
}

/**
 * Everything it reads is of the finalized head there is now. Types of values are the caller's: the codecs are made from
 * metadata, in which the pallets of this network have them. An item that the runtime has not is as if nothing were stored.
 */
export async function readItems({ chain }: Client): Promise<ItemReader> {
  const block = chain.finality.head;
  async function values<T>(
    pallet: string,
    item: string,
    keys: readonly (readonly unknown[])[],
  ): Promise<readonly (T | undefined)[]> {
    const found = chain.metadata.storage(pallet, item);
    if (found === undefined || keys.length === 0) return keys.map(() => undefined);
    const stored = await chain.readAll(
      keys.map((key) => ({ key: found.key(...key), value: found.value })),
      block,
    );
    const fallback = found.fallback && decode(found.value, found.fallback);
    // See above.
    return stored.map(
      (one) => (one ?? (fallback?.ok ? fallback.value : undefined)) as T | undefined,
    );
  }
  async function value<T>(
    pallet: string,
    item: string,
    ...keys: readonly unknown[]
  ): Promise<T | undefined> {
    const [found] = await values<T>(pallet, item, [keys]);
    return found;
  }
  return { block, now: Number((await value<bigint>("Timestamp", "Now")) ?? 0n), value, values };
}
