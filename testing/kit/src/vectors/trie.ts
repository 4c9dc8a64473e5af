/**
 * Vectors of the state trie: genesis states, roots of small maps, states over blocks, node headers and read proofs.
 *
 * Files are known by the fields of their JSON. Every read proof also gives the proofs that an attacker would make of
 * it, which must be refused or say less, never something else.
 */
import assert from "node:assert/strict";
import { blake2b256, keccak256 } from "@pha/crypto";
import { concatBytes, decode, fromHex, toHex } from "@pha/scale";
import {
  applyChanges,
  buildTrie,
  createProof,
  decodeNode,
  encodeBranch,
  encodeLeaf,
  HASHED_VALUE,
  INLINE_VALUE,
  type KnownLeaf,
  MemoryNodes,
  NO_VALUE,
  openTrie,
  orderedTrieRoot,
  type ProofView,
  storageProof,
  type TrieVersion,
  trieRoot,
  verifyProof,
} from "@pha/state";
import type { VectorCase, VectorLoader } from "./vector-case.ts";

type Hex = string;
type HexEntry = readonly [key: Hex, value: Hex];

interface OmittedLeaf {
  readonly key: Hex;
  readonly valueBlake2_256?: Hex;
  readonly leafPartialNibbles?: readonly number[];
  readonly leafMerkleValue: Hex;
}

interface GenesisFile {
  readonly stateVersion: TrieVersion;
  readonly stateRoot: Hex;
  readonly genesisHash?: Hex;
  readonly extrinsicsRoot?: Hex;
  readonly omittedLeaf?: OmittedLeaf;
  readonly top: readonly HexEntry[];
}

interface BlocksFile {
  readonly stateVersion: TrieVersion;
  readonly genesisRoot: Hex;
  readonly omittedLeaf?: OmittedLeaf;
  readonly genesis: readonly HexEntry[];
  readonly blocks: readonly {
    readonly block: number;
    readonly changes: readonly (readonly [key: Hex, value: Hex | null])[];
    readonly root: Hex;
  }[];
}

interface HostApiFile {
  readonly childRootV0?: readonly Utf8Map[];
  readonly trieRootV0?: readonly Utf8Map[];
  readonly orderedRootV0?: readonly {
    readonly valuesUtf8: readonly string[];
    readonly root: Hex;
  }[];
}

interface Utf8Map {
  readonly entriesUtf8: readonly HexEntry[];
  readonly root: Hex;
}

interface MapCase {
  readonly name: string;
  readonly version?: TrieVersion;
  readonly hasher?: string;
  readonly entries: readonly HexEntry[];
  readonly root?: Hex;
  readonly rootNode?: Hex;
  readonly rootV0?: Hex;
  readonly rootV1?: Hex;
}

interface OrderedCase {
  readonly version: TrieVersion;
  readonly values: readonly Hex[];
  readonly root: Hex;
}

interface HeaderCase {
  readonly kind: "leaf" | "branch";
  readonly partialKeyNibbles: number;
  readonly nibble: number | null;
  readonly hasValue: boolean;
  readonly hashedValue?: boolean;
  readonly header: Hex;
}

interface DecodeCase {
  readonly encoded: Hex;
  readonly partialKey: readonly number[];
  readonly value: Hex | null;
  readonly childrenAt: readonly number[];
}

interface ProofCase {
  readonly name: string;
  readonly root: Hex;
  readonly proofScaleVec?: Hex;
  readonly nodes?: readonly Hex[];
  readonly queries?: readonly {
    readonly key: Hex;
    readonly value?: Hex | null;
    readonly error?: string;
  }[];
  readonly nextKeyQuery?: {
    readonly key: Hex;
    readonly orEqual?: boolean;
    readonly expected: Hex | null;
  };
}

