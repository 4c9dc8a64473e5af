export {
  createOverlay,
  type Overlay,
  type OverlayBackend,
} from "./overlay/overlay.ts";
export { decodeCompactProof, encodeCompactProof } from "./proof/compact-proof.ts";
export { createProof, type ProofRequest } from "./proof/create-proof.ts";
export { storageProof } from "./proof/storage-proof.ts";
export {
  type ProofError,
  type ProofInput,
  type ProofView,
  verifyProof,
} from "./proof/verify-proof.ts";
export { storagePrefix } from "./storage-prefix.ts";
export { binaryString } from "./store/binary-string.ts";
export { HashTable } from "./store/hash-table.ts";
export type { KeyValueStore, KeyValueWrite } from "./store/key-value-store.ts";
export { MemoryNodes } from "./store/memory-nodes.ts";
export { MemoryStore } from "./store/memory-store.ts";
export { applyChanges } from "./trie/apply-changes.ts";
export type { Changes } from "./trie/batch.ts";
export {
  type BuildOptions,
  buildTrie,
  type Entries,
  type KnownLeaf,
  orderedTrieRoot,
  trieRoot,
} from "./trie/build-trie.ts";
export { checkTrie, noSoundNodes, type SoundNodes, type TrieFault } from "./trie/check-trie.ts";
export { compareTries, type TrieDifference } from "./trie/compare-tries.ts";
export { encodeBranch, encodeLeaf, type NibbleRun, type NodeValue } from "./trie/encode-node.ts";
export {
  decodeNode,
  HASHED_VALUE,
  INLINE_VALUE,
  NO_VALUE,
  type TrieNode,
} from "./trie/node.ts";
export {
  EMPTY_ROOT,
  type KeysOptions,
  MAX_KEY_BYTES,
  type NodeStore,
  openTrie,
  type Trie,
  type TrieChanges,
  type TrieOptions,
  type TrieVersion,
} from "./trie/trie.ts";
