/**
 * Verifies a receipt of opened fields from the genesis hash up, without any network (protocol §9).
 *
 * **Trust**: the receipt is hostile; assumed is what a light client assumes of the voters, and that the chain makes no root
 * final without its majority. That the value is in the final state under its path is proven. That the path is this key of
 * this contract is the word of the replica named in it, which the chain had assigned to the cluster at that block.
 */
import { decodeHeader, type Header, headerHash } from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import {
  type BlockRef,
  type Cluster,
  type Contract,
  STORAGE,
  StateReceipt,
  type StorageValue,
} from "@pha/protocol";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { verifyProof } from "@pha/state";
import {
  type FieldContext,
  type FieldError,
  type VerifiedField,
  verifyField,
  verifyTrieRoot,
} from "./verify-field.ts";
import { type FinalityError, openReceipt, shown, verifyFinality } from "./verify-finality.ts";

/** Why who answered is not shown to have been a replica of the contract. */
export type StandingError =
  /** A proof does not belong under its state root, or does not show what it is for. */
  | { readonly code: "receipt/bad-proof"; readonly of: "state" }
  /** The contract is another cluster's. */
  | { readonly code: "receipt/other-cluster" }
  /** The boot that signed was not assigned to the cluster. */
  | { readonly code: "receipt/not-a-replica" };

/** Why bytes are no receipt of state. */
export type StateReceiptError =
  | FinalityError
  | StandingError
  /** The headers do not lead from the finalized one to that of the answer. */
  | { readonly code: "receipt/other-block" }
  /** `field`: its place in the receipt. */
  | (FieldError & { readonly field?: number });

/** What a receipt of opened fields proves. */
export interface VerifiedStateReceipt {
  readonly contract: Uint8Array;
  readonly codeHash: Uint8Array;
  readonly cluster: Uint8Array;
  /** Replica that signed that the fields are this contract's. */
  readonly boot: Uint8Array;
  readonly worker: Uint8Array;
  /** Finalized block at which the root was the newest final one. */
  readonly at: BlockRef;
  /** Block of the newest commands that the root holds. */
  readonly stateBlock: BlockRef;
  readonly root: Uint8Array;
  readonly index: bigint;
  /** Finalized block that leads there. */
  readonly finalized: BlockRef;
  readonly fields: readonly VerifiedField[];
}

/**
 * What a receipt of state proves, for whoever knows the genesis hash; needs no network.
 *
 * @param trusted all that is believed beforehand
 */
export function verifyStateReceipt(
  encoded: Uint8Array,
  { genesisHash }: { readonly genesisHash: Uint8Array },
): Result<VerifiedStateReceipt, StateReceiptError> {
  const claimed = openReceipt(StateReceipt, encoded, genesisHash);
  if (!claimed.ok) return claimed;
  const { receipt, head } = claimed.value;
  const answered = answeredAt(receipt, head);
  if (!answered.ok) return answered;
  const proven = provenState(receipt, answered.value);
  if (!proven.ok) return proven;
  const { contract, cluster, boot } = receipt;
  const { record, replica, final } = proven.value;
  const { root, block, index } = final;
  const context = { genesisHash, cluster, contract, root, block, boot };
  const fields = verifyFields(receipt, context);
  if (!fields.ok) return fields;
  // Signatures of voters, the dear part, are checked when nothing else is wrong.
  const finality = verifyFinality(receipt);
  if (!finality.ok) return finality;
  return ok({
    contract,
    codeHash: record.codeHash,
    cluster,
    boot,
    worker: replica.identity,
    at: { number: answered.value.number, hash: headerHash(answered.value) },
    stateBlock: block,
    root,
    index,
    finalized: { number: head.number, hash: headerHash(head) },
    fields: fields.value,
  });
}

/** Headers bound to each other by their hashes, the newest by the finalized one. */
export function answeredAt(
  { blocks }: Pick<StateReceipt, "blocks">,
  head: Header,
): Result<Header, { readonly code: "receipt/other-block" }> {
  let oldest = head;
  for (const encoded of blocks.toReversed()) {
    const header = decodeHeader(encoded);
    if (!header.ok || !equalBytes(blake2b256(encoded), oldest.parentHash))
      return fail({ code: "receipt/other-block" });
    oldest = header.value;
  }
  return ok(oldest);
}

/** What the block of an answer says of who answered. */
export interface ProvenState {
  readonly record: Contract;
  readonly replica: Cluster["replicas"][number];
  readonly final: StorageValue<typeof STORAGE.root>;
}

export function provenState(
  {
    cluster,
    contract,
    boot,
    stateProof,
  }: Pick<StateReceipt, "cluster" | "contract" | "boot" | "stateProof">,
  { stateRoot }: Header,
): Result<ProvenState, StandingError> {
  const bad = fail({ code: "receipt/bad-proof", of: "state" } as const);
  const view = verifyProof({ root: stateRoot, proof: stateProof });
  if (!view.ok) return bad;
  const { contract: contracts, cluster: clusters, root: roots } = STORAGE;
  const record = shown(view.value, { key: contracts.key(contract), value: contracts.value });
  const members = shown(view.value, { key: clusters.key(cluster), value: clusters.value });
  const final = shown(view.value, { key: roots.key(cluster), value: roots.value });
  if (record === undefined || members === undefined || final === undefined) return bad;
  if (!equalBytes(record.cluster, cluster)) return fail({ code: "receipt/other-cluster" });
  const replica = members.replicas.find((one) => equalBytes(one.boot, boot));
  return replica ? ok({ record, replica, final }) : fail({ code: "receipt/not-a-replica" });
}

function verifyFields(
  { state, fields }: StateReceipt,
  context: FieldContext,
): Result<readonly VerifiedField[], StateReceiptError> {
  const leads = verifyTrieRoot(context, state);
  if (!leads.ok) return leads;
  const verified: VerifiedField[] = [];
  for (const [index, field] of fields.entries()) {
    const one = verifyField(context, state.trieRoot, field);
    if (!one.ok) return fail({ ...one.error, field: index });
    verified.push(one.value);
  }
  return ok(verified);
}
