/**
 * Entries of a map of the chain. Values are proven under a verified header; that the node names every key is its word.
 *
 * **Bounds**: `MAX_ENTRIES`; more are told as `isWhole: false`.
 */
import type { Codec } from "@pha/scale";
import { PhaError, parseHex, toHex } from "@pha/scale";
import type { Client } from "@pha/sdk";

const PAGE = 500;
const MAX_ENTRIES = 20_000;

export interface Entry<T> {
  readonly key: Uint8Array;
  /** Last 32 bytes of the key: the name itself in maps of 32-byte names. */
  readonly name: Uint8Array;
  readonly value: T;
}

export interface Entries<T> {
  readonly entries: readonly Entry<T>[];
  readonly isWhole: boolean;
}

export async function mapEntries<T>(
  chain: Client["chain"],
  item: { readonly prefix: Uint8Array; readonly value: Codec<T> },
): Promise<Entries<T>> {
  const prefix = toHex(item.prefix);
  const at = chain.finality.head;
  const entries: Entry<T>[] = [];
  let last: string | undefined;
  while (entries.length < MAX_ENTRIES) {
    const page: unknown = await chain.rpc.request("state_getKeysPaged", [
      prefix,
      PAGE,
      last ?? null,
      toHex(at.hash),
    ]);
    if (!Array.isArray(page)) throw malformed();
    if (page.length === 0) return { entries, isWhole: true };
    for (const text of page) {
      const key = typeof text === "string" ? parseHex(text) : undefined;
      if (typeof text !== "string" || !key?.ok || !text.startsWith(prefix)) throw malformed();
      if (last !== undefined && text <= last) throw malformed();
      last = text;
      const value = await chain.read({ key: key.value, value: item.value }, at);
      if (value !== undefined) entries.push({ key: key.value, name: key.value.slice(-32), value });
    }
  }
  return { entries, isWhole: false };
}

function malformed(): PhaError {
  return new PhaError("rpc/malformed-answer", "the node's list of keys is not one", {
    hint: "Ask another node; this one does not follow the protocol.",
  });
}
