/** Storage queries of `chainHead_v1` and `archive_v1`: read in small steps, so that a long one can be interrupted. */
import { blake2b256 } from "@pha/crypto";
import type { Trie } from "@pha/state";
import { toHex } from "../hex.ts";
import { fieldOf, hexValue, isAbsent, listParam, type Params } from "./params.ts";
import { invalidParams } from "./rpc-errors.ts";

const MAX_ITEMS = 256;
/** Keys read between two pauses. */
const PAGE = 128;

export type ItemKind = "value" | "hash" | "descendantsValues" | "descendantsHashes";

export interface StorageItem {
  readonly key: Uint8Array;
  readonly kind: ItemKind;
  /** Only keys after this one. */
  readonly after: Uint8Array | undefined;
}

export type StorageAnswer =
  | { readonly key: string; readonly value: string }
  | { readonly key: string; readonly hash: string };

export function storageItems(params: Params, index: number): readonly StorageItem[] {
  return listParam(params, index, "items", { max: MAX_ITEMS }).map((item) => {
    const start = fieldOf(item, "paginationStartKey");
    return {
      key: hexValue(fieldOf(item, "key"), "key"),
      kind: itemKind(fieldOf(item, "type")),
      after: isAbsent(start) ? undefined : hexValue(start, "paginationStartKey"),
    };
  });
}

/** Answers, a page at a time. */
export function* readItems(
  state: Trie,
  items: readonly StorageItem[],
): Generator<readonly StorageAnswer[]> {
  for (const item of items) {
    if (item.kind === "value" || item.kind === "hash") {
      const answer = answerOf(state, item.key, item.kind);
      if (answer) yield [answer];
      continue;
    }
    const kind = item.kind === "descendantsValues" ? "value" : "hash";
    let { after } = item;
    for (;;) {
      const keys = state.keys(item.key, { limit: PAGE, ...(after ? { after } : {}) });
      yield keys.flatMap((key) => answerOf(state, key, kind) ?? []);
      if (keys.length < PAGE) break;
      after = keys.at(-1);
    }
  }
}

function answerOf(state: Trie, key: Uint8Array, kind: "value" | "hash"): StorageAnswer | undefined {
  const value = state.get(key);
  if (value === undefined) return undefined;
  return kind === "value"
    ? { key: toHex(key), value: toHex(value) }
    : { key: toHex(key), hash: toHex(blake2b256(value)) };
}

function itemKind(type: unknown): ItemKind {
  switch (type) {
    case "value":
    case "hash":
    case "descendantsValues":
    case "descendantsHashes":
      return type;
    default:
      throw invalidParams("type is one of value, hash, descendantsValues, descendantsHashes");
  }
}
