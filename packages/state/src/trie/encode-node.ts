/**
 * Writing of trie nodes: the size is computed first, so that a node is written once, into bytes of its own.
 *
 * **Bounds**: partial keys of at most `MAX_PARTIAL_NIBBLES`, asserted. **Trust**: all input is ours.
 */
import { assert } from "@pha/scale";
import {
  childOffset,
  HASHED_VALUE,
  INLINE_VALUE,
  MAX_PARTIAL_NIBBLES,
  NO_VALUE,
  type TrieNode,
  type ValueKind,
} from "./node.ts";
import { branchBytes, leafBytes } from "./node-bytes.ts";

/** A run of nibbles inside bytes: `from` to `to`. */
export interface NibbleRun {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** Value part of a node: a byte range; for `HASHED_VALUE` the 32 bytes of the hash. */
export interface NodeValue {
  readonly kind: ValueKind;
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

export const noValue: NodeValue = { kind: NO_VALUE, bytes: new Uint8Array(0), from: 0, to: 0 };

/** Leaf with a partial key. */
export function encodeLeaf(partial: NibbleRun, value: NodeValue): TrieNode {
  return encodeNode(partial, value, 0, 0, undefined, undefined);
}

/** Children that a new branch takes over from an old one. */
export interface KeptChildren {
  readonly node: TrieNode;
  /** Bit n set: the child at nibble n. */
  readonly mask: number;
}

/**
 * Branch whose children are given as merkle values, or taken over from another branch.
 *
 * @param merkles by nibble, for every bit of the bitmap that is not kept: a 32-byte hash or a shorter encoded node
 */
export function encodeBranch(
  partial: NibbleRun,
  value: NodeValue,
  bitmap: number,
  merkles: readonly (Uint8Array | undefined)[],
  kept?: KeptChildren,
): TrieNode {
  let childBytes = 0;
  for (let nibble = 0; nibble < 16; nibble++) {
    if (kept !== undefined && (kept.mask & (1 << nibble)) !== 0)
      childBytes += 1 + ((kept.node.bytes[childOffset(kept.node, nibble)] ?? 0) >> 2);
    else childBytes += 1 + (merkles[nibble]?.length ?? -1);
  }
  return encodeNode(partial, value, bitmap, childBytes, merkles, kept);
}

/** The same node under another partial key; children in memory stay with it. */
export function withPartial(node: TrieNode, partial: NibbleRun): TrieNode {
  const length = partial.to - partial.from;
  const isBranch = node.bitmap !== 0;
  const head = headerBytes(node.valueKind, isBranch, length) + ((length + 1) >> 1);
  const bodyFrom = (node.partialTo + 1) >> 1;
  const bytes = new Uint8Array(head + node.bytes.length - bodyFrom);
  writeHead(bytes, node.valueKind, isBranch, partial);
  bytes.set(node.bytes.subarray(bodyFrom), head);
  const shift = head - bodyFrom;
  return {
    bytes,
    partialFrom: 2 * head - length,
    partialTo: 2 * head,
    bitmap: node.bitmap,
    valueKind: node.valueKind,
    valueFrom: node.valueFrom + shift,
    valueTo: node.valueTo + shift,
    childrenFrom: node.childrenFrom + shift,
    uniform: node.uniform,
    sealed: undefined,
    kids: node.kids,
    usedAt: node.usedAt,
  };
}

/** Node of which only the merkle value is known. */
export function sealedNode(merkle: Uint8Array): TrieNode {
  return {
    bytes: new Uint8Array(0),
    partialFrom: 0,
    partialTo: 0,
    bitmap: 0,
    valueKind: NO_VALUE,
    valueFrom: 0,
    valueTo: 0,
    childrenFrom: 0,
    uniform: true,
    sealed: merkle,
    kids: undefined,
    usedAt: 0,
  };
}

function encodeNode(
  partial: NibbleRun,
  value: NodeValue,
  bitmap: number,
  childBytes: number,
  merkles: readonly (Uint8Array | undefined)[] | undefined,
  kept: KeptChildren | undefined,
): TrieNode {
  const length = partial.to - partial.from;
  const isBranch = merkles !== undefined;
  const head = headerBytes(value.kind, isBranch, length) + ((length + 1) >> 1);
  const valueBytes = value.to - value.from;
  const prefixBytes = value.kind === INLINE_VALUE ? compactBytes(valueBytes) : 0;
  const valueFrom = head + (isBranch ? 2 : 0) + prefixBytes;
  const valueTo = valueFrom + valueBytes;
  const bytes = (isBranch ? branchBytes : leafBytes)(valueTo + childBytes);
  writeHead(bytes, value.kind, isBranch, partial);
  if (isBranch) {
    bytes[head] = bitmap & 255;
    bytes[head + 1] = bitmap >> 8;
  }
  if (prefixBytes > 0) writeCompact(bytes, valueFrom - prefixBytes, valueBytes);
  copyRange(value.bytes, value.from, value.to, bytes, valueFrom);
  let uniform = true;
  if (merkles !== undefined) {
    let at = valueTo;
    for (let nibble = 0; nibble < 16; nibble++) {
      if (kept !== undefined && (kept.mask & (1 << nibble)) !== 0) {
        const from = childOffset(kept.node, nibble);
        const size = (kept.node.bytes[from] ?? 0) >> 2;
        if (size !== 32) uniform = false;
        copyRange(kept.node.bytes, from, from + 1 + size, bytes, at);
        at += 1 + size;
        continue;
      }
      const merkle = merkles[nibble];
      if (merkle === undefined) continue;
      if (merkle.length !== 32) uniform = false;
      bytes[at++] = merkle.length << 2;
      bytes.set(merkle, at);
      at += merkle.length;
    }
  }
  return {
    bytes,
    partialFrom: 2 * head - length,
    partialTo: 2 * head,
    bitmap,
    valueKind: value.kind,
    valueFrom,
    valueTo,
    childrenFrom: valueTo,
    uniform,
    sealed: undefined,
    kids: undefined,
    usedAt: 0,
  };
}

/** Largest partial length that stands in the first header byte, plus the mark of the kind. */
function headerKind(kind: ValueKind, isBranch: boolean): { mark: number; most: number } {
  if (kind === HASHED_VALUE) return isBranch ? HASHED_BRANCH : HASHED_LEAF;
  if (!isBranch) return LEAF;
  return kind === INLINE_VALUE ? VALUE_BRANCH : BARE_BRANCH;
}

const LEAF = { mark: 0x40, most: 63 };
const BARE_BRANCH = { mark: 0x80, most: 63 };
const VALUE_BRANCH = { mark: 0xc0, most: 63 };
const HASHED_LEAF = { mark: 0x20, most: 31 };
const HASHED_BRANCH = { mark: 0x10, most: 15 };

function headerBytes(kind: ValueKind, isBranch: boolean, length: number): number {
  const { most } = headerKind(kind, isBranch);
  return length < most ? 1 : 2 + Math.floor((length - most) / 255);
}

function writeHead(out: Uint8Array, kind: ValueKind, isBranch: boolean, partial: NibbleRun): void {
  const { bytes, from, to } = partial;
  const length = to - from;
  assert(length <= MAX_PARTIAL_NIBBLES, "a partial key has at most 65535 nibbles");
  const { mark, most } = headerKind(kind, isBranch);
  let at = 1;
  if (length < most) out[0] = mark | length;
  else {
    out[0] = mark | most;
    let rest = length - most;
    for (; rest >= 255; rest -= 255) out[at++] = 255;
    out[at++] = rest;
  }
  let nibble = from;
  if ((length & 1) === 1) {
    const byte = bytes[nibble >> 1] ?? 0;
    out[at++] = (nibble & 1) === 0 ? byte >> 4 : byte & 15;
    nibble++;
  }
  if ((nibble & 1) === 0) {
    copyRange(bytes, nibble >> 1, to >> 1, out, at);
    return;
  }
  for (; nibble < to; nibble += 2)
    out[at++] = (((bytes[nibble >> 1] ?? 0) & 15) << 4) | ((bytes[(nibble + 1) >> 1] ?? 0) >> 4);
}

/** Byte loop for short ranges: cheaper than a view and a native copy. */
function copyRange(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  offset: number,
): void {
  if (end - start > 64) {
    to.set(from.subarray(start, end), offset);
    return;
  }
  let at = offset;
  for (let i = start; i < end; i++) to[at++] = from[i] ?? 0;
}

function compactBytes(value: number): number {
  return value < 64 ? 1 : value < 16_384 ? 2 : 4;
}

function writeCompact(out: Uint8Array, at: number, value: number): void {
  assert(value < 0x4000_0000, "a value is smaller than 1 GiB");
  if (value < 64) out[at] = value << 2;
  else if (value < 16_384) {
    out[at] = ((value << 2) | 1) & 255;
    out[at + 1] = value >> 6;
  } else {
    out[at] = ((value << 2) | 2) & 255;
    out[at + 1] = (value >> 6) & 255;
    out[at + 2] = (value >> 14) & 255;
    out[at + 3] = value >> 22;
  }
}