export const loadTrieVectors: VectorLoader = ({ name, bytes }) => {
  if (!name.endsWith(".json")) return undefined;
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (typeof json !== "object" || json === null) return undefined;
  if ("top" in json && "stateRoot" in json) return genesisCases(json as GenesisFile);
  if ("genesisRoot" in json && "blocks" in json) return blocksCases(json as BlocksFile);
  if ("childRootV0" in json || "trieRootV0" in json || "orderedRootV0" in json)
    return hostApiCases(json as HostApiFile);
  const cases = "cases" in json && Array.isArray(json.cases) ? (json.cases as unknown[]) : [];
  const ordered = "ordered" in json ? (json.ordered as readonly OrderedCase[]) : [];
  if (isEvery(cases, "partialKeyNibbles", "header"))
    return [
      ...(cases as HeaderCase[]).map(headerCase),
      ...("decodeBranch" in json ? [decodeCase(json.decodeBranch as DecodeCase)] : []),
    ];
  if (isEvery(cases, "root") && cases.every((one) => hasOne(one, "proofScaleVec", "nodes")))
    return (cases as ProofCase[]).flatMap(proofCases);
  if (isEvery(cases, "entries") || ordered.length > 0)
    return [...(cases as MapCase[]).flatMap(mapCases), ...ordered.map(orderedCase)];
  return undefined;
};

function genesisCases(file: GenesisFile): VectorCase[] {
  const entries = entriesOf(file.top);
  const knownLeaves = knownLeavesOf(file.omittedLeaf, file.stateVersion);
  const root = (): Uint8Array => trieRoot(entries, file.stateVersion, { knownLeaves });
  const cases: VectorCase[] = [check("state root", () => sameHex(root(), file.stateRoot))];
  const { omittedLeaf, genesisHash, extrinsicsRoot } = file;
  if (omittedLeaf !== undefined) {
    cases.push(
      check("the omitted leaf by its merkle value", () => {
        const leaf = knownLeavesOf(omittedLeaf, 0);
        sameHex(trieRoot(entries, file.stateVersion, { knownLeaves: leaf }), file.stateRoot);
      }),
    );
    if (omittedLeaf.leafPartialNibbles !== undefined)
      cases.push(
        check("partial key of the omitted leaf", () => checkPartial(omittedLeaf, entries)),
      );
  }
  if (genesisHash !== undefined && extrinsicsRoot !== undefined)
    cases.push(
      check("genesis hash", () => {
        const header = [new Uint8Array(33), root(), fromHex(extrinsicsRoot), new Uint8Array(1)];
        sameHex(blake2b256(concatBytes(...header)), genesisHash);
      }),
    );
  const absent = fromHex("0xffffffffffff");
  cases.push(
    check("read proofs of the state", () => {
      const nodes = new MemoryNodes();
      const built = buildTrie(entries, file.stateVersion, { knownLeaves });
      nodes.insert(built.inserted);
      const trie = openTrie({ root: built.root, version: file.stateVersion, nodes });
      for (const [key, value] of entries.filter((_, i) => i % 7 === 0)) {
        const proof = createProof(trie, [key, absent]);
        const view = verified({ root: built.root, proof });
        assert.deepEqual(shown(view, key), value);
        assert.equal(shown(view, absent), undefined);
      }
    }),
  );
  return cases;
}

function checkPartial(leaf: OmittedLeaf, entries: readonly (readonly [Uint8Array, unknown])[]) {
  const nibbles = toHex(fromHex(leaf.key)).slice(2);
  const shared = entries.map(([key]) => {
    const other = toHex(key).slice(2);
    let at = 0;
    while (at < nibbles.length && nibbles[at] === other[at]) at++;
    return at;
  });
  const partial = nibbles.slice(Math.max(...shared) + 1);
  assert.deepEqual(
    [...partial].map((digit) => Number.parseInt(digit, 16)),
    leaf.leafPartialNibbles,
  );
}

