/**
 * Makes a receipt of what a query opened: the answer has the fields, a node the proofs around them.
 *
 * **Trust**: the node is not trusted; what comes out is verified as any receipt is before it is given.
 */
import {
  type BlockRef,
  type OpenedFields,
  STATE_RECEIPT_VERSION,
  STORAGE,
  StateReceipt,
} from "@pha/protocol";
import { encode, PhaError } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import { collectFinality, collectHeaders, collectProof } from "./collect-proofs.ts";
import { type VerifiedStateReceipt, verifyStateReceipt } from "./verify-state-receipt.ts";

/** The entries that a receipt of state is made of. */
export interface StateReceiptInput {
  readonly contract: Uint8Array;
  readonly cluster: Uint8Array;
  /** Replica that answered. */
  readonly boot: Uint8Array;
  /** Finalized block of the answer. */
  readonly block: BlockRef;
  readonly opened: OpenedFields;
}

/** A receipt of state, and what it proves. */
export interface MadeStateReceipt {
  readonly bytes: Uint8Array;
  readonly verified: VerifiedStateReceipt;
}

/** Collects a receipt of single entries of a contract's state, with the proofs that they need. */
export async function makeStateReceipt(
  { rpc, genesisHash }: Pick<Chain, "rpc" | "genesisHash">,
  { contract, cluster, boot, block, opened }: StateReceiptInput,
): Promise<MadeStateReceipt> {
  const { proof, last } = await collectFinality(rpc, block.number);
  const between = last.number - block.number;
  const receipt: StateReceipt = {
    version: STATE_RECEIPT_VERSION,
    ...proof,
    blocks: between > 0 ? await collectHeaders(rpc, block.number, last.number - 1) : [],
    cluster,
    contract,
    boot,
    stateProof: await collectProof(rpc, block.hash, [
      STORAGE.contract.key(contract),
      STORAGE.cluster.key(cluster),
      STORAGE.root.key(cluster),
    ]),
    ...opened,
  };
  const bytes = encode(StateReceipt, receipt);
  const verified = verifyStateReceipt(bytes, { genesisHash });
  if (verified.ok) return { bytes, verified: verified.value };
  throw new PhaError(
    "receipt/not-made",
    `the node's proofs make no receipt: ${verified.error.code}`,
    {
      facts: { reason: verified.error.code, block: block.number },
      hint: "Ask again; if it stays so, use a node that keeps the states of the newest blocks.",
    },
  );
}
