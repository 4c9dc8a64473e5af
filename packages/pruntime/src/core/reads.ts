/**
 * Reads of chain state with proofs: the core asks, the host answers, the proof decides.
 *
 * **Bounds**: `MAX_READS` outstanding, the oldest is given up; a refused or missing proof is asked again at a newer head
 * by whoever needs it.
 */
import type { BlockRef } from "@pha/protocol";
import { type Codec, decode } from "@pha/scale";
import { verifyProof } from "@pha/state";
import type { Output } from "./inputs.ts";

export const MAX_READS = 256;

/** Proven values of the keys that were asked for. */
export interface Proven {
  readonly block: BlockRef;
  /** Absent when the chain has none, or when it does not decode. */
  value<T>(item: { readonly key: Uint8Array; readonly codec: Codec<T> }): T | undefined;
  /** Whether the chain has a value there, whatever it is. */
  has(key: Uint8Array): boolean;
}

interface Read {
  readonly keys: readonly Uint8Array[];
  readonly block: BlockRef;
  readonly stateRoot: Uint8Array;
  readonly then: (proven: Proven | undefined) => readonly Output[];
}

export interface Reads {
  ask(
    at: { readonly block: BlockRef; readonly stateRoot: Uint8Array },
    keys: readonly Uint8Array[],
    then: (proven: Proven | undefined) => readonly Output[],
  ): readonly Output[];
  answer(id: number, proof: readonly Uint8Array[] | undefined): readonly Output[];
}

export function createReads(): Reads {
  const waiting = new Map<number, Read>();
  let nextId = 1;
  return {
    ask({ block, stateRoot }, keys, then) {
      const id = nextId++;
      waiting.set(id, { keys, block, stateRoot, then });
      const read: Output = { type: "read", id, block, keys };
      const [oldest] = waiting;
      if (waiting.size <= MAX_READS || oldest === undefined) return [read];
      waiting.delete(oldest[0]);
      return [...oldest[1].then(undefined), read];
    },
    answer(id, proof) {
      const read = waiting.get(id);
      if (read === undefined) return [];
      waiting.delete(id);
      if (proof === undefined) return read.then(undefined);
      const view = verifyProof({ root: read.stateRoot, proof });
      if (!view.ok) return read.then(undefined);
      // A proof that leaves keys out must not pass for their absence.
      if (!read.keys.every((key) => view.value.get(key).ok)) return read.then(undefined);
      return read.then({
        block: read.block,
        value({ key, codec }) {
          const bytes = view.value.get(key);
          if (!bytes.ok || bytes.value === undefined) return undefined;
          // Values outlive the proof: they are decoded from a copy.
          const decoded = decode(codec, bytes.value.slice());
          return decoded.ok ? decoded.value : undefined;
        },
        has(key) {
          const bytes = view.value.get(key);
          return bytes.ok && bytes.value !== undefined;
        },
      });
    },
  };
}
