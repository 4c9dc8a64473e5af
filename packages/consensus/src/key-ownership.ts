/**
 * Whose a key was in a session: a trie over the keys of all its validators, as Substrate builds it, and proofs under its
 * root.
 *
 *     (kind, key) ─► position of the validator ─► (account, identification)
 *
 * The identification is empty, as in Substrate's present runtimes: what stood behind a validator is in the chain's
 * state, by era, for longer than an offence can be punished, so the trie need not repeat it.
 *
 * **Bounds**: an entry a key and one a validator; time of a verification is linear in the proof, which whoever decodes it
 * bounds. **Trust**: proofs come from anybody; a node that does not belong to the proof makes it invalid.
 *
 * @see polkadot-sdk "pallet-session" historical ProvingTrie
 */
import { bytes, decode, encode, fixedBytes, tuple, u32, unit, utf8 } from "@pha/scale";
import { buildTrie, createProof, HashTable, openTrie, verifyProof } from "@pha/state";

/** A validator of a session. */
export interface KeyHolder {
  /** Account, 32 bytes. */
  readonly owner: Uint8Array;
  readonly keys: readonly SessionKey[];
}

export interface SessionKey {
  /** Four characters, such as `babe`. */
  readonly kind: string;
  readonly key: Uint8Array;
}

const VERSION = 0;
const Key = tuple(fixedBytes(4), bytes);
const Identification = tuple(fixedBytes(32), unit);

const encodeKey = ({ kind, key }: SessionKey) => encode(Key, [utf8(kind), key]);

function build(holders: readonly KeyHolder[]) {
  const entries = holders.flatMap(({ owner, keys }, index): [Uint8Array, Uint8Array][] => {
    const position = encode(u32, index);
    const byKey = keys.map((one): [Uint8Array, Uint8Array] => [encodeKey(one), position]);
    return [...byKey, [position, encode(Identification, [owner, undefined])]];
  });
  return buildTrie(entries, VERSION);
}

export function keyOwnershipRoot(holders: readonly KeyHolder[]): Uint8Array {
  return build(holders).root;
}

/** Nodes that lead from the root to the owner of a key; `undefined` when it is nobody's. */
export function proveKeyOwner(
  holders: readonly KeyHolder[],
  key: SessionKey,
): readonly Uint8Array[] | undefined {
  const { root, inserted } = build(holders);
  const nodes = new HashTable<Uint8Array>();
  for (const { hash, bytes } of inserted) nodes.set(hash, bytes);
  const store = { getNode: (hash: Uint8Array) => nodes.get(hash) };
  const trie = openTrie({ root, version: VERSION, nodes: store });
  const name = encodeKey(key);
  const position = trie.get(name);
  return position && createProof(trie, [name, position]);
}

/** Account of a key's owner by the nodes of a proof; `undefined` when they show none under the root. */
export function provenKeyOwner(
  root: Uint8Array,
  proof: readonly Uint8Array[],
  key: SessionKey,
): Uint8Array | undefined {
  const verified = verifyProof({ root, proof, version: VERSION });
  if (!verified.ok) return undefined;
  const position = verified.value.get(encodeKey(key));
  if (!position.ok || position.value === undefined) return undefined;
  const stated = verified.value.get(position.value);
  if (!stated.ok || stated.value === undefined) return undefined;
  const owner = decode(Identification, stated.value);
  return owner.ok ? owner.value[0] : undefined;
}