function blocksCases(file: BlocksFile): VectorCase[] {
  return [
    check("every state root, incrementally and with restarts", () => {
      const version = file.stateVersion;
      const nodes = new MemoryNodes();
      const genesis = buildTrie(entriesOf(file.genesis), version, {
        knownLeaves: knownLeavesOf(file.omittedLeaf, version),
      });
      nodes.insert(genesis.inserted);
      sameHex(genesis.root, file.genesisRoot);
      let trie = openTrie({ root: genesis.root, version, nodes });
      for (const { block, changes, root } of file.blocks) {
        if (block % 5 === 0) trie = openTrie({ root: trie.root, version, nodes, cacheNodes: 8 });
        const next = applyChanges(
          trie,
          changes.map(([key, value]) => [
            fromHex(key),
            value === null ? undefined : fromHex(value),
          ]),
        );
        sameHex(next.root, root, `block ${block}`);
        nodes.apply(next);
        trie = next.trie;
        for (const [key, value] of changes)
          assert.equal(hexOrNull(trie.get(fromHex(key))), value, `block ${block}, ${key}`);
      }
    }),
    check("every state root, from all entries", () => {
      const state = new Map(file.genesis);
      const knownLeaves = knownLeavesOf(file.omittedLeaf, file.stateVersion);
      for (const { block, changes, root } of file.blocks) {
        for (const [key, value] of changes) {
          if (value === null) state.delete(key);
          else state.set(key, value);
        }
        const all = trieRoot(entriesOf([...state]), file.stateVersion, { knownLeaves });
        sameHex(all, root, `block ${block}`);
      }
    }),
  ];
}

function hostApiCases(file: HostApiFile): VectorCase[] {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const map =
    (kind: string) =>
    ({ entriesUtf8, root }: Utf8Map, index: number): VectorCase =>
      check(`${kind} ${index}`, () => {
        const entries = entriesUtf8.map(([key, value]) => [text(key), text(value)] as const);
        sameHex(trieRoot(entries, 0), root);
      });
  return [
    ...(file.childRootV0 ?? []).map(map("child root")),
    ...(file.trieRootV0 ?? []).map(map("trie root")),
    ...(file.orderedRootV0 ?? []).map(({ valuesUtf8, root }, index) =>
      check(`ordered root ${index}`, () => sameHex(orderedTrieRoot(valuesUtf8.map(text)), root)),
    ),
  ];
}

function mapCases(one: MapCase): VectorCase[] {
  const entries = entriesOf(one.entries);
  const hash = one.hasher?.startsWith("keccak") ? keccak256 : blake2b256;
  const cases: VectorCase[] = [];
  const expectRoot = (version: TrieVersion, root: Hex | undefined): void => {
    if (root === undefined) return;
    const name = `${one.name}, V${version}`;
    cases.push(check(name, () => sameHex(trieRoot(entries, version, { hash }), root)));
    if (hash !== blake2b256) return;
    cases.push(
      check(`${name}, key by key and back to nothing`, () => {
        const nodes = new MemoryNodes();
        let trie = openTrie({ root: trieRoot([], version), version, nodes, cacheNodes: 4 });
        for (const [key, value] of entries) {
          const next = applyChanges(trie, [[key, value]]);
          nodes.apply(next);
          trie = next.trie;
        }
        sameHex(trie.root, root);
        for (const [key] of entries) {
          const next = applyChanges(trie, [[key, undefined]]);
          nodes.apply(next);
          trie = next.trie;
        }
        sameHex(trie.root, toHex(trieRoot([], version)));
        assert.equal(nodes.size, 0);
      }),
    );
  };
  expectRoot(one.version ?? 0, one.root);
  expectRoot(0, one.rootV0);
  expectRoot(1, one.rootV1);
  if (one.rootNode !== undefined) {
    const { rootNode } = one;
    cases.push(
      check(`${one.name}, root node`, () => {
        const { inserted } = buildTrie(entries, one.version ?? 0, { hash });
        assert.equal(hexOrNull(inserted.at(-1)?.bytes), rootNode);
      }),
    );
  }
  return cases;
}

