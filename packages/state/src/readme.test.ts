import { utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import {
  applyChanges,
  createOverlay,
  createProof,
  EMPTY_ROOT,
  MemoryNodes,
  openTrie,
  verifyProof,
} from "./index.ts";

test("the example of the README does what it says", () => {
  const nodes = new MemoryNodes();
  const genesis = openTrie({ root: EMPTY_ROOT, version: 1, nodes });
  const overlay = createOverlay(genesis);
  overlay.put(utf8("alice"), utf8("100"));
  overlay.begin();
  overlay.put(utf8("alice"), undefined);
  overlay.rollback();
  const block = applyChanges(genesis, overlay.changes());
  nodes.apply(block);
  const state = openTrie({ root: block.root, version: 1, nodes });
  const proof = createProof(state, [utf8("alice"), utf8("bob")]);
  const shown = verifyProof({ root: block.root, proof });
  if (!shown.ok) throw new Error(shown.error.code);
  expect(shown.value.get(utf8("alice"))).toEqual({ ok: true, value: utf8("100") });
  expect(shown.value.get(utf8("bob"))).toEqual({ ok: true, value: undefined });
});
