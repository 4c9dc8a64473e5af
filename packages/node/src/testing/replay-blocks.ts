/** Entry of a bundle for tests: executes the blocks of a development chain anew, from its genesis state on. */
import { babePreDigestOf, decodeHeader } from "@pha/consensus";
import { verifySignature } from "@pha/frame";
import { createDevelopmentRuntime, DEVELOPMENT } from "@pha/runtime";
import { assert, toHex } from "@pha/scale";
import { applyChanges, createOverlay, EMPTY_ROOT, openTrie, type TrieChanges } from "@pha/state";
import { executeBlock } from "../chain/execute-block.ts";
import { inherentDataAt } from "../chain/inherent-data.ts";

export interface RecordedRun {
  readonly genesis: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
  /** From block 1 on. */
  readonly blocks: readonly { readonly header: Uint8Array; readonly body: readonly Uint8Array[] }[];
  readonly slotMs: number;
}

/** State roots in hex: of block 0, and of each block as it came out here. */
export function replay({ genesis, blocks, slotMs }: RecordedRun): readonly string[] {
  const runtime = createDevelopmentRuntime(DEVELOPMENT, {
    verifySignature,
    startTransition: () => undefined,
  });
  const nodes = new Map<string, Uint8Array>();
  const keep = (changes: TrieChanges): TrieChanges => {
    for (const { hash, bytes } of changes.inserted) nodes.set(toHex(hash), bytes);
    return changes;
  };
  const store = { getNode: (hash: Uint8Array) => nodes.get(toHex(hash)) };
  const empty = openTrie({ root: EMPTY_ROOT, version: 1, nodes: store });
  let state = keep(applyChanges(empty, genesis));
  const roots = [toHex(state.root)];
  for (const { header: encoded, body } of blocks) {
    const header = decodeHeader(encoded);
    assert(header.ok, "the block was imported once");
    const claim = babePreDigestOf(header.value);
    assert(claim.ok, "the block was claimed");
    const inherents = inherentDataAt((Number(claim.value.value.slot) + 1) * slotMs - 1);
    const parent = { state: state.trie, overlay: createOverlay(state.trie) };
    const executed = executeBlock(runtime, parent, header.value, body, inherents);
    assert(executed.ok, `block ${header.value.number} executes to the root in its header`);
    state = keep(executed.value.state);
    roots.push(toHex(state.root));
  }
  return roots;
}
