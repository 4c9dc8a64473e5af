/** A commitment as a bridge's contract on Ethereum takes it: what is there is checked. */
import assert from "node:assert/strict";
import {
  type BeefyCommitment,
  beefyCommitmentHash,
  beefyMmrLeaf,
  beefyThreshold,
  binaryMerkleRoot,
  committedMmrRoot,
  verifySimplifiedMmrProof,
} from "@pha/consensus";
import { ecdsaRecover, ethereumAddress, keccak256 } from "@pha/crypto";
import { concatBytes, encode, toHex, utf8 } from "@pha/scale";
import {
  bigAt,
  hexAt,
  type Json,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
} from "../consensus/json.ts";
import { flipped } from "../consensus/refusals.ts";
import type { VectorCase } from "../vector-case.ts";
import { hashesAt } from "./mmr.ts";

export function bridgeCommitment(json: Json): readonly VectorCase[] {
  const params = objectAt(json, "params");
  const cases: VectorCase[] = [];
  if ("commitment" in params && "commitmentHash" in json)
    cases.push({
      name: "hash of the commitment",
      run: () => {
        const hash = beefyCommitmentHash(commitmentAt(params));
        assert.equal(toHex(hash), textAt(json, "commitmentHash"));
        return undefined;
      },
    });
  if ("leaf" in params && "leafProof" in params)
    cases.push({ name: "leaf under the committed root", run: () => checkLeaf(params) });
  if ("proofs" in params)
    cases.push({ name: "signatures and their validators", run: () => checkSignatures(params) });
  return cases;
}

function commitmentAt(params: Json): BeefyCommitment {
  const json = objectAt(params, "commitment");
  return {
    payload: objectsAt(json, "payload").map((item) => [
      utf8(textAt(item, "payloadID")),
      hexAt(item, "data"),
    ]),
    blockNumber: numberAt(json, "blockNumber"),
    validatorSetId: bigAt(json, "validatorSetID"),
  };
}

const RelayLeaf = beefyMmrLeaf(32);

function checkLeaf(params: Json): undefined {
  const json = objectAt(params, "leaf");
  const leaf = keccak256(
    encode(RelayLeaf, {
      version: numberAt(json, "version"),
      parentNumber: numberAt(json, "parentNumber"),
      parentHash: hexAt(json, "parentHash"),
      nextAuthoritySetId: bigAt(json, "nextAuthoritySetID"),
      nextAuthoritySetLength: numberAt(json, "nextAuthoritySetLen"),
      nextAuthoritySetRoot: hexAt(json, "nextAuthoritySetRoot"),
      extra: hexAt(json, "parachainHeadsRoot"),
    }),
  );
  const root = committedMmrRoot(commitmentAt(params));
  assert(root, "a root is committed to");
  const proof = { items: hashesAt(params, "leafProof"), order: bigAt(params, "leafProofOrder") };
  const verified = verifySimplifiedMmrProof(proof, leaf, root);
  assert(verified.ok, verified.ok ? "" : verified.error.code);
  assert(!verifySimplifiedMmrProof(proof, flipped(leaf, 0), root).ok, "another leaf");
  return undefined;
}

/** Each signature recovers the account named beside it, in the bitfield, all under one root of one set. */
function checkSignatures(params: Json): undefined {
  const proofs = objectsAt(params, "proofs");
  const hash = beefyCommitmentHash(commitmentAt(params));
  const claimed = "bitfield" in params ? bitsOf(listAt(params, "bitfield")) : undefined;
  const length = authorityCount(params, proofs);
  const roots = new Set<string>();
  for (const item of proofs) {
    const index = numberAt(item, "Index");
    const signature = concatBytes(
      hexAt(item, "R"),
      hexAt(item, "S"),
      Uint8Array.of(numberAt(item, "V")),
    );
    const key = ecdsaRecover(hash, signature);
    const address = key && ethereumAddress(key);
    const account = textAt(item, "Account").toLowerCase();
    assert.equal(toHex(address ?? new Uint8Array()), account, `signature of validator ${index}`);
    if (claimed) assert(claimed.has(index), `validator ${index} is in the bitfield`);
    const root = binaryMerkleRoot({
      proof: hashesAt(item, "Proof"),
      numberOfLeaves: BigInt(length),
      leafIndex: BigInt(index),
      leaf: hexAt(item, "Account"),
    });
    assert(root, `path of validator ${index} has the length of one`);
    roots.add(toHex(root));
  }
  assert.equal(roots.size, 1, "all validators are under one root");
  if (claimed) assert(claimed.size >= beefyThreshold(length), "enough validators claimed to sign");
  return undefined;
}

/** The set of the commitment is as large as the next one in all that is recorded, which the paths confirm. */
function authorityCount(params: Json, proofs: readonly Json[]): number {
  const next = numberAt(objectAt(params, "leaf"), "nextAuthoritySetLen");
  assert(proofs.length > 0 && proofs.every((item) => numberAt(item, "Index") < next));
  return next;
}

/** Words of 256 binary digits, the lowest bit last. */
function bitsOf(words: readonly unknown[]): ReadonlySet<number> {
  const bits = new Set<number>();
  for (const [word, digits] of words.entries()) {
    assert(typeof digits === "string" && /^[01]{256}$/.test(digits), "a word is 256 binary digits");
    for (let i = 0; i < 256; i++) if (digits[255 - i] === "1") bits.add(word * 256 + i);
  }
  return bits;
}
