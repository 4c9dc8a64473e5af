/**
 * Trie node: its encoded bytes with the offsets of its parts.
 *
 * A node is never taken apart: readers look into the bytes, and a changed child is a 32-byte write into a copy of them.
 * `decodeNode` refuses everything the layouts do not define; whether the bytes are *the* node is told by their hash.
 *
 * **Bounds**: a partial key has at most 65 535 nibbles; a node is as large as its value (its owner bounds that).
 * **Trust**: bytes come from our own store (malformed = assertion, in `trie.ts`) or from a proof (malformed = error).
 * **Not here**: writing nodes (`encode-node.ts`).
 *
 * @see polkadot-spec "State storage, Merkle proof": node header, partial key, sub-value
 */

/** Longest partial key of a node, in nibbles. */
export const MAX_PARTIAL_NIBBLES = 65_535;
/** Shortest node that is referred to by hash; shorter ones stand in their parent. */
export const HASHED_NODE_BYTES = 32;
/** Shortest value that layout V1 keeps outside of its node. */
export const HASHED_VALUE_BYTES = 33;

export const NO_VALUE = 0;
export const INLINE_VALUE = 1;
export const HASHED_VALUE = 2;
export type ValueKind = typeof NO_VALUE | typeof INLINE_VALUE | typeof HASHED_VALUE;

export interface TrieNode {
  /** Encoded node; not to be modified. */
  readonly bytes: Uint8Array;
  /** Partial key: nibbles `partialFrom` to `partialTo` of `bytes`. */
  readonly partialFrom: number;
  readonly partialTo: number;
  /** Bit n set: has a child at nibble n. Zero: a leaf. */
  readonly bitmap: number;
  readonly valueKind: ValueKind;
  /** The value, or its hash: `bytes[valueFrom..valueTo]`. */
  readonly valueFrom: number;
  readonly valueTo: number;
  /** Offset of the first child: a length byte (`length << 2`), then a 32-byte hash or a shorter encoded node. */
  readonly childrenFrom: number;
  /** Every child is a hash, so that child i stands at `childrenFrom + 33 · i`. */
  readonly uniform: boolean;
  /** Merkle value of a node that is known by it alone; `bytes` is empty then. */
  readonly sealed: Uint8Array | undefined;
  /** Children in memory, by nibble. The only part that changes after creation, with `usedAt`. */
  kids: (TrieNode | undefined)[] | undefined;
  /** Clock of the cache when a walk last came through. */
  usedAt: number;
}

/**
 * Node of foreign bytes (kept, not copied), or `undefined` when they are not exactly one node.
 *
 * @param mayOmitChildren children may stand as nothing, as in the compact form of proofs
 */
export function decodeNode(
  bytes: Uint8Array,
  { mayOmitChildren = false }: { readonly mayOmitChildren?: boolean } = {},
): TrieNode | undefined {
  const size = bytes.length;
  const header = bytes[0];
  if (header === undefined || header < 0x10) return undefined;
  const isBranch = header >= 0x80 || header < 0x20;
  const valueKind: ValueKind =
    header >= 0xc0 || (header >= 0x40 && header < 0x80)
      ? INLINE_VALUE
      : header >= 0x80
        ? NO_VALUE
        : HASHED_VALUE;
  const most = header >= 0x40 ? 63 : header >= 0x20 ? 31 : 15;
  let length = header & most;
  let at = 1;
  if (length === most) {
    for (let more = 255; more === 255; ) {
      if (at >= size) return undefined;
      more = bytes[at++] ?? 0;
      length += more;
      if (length > MAX_PARTIAL_NIBBLES) return undefined;
    }
  }
  const odd = length & 1;
  const partialFrom = 2 * at + odd;
  if (odd === 1 && (bytes[at] ?? 0) > 15) return undefined;
  at += (length + 1) >> 1;
  let bitmap = 0;
  if (isBranch) {
    if (at + 2 > size) return undefined;
    bitmap = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    if (bitmap === 0) return undefined;
    at += 2;
  }
  let valueTo = at;
  if (valueKind === HASHED_VALUE) valueTo = at + 32;
  else if (valueKind === INLINE_VALUE) {
    const first = bytes[at] ?? 0;
    const mode = first & 3;
    let value = first >> 2;
    if (mode === 0) at += 1;
    else if (mode === 1) {
      value |= (bytes[at + 1] ?? 0) << 6;
      if (value < 64) return undefined;
      at += 2;
    } else if (mode === 2) {
      value |= ((bytes[at + 1] ?? 0) << 6) | ((bytes[at + 2] ?? 0) << 14);
      value += (bytes[at + 3] ?? 0) * 0x400000;
      if (value < 16_384) return undefined;
      at += 4;
    } else return undefined;
    valueTo = at + value;
  }
  if (valueTo > size) return undefined;
  const childrenFrom = valueTo;
  let uniform = true;
  let end = childrenFrom;
  for (let rest = bitmap; rest !== 0; rest &= rest - 1) {
    const head = bytes[end];
    if (head === undefined || (head & 3) !== 0) return undefined;
    const child = head >> 2;
    if ((child === 0 && !mayOmitChildren) || child > 32) return undefined;
    if (child !== 32) uniform = false;
    end += 1 + child;
  }
  if (end !== size) return undefined;
  return {
    bytes,
    partialFrom,
    partialTo: partialFrom + length,
    bitmap,
    valueKind,
    valueFrom: at,
    valueTo,
    childrenFrom,
    uniform,
    sealed: undefined,
    kids: undefined,
    usedAt: 0,
  };
}

/** How many nibbles of the partial key agree with the key from `depth` on. */
export function matchPartial(node: TrieNode, key: Uint8Array, depth: number): number {
  const bytes = node.bytes;
  const from = node.partialFrom;
  const rest = key.length * 2 - depth;
  const length = node.partialTo - from;
  const limit = rest < length ? rest : length;
  let same = 0;
  if (((from ^ depth) & 1) === 0) {
    if (limit > 0 && (depth & 1) === 1) {
      if ((((key[depth >> 1] ?? 0) ^ (bytes[from >> 1] ?? 0)) & 15) !== 0) return 0;
      same = 1;
    }
    let k = (depth + same) >> 1;
    let p = (from + same) >> 1;
    while (same + 1 < limit && key[k] === bytes[p]) {
      same += 2;
      k++;
      p++;
    }
  }
  while (same < limit) {
    const k = depth + same;
    const p = from + same;
    const a = (key[k >> 1] ?? 0) >> ((k & 1) === 0 ? 4 : 0);
    const b = (bytes[p >> 1] ?? 0) >> ((p & 1) === 0 ? 4 : 0);
    if (((a ^ b) & 15) !== 0) break;
    same++;
  }
  return same;
}

/** Offset of the length byte of the child at a nibble whose bit is set. */
export function childOffset(node: TrieNode, nibble: number): number {
  let before = node.bitmap & ((1 << nibble) - 1);
  if (node.uniform) return node.childrenFrom + 33 * countBits(before);
  let at = node.childrenFrom;
  for (; before !== 0; before &= before - 1) at += 1 + ((node.bytes[at] ?? 0) >> 2);
  return at;
}

/** `subarray` at the price of a constructor. */
export function viewOf(bytes: Uint8Array, from: number, length: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, length);
}

/** Number of bits set in a 16-bit number. */
export function countBits(bits: number): number {
  let count = bits - ((bits >> 1) & 0x5555);
  count = (count & 0x3333) + ((count >> 2) & 0x3333);
  count = (count + (count >> 4)) & 0x0f0f;
  return (count + (count >> 8)) & 0x1f;
}
