/**
 * Asks the chain whose a key was: the present state first, then states of the session of the equivocation, because only
 * these know its keys. The chain checks what they answer against the roots that it keeps.
 *
 * **Bounds**: a binary search over the heights of the best chain, four states at most asked for a proof. **Trust**: the
 * states are this node's own; one that it does not have, or has no more, counts as older than all that it has.
 */
import { babePreDigestOf, type Header } from "@pha/consensus";
import { assert, bytes, concatBytes, decode, encode, option, u64 } from "@pha/scale";
import { createOverlay } from "@pha/state";
import type { Chain } from "../chain/chain.ts";
import type { NodeRuntime } from "../chain/node-runtime.ts";

export type Engine = "babe" | "grandpa";

export interface OwnerQuestion {
  readonly engine: Engine;
  /** Slot of two blocks, or set of two votes. */
  readonly at: bigint;
  readonly key: Uint8Array;
}

interface Source {
  readonly chain: Chain;
  readonly runtime: NodeRuntime;
}

const API: Readonly<Record<Engine, string>> = {
  babe: "BabeApi_generate_key_ownership_proof",
  grandpa: "GrandpaApi_generate_key_ownership_proof",
};
const OwnerProof = option(bytes);
const NO_ARGUMENTS = new Uint8Array(0);

/** Encoded proof; `undefined` when no state here has one. */
export function findOwnerProof(source: Source, question: OwnerQuestion): Uint8Array | undefined {
  const { chain, runtime } = source;
  const { engine, at, key } = question;
  for (const header of headersToAsk(source, question)) {
    if (!chain.hasStateOf(header)) continue;
    const overlay = createOverlay(chain.stateOf(header));
    const answer = runtime.runtimeApi(overlay, API[engine], concatBytes(encode(u64, at), key));
    const proof = answer.ok ? decode(OwnerProof, answer.value) : undefined;
    if (proof?.ok && proof.value !== undefined) return proof.value;
  }
  return undefined;
}

function* headersToAsk(source: Source, { engine, at }: OwnerQuestion): Generator<Header> {
  const { chain } = source;
  yield chain.best.header;
  const heights = engine === "babe" ? heightsOfSlot(source, at) : heightsOfSet(source, at);
  for (const height of heights) {
    const header = headerAt(chain, height);
    if (header) yield header;
  }
}

/** The session of a slot without a block is that of the block before or, at its beginning, of the one after. */
function heightsOfSlot({ chain }: Source, slot: bigint): readonly number[] {
  const last = lastHeight(chain, (header) => {
    const claim = babePreDigestOf(header);
    return !claim.ok || claim.value.value.slot <= slot;
  });
  return [last, last + 1];
}

/**
 * The last block before the next set, and the one that announced this set: if the next was announced later than its
 * session began, only the latter's session has the keys of this one.
 */
function heightsOfSet({ chain, runtime }: Source, setId: bigint): readonly number[] {
  const lastOf = (id: bigint) =>
    lastHeight(chain, (header) => {
      if (!chain.hasStateOf(header)) return true;
      const overlay = createOverlay(chain.stateOf(header));
      const answer = runtime.runtimeApi(overlay, "GrandpaApi_current_set_id", NO_ARGUMENTS);
      const current = answer.ok ? decode(u64, answer.value) : undefined;
      assert(current?.ok, "the runtime answers GrandpaApi_current_set_id");
      return current.value <= id;
    });
  return [lastOf(setId), setId === 0n ? 0 : lastOf(setId - 1n) + 1];
}

/** Greatest height of the best chain whose block is early; early blocks, and those not here, come first. */
function lastHeight(chain: Chain, isEarly: (header: Header) => boolean): number {
  let low = 0;
  let high = chain.best.number;
  while (low < high) {
    const middle = low + Math.ceil((high - low) / 2);
    const header = headerAt(chain, middle);
    if (header === undefined || isEarly(header)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function headerAt(chain: Chain, height: number): Header | undefined {
  const hash = chain.hashAt(height);
  return hash && chain.header(hash);
}
