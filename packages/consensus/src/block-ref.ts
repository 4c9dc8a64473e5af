/** Hash and height of a block, as votes name it (height as u32, not compact). */
import { type Codec, equalBytes, fixedBytes, struct, u32 } from "@pha/scale";

export interface BlockRef {
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly number: number;
}

export const BlockRef: Codec<BlockRef> = struct({ hash: fixedBytes(32), number: u32 });

export function isSameBlock(a: BlockRef, b: BlockRef): boolean {
  return a.number === b.number && equalBytes(a.hash, b.hash);
}

/** Key of a `Map` or `Set` for a hash or public key: one character per byte. */
export function bytesKey(bytes: Uint8Array): string {
  // Spreading a typed array goes through its iterator, which costs ten times as much as a copy.
  const codes = new Array<number>(bytes.length);
  for (let i = 0; i < codes.length; i++) codes[i] = bytes[i] ?? 0;
  return String.fromCharCode(...codes);
}

/** The one of greater height; of equal heights the first. */
export function higher(a: BlockRef, b: BlockRef): BlockRef {
  return a.number >= b.number ? a : b;
}