function orderedCase({ values, root, version }: OrderedCase, index: number): VectorCase {
  const name = `ordered root ${index}`;
  if (version !== 0) return { name, run: () => ({ skip: "lists are always of layout V0" }) };
  return check(name, () => sameHex(orderedTrieRoot(values.map(fromHex)), root));
}

function headerCase(one: HeaderCase): VectorCase {
  const { kind, partialKeyNibbles: length, nibble, hasValue, hashedValue = false, header } = one;
  return check(`${kind} header of ${length} nibbles, value ${hasValue}`, () => {
    const fill = nibble ?? 0;
    const bytes = new Uint8Array((length + 1) >> 1).fill(fill * 17);
    const partial = { bytes, from: length % 2, to: bytes.length * 2 };
    const valueBytes = new Uint8Array(hashedValue ? 32 : hasValue ? 1 : 0);
    const valueKind = hashedValue ? HASHED_VALUE : hasValue ? INLINE_VALUE : NO_VALUE;
    const value = { kind: valueKind, bytes: valueBytes, from: 0, to: valueBytes.length } as const;
    const merkle = new Uint8Array(32);
    const node =
      kind === "leaf"
        ? encodeLeaf(partial, value)
        : encodeBranch(partial, value, 3, [merkle, merkle]);
    const size = fromHex(header).length;
    sameHex(node.bytes.subarray(0, size), header);
    assert.equal(node.partialFrom >> 1, size, "the partial key follows the header");
    const decoded = decodeNode(node.bytes);
    assert.deepEqual(decoded, node);
  });
}

function decodeCase(one: DecodeCase): VectorCase {
  return check("decoded branch", () => {
    const node = decodeNode(fromHex(one.encoded));
    assert.ok(node !== undefined, "decodes");
    const { bytes, partialFrom, partialTo, bitmap, valueKind, valueFrom, valueTo } = node;
    const digits = toHex(bytes).slice(2 + partialFrom, 2 + partialTo);
    assert.deepEqual(
      [...digits].map((digit) => Number.parseInt(digit, 16)),
      one.partialKey,
    );
    const value = valueKind === NO_VALUE ? null : toHex(bytes.subarray(valueFrom, valueTo));
    assert.equal(value, one.value);
    const at = Array.from({ length: 16 }, (_, i) => i).filter((i) => (bitmap >> i) % 2 === 1);
    assert.deepEqual(at, one.childrenAt);
    for (const cut of [0, 1, bytes.length >> 1, bytes.length - 1])
      assert.equal(decodeNode(bytes.subarray(0, cut)), undefined, "a cut node is refused");
    assert.equal(decodeNode(concatBytes(bytes, Uint8Array.of(0))), undefined);
  });
}

