/**
 * Receipts of opened fields (protocol §9): what the caller of a query keeps, to prove later, without any network, what
 * stood in the state of a contract.
 *
 * ```
 * genesis ── set changes ──► finalized header ── headers ──► block of the answer ──► replicas, contract, cluster's root
 *  voters     justified                                        read proof                                ▲
 *                                        each field: value, salt, path ──► leaf ── proof ────────────────┘
 * ```
 * Each field stands by itself: any may be taken away, and what is left proves as much as before.
 *
 * **Bounds**: those of a command's receipt (`receipt.ts`) and of opened fields (`opened-field.ts`).
 */
import { type CodecType, checked, struct, vec } from "@pha/scale";
import { Ed25519Key, Hash } from "./ids.ts";
import { MAX_OPENED_FIELDS, OpenedField, TrieStanding } from "./opened-field.ts";
import { EncodedHeader, MAX_RECEIPT_BLOCKS, receiptVersion, WAY_FROM_GENESIS } from "./receipt.ts";
import { ReadProof } from "./sync.ts";

/** Version 1; receipts of commands have numbers below 128. */
export const STATE_RECEIPT_VERSION = 0x81;

export const StateReceipt = struct({
  version: receiptVersion(STATE_RECEIPT_VERSION),
  ...WAY_FROM_GENESIS,
  /** From the block of the answer to the one before the last of `headers`, contiguous, ascending; none if it is that one. */
  blocks: vec(EncodedHeader, MAX_RECEIPT_BLOCKS),
  cluster: Hash,
  contract: Hash,
  /** Replica that signed the fields. */
  boot: Ed25519Key,
  /** Records of cluster and contract, and the cluster's root, under the state root of the answer's block. */
  stateProof: ReadProof,
  state: TrieStanding,
  fields: checked(vec(OpenedField, MAX_OPENED_FIELDS), (fields) => fields.length > 0),
});
export type StateReceipt = CodecType<typeof StateReceipt>;

/** The same receipt with some of its fields. @param kept indexes of at least one */
export function keepFields(receipt: StateReceipt, kept: readonly number[]): StateReceipt {
  return { ...receipt, fields: receipt.fields.filter((_, index) => kept.includes(index)) };
}
