/** A whole range: its root, and a proof for each leaf. */
import assert from "node:assert/strict";
import { mmrRoot, verifySimplifiedMmrProof } from "@pha/consensus";
import { fromHex, toHex } from "@pha/scale";
import { bigAt, hexAt, type Json, listAt, objectsAt, textAt } from "../consensus/json.ts";
import { flipped } from "../consensus/refusals.ts";
import type { VectorCase } from "../vector-case.ts";

export function mmrRange(json: Json): readonly VectorCase[] {
  const leaves = hashesAt(json, "leaves");
  return [
    {
      name: `root of ${leaves.length} leaves`,
      run: () => {
        assert.equal(toHex(mmrRoot(leaves) ?? new Uint8Array()), textAt(json, "rootHash"));
        return undefined;
      },
    },
    ...objectsAt(json, "proofs").map((item, i) => ({
      name: `proof of leaf ${i}`,
      run: () => {
        const proof = { items: hashesAt(item, "items"), order: bigAt(item, "order") };
        const root = hexAt(json, "rootHash");
        const leaf = leaves[i];
        assert(leaf, "there is a leaf for each proof");
        assert(verifySimplifiedMmrProof(proof, leaf, root).ok, "the proof verifies");
        assert(!verifySimplifiedMmrProof(proof, flipped(leaf, 3), root).ok, "another leaf");
        assert(!verifySimplifiedMmrProof(proof, leaf, flipped(root, 3)).ok, "another root");
        const order = proof.order ^ 1n;
        assert(!verifySimplifiedMmrProof({ ...proof, order }, leaf, root).ok, "another side");
        const items = proof.items.slice(1);
        assert(!verifySimplifiedMmrProof({ ...proof, items }, leaf, root).ok, "cut short");
        return undefined;
      },
    })),
  ];
}

export function hashesAt(json: Json, key: string): readonly Uint8Array[] {
  return listAt(json, key).map((item) => {
    assert(typeof item === "string", `${key} lists hex`);
    return fromHex(item);
  });
}
