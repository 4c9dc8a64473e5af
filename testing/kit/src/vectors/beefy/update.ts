/** A signed commitment of a chain with few validators, and a leaf under the root it commits to. */
import assert from "node:assert/strict";
import {
  BeefyFinalityProof,
  BinaryMerkleProof,
  beefyCommitmentHash,
  beefyMmrLeaf,
  binaryMerkleRoot,
  committedMmrRoot,
  MmrProof,
  type SignedBeefyCommitment,
  verifyBeefyCommitment,
  verifyMmrProof,
} from "@pha/consensus";
import { ethereumAddress, keccak256 } from "@pha/crypto";
import { bytes, decode, encode, toHex, utf8ToText, vec } from "@pha/scale";
import { bigAt, hexAt, type Json, listAt, objectAt, textAt, toBig } from "../consensus/json.ts";
import { flipped } from "../consensus/refusals.ts";
import type { VectorCase } from "../vector-case.ts";
import { hashesAt } from "./mmr.ts";

export function signedUpdate(json: Json): readonly VectorCase[] {
  const expected = objectAt(json, "expected");
  const cases: VectorCase[] = [
    { name: "commitment decodes to what is expected", run: () => checkCommitment(json, expected) },
    { name: "signatures are the listed validators'", run: () => checkSignatures(json, expected) },
  ];
  if ("mmrProof" in json)
    cases.push({
      name: "leaves are under the committed root",
      run: () => checkLeaves(json, expected),
    });
  if ("authoritySetProofs" in json)
    cases.push({ name: "validators are under their root", run: () => checkAuthorities(json) });
  return cases;
}

function signedAt(json: Json): SignedBeefyCommitment {
  const encoded = hexAt(json, "finalityProof");
  const proof = decode(BeefyFinalityProof, encoded);
  assert(proof.ok, "the finality proof decodes");
  assert.equal(toHex(encode(BeefyFinalityProof, proof.value)), toHex(encoded));
  assert(!decode(BeefyFinalityProof, encoded.subarray(0, -1)).ok, "cut short is refused");
  return proof.value.value;
}

function checkCommitment(json: Json, expected: Json): undefined {
  const { commitment } = signedAt(json);
  assert.equal(BigInt(commitment.blockNumber), bigAt(expected, "blockNumber"));
  assert.equal(commitment.validatorSetId, bigAt(expected, "validatorSetId"));
  assert.deepEqual(
    commitment.payload.map(([id, data]) => [utf8ToText(id), toHex(data)]),
    listAt(expected, "payload"),
  );
  assert.equal(toHex(beefyCommitmentHash(commitment)), textAt(expected, "commitmentKeccak"));
  return undefined;
}

function checkSignatures(json: Json, expected: Json): undefined {
  const signed = signedAt(json);
  const set = { id: bigAt(expected, "validatorSetId"), authorities: hashesAt(json, "authorities") };
  const verified = verifyBeefyCommitment(signed, set);
  assert(verified.ok, verified.ok ? "" : verified.error.code);
  assert.deepEqual(
    verified.value,
    listAt(expected, "signers").map((one) => Number(toBig(one, "a signer"))),
  );
  const codeOf = (changed: SignedBeefyCommitment): string | undefined => {
    const result = verifyBeefyCommitment(changed, set);
    return result.ok ? undefined : result.error.code;
  };
  const { commitment, signatures } = signed;
  const other = { ...commitment, blockNumber: commitment.blockNumber + 1 };
  assert.equal(codeOf({ ...signed, commitment: other }), "beefy/bad-signature");
  const broken = signatures.map((one, i) => (i === 0 ? flipped(one, 9) : one));
  assert.equal(codeOf({ ...signed, signatures: broken }), "beefy/bad-signature");
  assert.equal(codeOf({ ...signed, signatures: signatures.slice(1) }), "beefy/bad-bitfield");
  return undefined;
}

function checkLeaves(json: Json, expected: Json): undefined {
  const encoded = hexAt(json, "mmrProof");
  const proof = decode(MmrProof, encoded);
  assert(proof.ok, "the proof decodes");
  if ("mmr" in expected) {
    const mmr = objectAt(expected, "mmr");
    assert.deepEqual(
      proof.value.leafIndices,
      listAt(mmr, "leafIndices").map((one) => toBig(one, "an index")),
    );
    assert.equal(proof.value.leafCount, bigAt(mmr, "leafCount"));
    assert.deepEqual(proof.value.items.map(toHex), listAt(mmr, "items"));
  }
  const leaves = decode(vec(bytes), hexAt(json, "mmrLeaves"));
  assert(leaves.ok, "the leaves decode");
  for (const leaf of leaves.value) {
    const extra = leaf.length - encode(beefyMmrLeaf(0), EMPTY_LEAF).length;
    assert(decode(beefyMmrLeaf(extra), leaf).ok, "a leaf decodes");
  }
  const root = committedMmrRoot(signedAt(json).commitment);
  assert(root, "a root is committed to");
  const hashes = leaves.value.map((leaf) => keccak256(leaf));
  const verified = verifyMmrProof(proof.value, hashes, root);
  assert(verified.ok, verified.ok ? "" : verified.error.code);
  assert(
    !verifyMmrProof(
      proof.value,
      hashes.map((one) => flipped(one, 1)),
      root,
    ).ok,
    "other leaves",
  );
  assert(!verifyMmrProof(proof.value, hashes, flipped(root, 1)).ok, "another root");
  const items = proof.value.items.slice(1);
  assert(!verifyMmrProof({ ...proof.value, items }, hashes, root).ok, "cut short");
  return undefined;
}

const EMPTY_LEAF = {
  version: 0,
  parentNumber: 0,
  parentHash: new Uint8Array(32),
  nextAuthoritySetId: 0n,
  nextAuthoritySetLength: 0,
  nextAuthoritySetRoot: new Uint8Array(32),
  extra: new Uint8Array(),
};

function checkAuthorities(json: Json): undefined {
  const addresses = hashesAt(json, "authorities").map((key) => ethereumAddress(key));
  for (const encoded of hashesAt(json, "authoritySetProofs")) {
    const proof = decode(BinaryMerkleProof, encoded);
    assert(proof.ok, "the proof decodes");
    const { root, leaf, leafIndex } = proof.value;
    assert.equal(toHex(leaf), toHex(addresses[Number(leafIndex)] ?? new Uint8Array()));
    assert.equal(toHex(binaryMerkleRoot(proof.value) ?? new Uint8Array()), toHex(root));
    const moved = { ...proof.value, leaf: flipped(leaf, 2) };
    assert.notEqual(toHex(binaryMerkleRoot(moved) ?? new Uint8Array()), toHex(root));
  }
  return undefined;
}
