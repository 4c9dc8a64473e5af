/**
 * Entries that a contract's query opened: read from the final state, proven up to its root, and each signed (protocol §9).
 *
 * **Bounds**: `MAX_OPENED_FIELDS`, `MAX_OPENED_BYTES`. **Trust**: which keys are opened is the contract's word, brought by
 * a process that runs hostile code; values come from our own state, and only from the contract that was asked.
 */
import { ed25519Sign } from "@pha/crypto";
import {
  type BlockRef,
  fieldPayload,
  MAX_OPENED_BYTES,
  MAX_OPENED_FIELDS,
  type OpenedField,
  type OpenedFields,
} from "@pha/protocol";
import { toHex } from "@pha/scale";
import type { FinalView } from "./cluster-store.ts";

export interface OpeningInput {
  readonly genesisHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly contract: Uint8Array;
  /** Block of the final root's commands. */
  readonly block: BlockRef;
  readonly keys: readonly Uint8Array[];
  readonly bootSeed: Uint8Array;
}

/** Nothing when an entry is not there, named twice, or the bounds do not hold: no sound engine says so. */
export function openFields(
  { root, previousRoot, trieRoot, prove }: FinalView,
  { genesisHash, cluster, contract, block, keys, bootSeed }: OpeningInput,
): OpenedFields | undefined {
  if (keys.length > MAX_OPENED_FIELDS || new Set(keys.map(toHex)).size < keys.length)
    return undefined;
  const fields: OpenedField[] = [];
  let bytes = 0;
  for (const key of keys) {
    const proven = prove(contract, key);
    if (proven === undefined) return undefined;
    const { value, path, salt } = proven.entry;
    bytes += key.length + value.length;
    if (bytes > MAX_OPENED_BYTES) return undefined;
    const entry = { key, value, path, salt };
    const statement = { genesisHash, cluster, contract, block, root, ...entry };
    const signature = ed25519Sign(bootSeed, fieldPayload(statement));
    fields.push({ ...entry, proof: proven.proof, signature });
  }
  return { state: { previousRoot, trieRoot }, fields };
}