function proofCases(one: ProofCase): VectorCase[] {
  const root = fromHex(one.root);
  const proof = proofOf(one);
  const answers = (view: ProofView): void => {
    for (const { key, value, error } of one.queries ?? []) {
      const answer = view.get(fromHex(key));
      if (error !== undefined) assert.ok(!answer.ok, `${key}: ${error}`);
      else {
        assert.ok(answer.ok, `${key} is shown`);
        assert.equal(hexOrNull(answer.value), value ?? null);
      }
    }
    if (one.nextKeyQuery === undefined) return;
    const { key, orEqual = false, expected } = one.nextKeyQuery;
    const here = orEqual ? view.get(fromHex(key)) : undefined;
    if (here?.ok && here.value !== undefined) {
      assert.equal(key, expected);
      return;
    }
    const next = view.nextKey(fromHex(key));
    assert.ok(next.ok, "the next key is shown");
    assert.equal(hexOrNull(next.value), expected);
  };
  /** A changed proof must be refused, or answer as before where it still answers. */
  const saysNothingElse = (changed: readonly Uint8Array[]): void => {
    const result = verifyProof({ root, proof: changed });
    if (!result.ok) return;
    for (const { key, value, error } of one.queries ?? []) {
      const answer = result.value.get(fromHex(key));
      if (!answer.ok) continue;
      assert.ok(error === undefined, "less cannot show more");
      assert.equal(hexOrNull(answer.value), value ?? null);
    }
  };
  const at = (index: number, entry: Uint8Array): Uint8Array[] => proof.with(index, entry);
  const refused = (changed: readonly Uint8Array[]): void =>
    assert.equal(verifyProof({ root, proof: changed }).ok, false);
  return [
    check(one.name, () => answers(verified({ root, proof }))),
    check(`${one.name}: a flipped bit is refused`, () => {
      for (const [i, entry] of proof.entries())
        for (const where of new Set([0, entry.length >> 1, entry.length - 1]))
          refused(at(i, entry.with(where, (entry[where] ?? 0) ^ 1)));
    }),
    check(`${one.name}: a cut or longer entry is refused`, () => {
      for (const [i, entry] of proof.entries()) {
        refused(at(i, entry.subarray(0, entry.length - 1)));
        refused(at(i, concatBytes(entry, Uint8Array.of(0))));
      }
    }),
    check(`${one.name}: a repeated entry is refused`, () => {
      for (const entry of proof) refused([...proof, entry]);
    }),
    check(`${one.name}: an entry too many is refused`, () => {
      refused([...proof, Uint8Array.of(0x42, 0xaa, 0x04, 0xbb)]);
      refused([Uint8Array.of(1, 2, 3), ...proof]);
    }),
    check(`${one.name}: a missing entry never shows something else`, () => {
      for (const i of proof.keys()) saysNothingElse(proof.toSpliced(i, 1));
      refused([]);
    }),
    check(`${one.name}: another root is refused`, () => {
      assert.equal(verifyProof({ root: root.with(0, (root[0] ?? 0) ^ 1), proof }).ok, false);
    }),
  ];
}

function proofOf({ proofScaleVec, nodes }: ProofCase): readonly Uint8Array[] {
  if (proofScaleVec === undefined) return (nodes ?? []).map(fromHex);
  const decoded = decode(storageProof, fromHex(proofScaleVec));
  assert.ok(decoded.ok, "the proof is a Vec<Vec<u8>>");
  return decoded.value;
}

function verified(input: Parameters<typeof verifyProof>[0]): ProofView {
  const result = verifyProof(input);
  assert.ok(result.ok, result.ok ? "" : result.error.code);
  return result.value;
}

function shown(view: ProofView, key: Uint8Array): Uint8Array | undefined {
  const answer = view.get(key);
  assert.ok(answer.ok, "the proof shows the key");
  return answer.value;
}

function knownLeavesOf(leaf: OmittedLeaf | undefined, version: TrieVersion): KnownLeaf[] {
  if (leaf === undefined) return [];
  const key = fromHex(leaf.key);
  if (version === 1 && leaf.valueBlake2_256 !== undefined)
    return [{ key, known: { type: "value-hash", hash: fromHex(leaf.valueBlake2_256) } }];
  return [{ key, known: { type: "merkle-value", hash: fromHex(leaf.leafMerkleValue) } }];
}

function entriesOf(entries: readonly HexEntry[]): (readonly [Uint8Array, Uint8Array])[] {
  return entries.map(([key, value]) => [fromHex(key), fromHex(value)] as const);
}

function check(name: string, body: () => void): VectorCase {
  return {
    name,
    run() {
      body();
      return undefined;
    },
  };
}

function sameHex(actual: Uint8Array, expected: Hex, message?: string): void {
  assert.equal(toHex(actual), expected, message);
}

function hexOrNull(bytes: Uint8Array | undefined): Hex | null {
  return bytes === undefined ? null : toHex(bytes);
}

function isEvery(cases: readonly unknown[], ...fields: readonly string[]): boolean {
  return cases.length > 0 && cases.every((one) => fields.every((field) => hasOne(one, field)));
}

function hasOne(one: unknown, ...fields: readonly string[]): boolean {
  return typeof one === "object" && one !== null && fields.some((field) => field in one);
}
