/**
 * Compact form of a proof: nodes in the order of a walk, without the hashes that whoever reads them can compute.
 *
 * A child that is in the proof stands in its parent as nothing, and follows as an entry of its own; a value that is in
 * the proof is left out of its node, which then begins with a mark, and follows at once. So an answer of `state/2` is
 * shorter by 32 bytes a node, and whatever decodes has one root.
 *
 * **Bounds**: linear in the proof; no recursion. **Trust**: encoded proofs are hostile, and only what reproduces the root
 * is taken.
 *
 * @see polkadot-spec "State requests"; sp-trie "compact proof"
 */
import { blake2b256 } from "@pha/crypto";
import { assert, equalBytes, fail, ok, type Result } from "@pha/scale";
import { HashTable } from "../store/hash-table.ts";
import { encodeBranch, encodeLeaf, type NodeValue } from "../trie/encode-node.ts";
import {
  childOffset,
  decodeNode,
  HASHED_NODE_BYTES,
  HASHED_VALUE,
  INLINE_VALUE,
  type TrieNode,
} from "../trie/node.ts";
import { EMPTY_ROOT } from "../trie/trie.ts";
import type { ProofError } from "./verify-proof.ts";

/** First byte of a node whose value is the next entry. */
const VALUE_FOLLOWS = 0x01;
const NOTHING = new Uint8Array(0);
const OMITTED_VALUE: NodeValue = { kind: INLINE_VALUE, bytes: NOTHING, from: 0, to: 0 };

/** @param proof as `createProof` made it for the root */
export function encodeCompactProof(
  root: Uint8Array,
  proof: readonly Uint8Array[],
): readonly Uint8Array[] {
  if (equalBytes(root, EMPTY_ROOT)) return [Uint8Array.of(0)];
  const entries = new HashTable<Uint8Array>();
  for (const bytes of proof) entries.set(blake2b256(bytes), bytes);
  const encoded: Uint8Array[] = [];
  const stack: Uint8Array[] = [root];
  for (let hash = stack.pop(); hash !== undefined; hash = stack.pop()) {
    const bytes = entries.get(hash);
    const node = bytes && decodeNode(bytes);
    assert(node, "the proof is one of this root");
    const children = childrenOf(node);
    const isHere = children.map(
      (child) => child?.length === HASHED_NODE_BYTES && entries.get(child) !== undefined,
    );
    const value =
      node.valueKind === HASHED_VALUE
        ? entries.get(node.bytes.subarray(node.valueFrom, node.valueTo))
        : undefined;
    const merkles = children.map((child, i) => (isHere[i] ? NOTHING : child));
    const compact = withParts(node, value ? OMITTED_VALUE : nodeValueOf(node), merkles);
    encoded.push(value ? Uint8Array.of(VALUE_FOLLOWS, ...compact) : compact);
    if (value) encoded.push(value);
    // The first child is taken next.
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i];
      if (isHere[i] && child) stack.push(child);
    }
  }
  return encoded;
}

interface OpenNode {
  readonly node: TrieNode;
  /** By nibble; empty where the child is still to come. */
  readonly merkles: (Uint8Array | undefined)[];
  readonly value: Uint8Array | undefined;
  readonly entry: number;
}

/** Nodes and values of a compact proof, each once, as `verifyProof` takes them. */
export function decodeCompactProof(
  root: Uint8Array,
  encoded: readonly Uint8Array[],
): Result<readonly Uint8Array[], ProofError> {
  const [only] = encoded;
  if (equalBytes(root, EMPTY_ROOT))
    return encoded.length === 1 && only?.length === 1 && only[0] === 0
      ? ok([])
      : fail({ code: "proof/root-missing" });
  const seen = new HashTable<true>();
  const proof: Uint8Array[] = [];
  const add = (bytes: Uint8Array): Uint8Array => {
    const hash = blake2b256(bytes);
    if (seen.get(hash) === undefined) {
      seen.set(hash, true);
      proof.push(bytes);
    }
    return hash;
  };
  const stack: OpenNode[] = [];
  for (let entry = 0; entry < encoded.length; entry++) {
    const opened = openNode(encoded, entry);
    if (opened === undefined) return fail({ code: "proof/malformed", entry });
    if (opened.value) entry++;
    stack.push(opened);
    // Whatever has all its children is closed, and its hash goes into its parent.
    for (let top = stack.at(-1); top && !isOpen(top); top = stack.at(-1)) {
      stack.pop();
      const whole = closeNode(top, add);
      // A shorter node stands in its parent and is no entry of its own.
      if (whole.length < HASHED_NODE_BYTES && stack.length > 0)
        return fail({ code: "proof/malformed", entry: top.entry });
      const hash = add(whole);
      const parent = stack.at(-1);
      if (parent) parent.merkles[parent.merkles.findIndex(isMissing)] = hash;
      else if (!equalBytes(hash, root)) return fail({ code: "proof/root-missing" });
      else if (entry + 1 < encoded.length) return fail({ code: "proof/unused", entry: entry + 1 });
      else return ok(proof);
    }
  }
  return fail({ code: "proof/root-missing" });
}

function openNode(encoded: readonly Uint8Array[], entry: number): OpenNode | undefined {
  const bytes = encoded[entry] ?? NOTHING;
  const isValueNext = bytes[0] === VALUE_FOLLOWS;
  const node = decodeNode(isValueNext ? bytes.subarray(1) : bytes, { mayOmitChildren: true });
  const value = isValueNext ? encoded[entry + 1] : undefined;
  if (node === undefined) return undefined;
  const isLeftOut = node.valueKind === INLINE_VALUE && node.valueFrom === node.valueTo;
  if (isValueNext && (value === undefined || !isLeftOut)) return undefined;
  return { node, merkles: [...childrenOf(node)], value, entry };
}

function closeNode(
  { node, merkles, value }: OpenNode,
  add: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  if (value === undefined) return withParts(node, nodeValueOf(node), merkles);
  const bytes = add(value);
  return withParts(node, { kind: HASHED_VALUE, bytes, from: 0, to: bytes.length }, merkles);
}

function isOpen({ merkles }: OpenNode): boolean {
  return merkles.some(isMissing);
}

function isMissing(merkle: Uint8Array | undefined): boolean {
  return merkle?.length === 0;
}

/** Merkle values of a branch's children by nibble; of a leaf none. */
function childrenOf(node: TrieNode): readonly (Uint8Array | undefined)[] {
  if (node.bitmap === 0) return [];
  return Array.from({ length: 16 }, (_, nibble) => {
    if ((node.bitmap & (1 << nibble)) === 0) return undefined;
    const at = childOffset(node, nibble);
    return node.bytes.subarray(at + 1, at + 1 + ((node.bytes[at] ?? 0) >> 2));
  });
}

function nodeValueOf({ bytes, valueKind, valueFrom, valueTo }: TrieNode): NodeValue {
  return { kind: valueKind, bytes, from: valueFrom, to: valueTo };
}

function withParts(
  { bytes, partialFrom, partialTo, bitmap }: TrieNode,
  value: NodeValue,
  merkles: readonly (Uint8Array | undefined)[],
): Uint8Array {
  const partial = { bytes, from: partialFrom, to: partialTo };
  return bitmap === 0
    ? encodeLeaf(partial, value).bytes
    : encodeBranch(partial, value, bitmap, merkles).bytes;
}
