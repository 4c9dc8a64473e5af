/**
 * Verification of a read proof: every entry is hashed once, linked to its parent, and then read in place.
 *
 * **Bounds**: time and memory are linear in the size of the proof; no recursion. **Trust**: the proof is hostile, the
 * root is what the caller believes in. What a proof does not show is `proof/incomplete`, never an absence.
 */
import { blake2b256 } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { HashTable } from "../store/hash-table.ts";
import {
  decodeNode,
  HASHED_NODE_BYTES,
  HASHED_VALUE,
  INLINE_VALUE,
  type TrieNode,
} from "../trie/node.ts";
import { EMPTY_ROOT, type TrieVersion } from "../trie/trie.ts";
import { findNode, visitKeysFrom } from "../trie/walk.ts";

export type ProofError =
  | { readonly code: "proof/duplicate"; readonly entry: number }
  | { readonly code: "proof/unused"; readonly entry: number }
  | { readonly code: "proof/malformed"; readonly entry: number }
  | { readonly code: "proof/root-missing" };

export interface ProofInput {
  /** 32 bytes, from a header that is trusted. */
  readonly root: Uint8Array;
  /** Encoded nodes and outside values, in any order; kept, not copied. */
  readonly proof: readonly Uint8Array[];
  /** 0 refuses the node forms of layout V1; default: both layouts. */
  readonly version?: TrieVersion;
  /** Entries that nothing refers to: refused by default. */
  readonly unused?: "refuse" | "tolerate";
}

/** What a verified proof shows. */
export interface ProofView {
  /** The value at a key, `undefined` where the proof shows that there is none. */
  get(key: Uint8Array): Result<Uint8Array | undefined, "proof/incomplete">;
  /** Least key greater than `key`, `undefined` where the proof shows that there is none. */
  nextKey(key: Uint8Array): Result<Uint8Array | undefined, "proof/incomplete">;
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly index: number;
  node: TrieNode | undefined;
  used: boolean;
}

export function verifyProof({
  root,
  proof,
  version = 1,
  unused = "refuse",
}: ProofInput): Result<ProofView, ProofError> {
  const table = new HashTable<Entry>();
  for (let index = 0; index < proof.length; index++) {
    const bytes = proof[index] ?? NOTHING;
    const hash = blake2b256(bytes);
    if (table.get(hash) !== undefined) return fail({ code: "proof/duplicate", entry: index });
    table.set(hash, { bytes, index, node: undefined, used: false });
  }
  const top = table.get(root);
  if (equalBytes(root, EMPTY_ROOT)) {
    if (unused === "refuse" && proof.length > (top === undefined ? 0 : 1))
      return fail({ code: "proof/unused", entry: top?.index === 0 ? 1 : 0 });
    return ok(emptyView);
  }
  if (top === undefined) return fail({ code: "proof/root-missing" });
  const linked = link(top, table, version);
  if (!linked.ok) return linked;
  if (unused === "refuse" && linked.value.used < table.size) {
    for (let index = 0; index < proof.length; index++) {
      const entry = table.get(blake2b256(proof[index] ?? NOTHING));
      if (entry?.used === false) return fail({ code: "proof/unused", entry: index });
    }
  }
  return ok(createView(linked.value.root, table));
}

/** Decodes what can be reached from the root and ties children to parents. */
function link(
  top: Entry,
  table: HashTable<Entry>,
  version: TrieVersion,
): Result<{ readonly root: TrieNode; readonly used: number }, ProofError> {
  const root = decodeNode(top.bytes);
  if (root === undefined || (version === 0 && root.valueKind === HASHED_VALUE))
    return fail({ code: "proof/malformed", entry: top.index });
  top.node = root;
  top.used = true;
  let used = 1;
  const queue: { readonly node: TrieNode; readonly entry: Entry }[] = [{ node: root, entry: top }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { node, entry } = next;
    const { bytes } = node;
    if (node.valueKind === HASHED_VALUE) {
      const value = table.get(bytes.subarray(node.valueFrom, node.valueTo));
      if (value !== undefined && !value.used) {
        value.used = true;
        used++;
      }
    }
    if (node.bitmap === 0) continue;
    const kids = new Array<TrieNode | undefined>(16).fill(undefined);
    node.kids = kids;
    let at = node.childrenFrom;
    for (let rest = node.bitmap; rest !== 0; rest &= rest - 1) {
      const nibble = 31 - Math.clz32(rest & -rest);
      const size = (bytes[at] ?? 0) >> 2;
      const merkle = bytes.subarray(at + 1, at + 1 + size);
      at += 1 + size;
      let source = entry;
      let child: TrieNode | undefined;
      if (size < HASHED_NODE_BYTES) child = decodeNode(merkle);
      else {
        const found = table.get(merkle);
        if (found === undefined) continue;
        if (!found.used) {
          found.used = true;
          used++;
        }
        if (found.node !== undefined) {
          kids[nibble] = found.node;
          continue;
        }
        source = found;
        child = decodeNode(found.bytes);
        found.node = child;
      }
      if (child === undefined || (version === 0 && child.valueKind === HASHED_VALUE))
        return fail({ code: "proof/malformed", entry: source.index });
      kids[nibble] = child;
      queue.push({ node: child, entry: source });
    }
  }
  return ok({ root, used });
}

function createView(root: TrieNode, table: HashTable<Entry>): ProofView {
  const load = (parent: TrieNode, nibble: number): TrieNode | undefined => parent.kids?.[nibble];
  return {
    get(key) {
      const node = findNode(root, key, load);
      if (node === "missing") return fail("proof/incomplete");
      if (node === undefined) return ok(undefined);
      if (node.valueKind === INLINE_VALUE)
        return ok(node.bytes.subarray(node.valueFrom, node.valueTo));
      if (node.valueKind !== HASHED_VALUE) return ok(undefined);
      const value = table.get(node.bytes.subarray(node.valueFrom, node.valueTo));
      return value === undefined ? fail("proof/incomplete") : ok(value.bytes);
    },
    nextKey(key) {
      let next: Uint8Array | undefined;
      const outcome = visitKeysFrom(root, key, { inclusive: false }, load, (found) => {
        next = found;
        return false;
      });
      return outcome === "missing" ? fail("proof/incomplete") : ok(next);
    },
  };
}

const NOTHING = new Uint8Array(0);

const emptyView: ProofView = {
  get: () => ok(undefined),
  nextKey: () => ok(undefined),
};
