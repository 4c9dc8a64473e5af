/**
 * Measured weights of what every block and every extrinsic costs beside its call.
 *
 * An extrinsic's signature is not in its weight: it is verified once, when the pool takes it, and remembered. A block
 * of transactions that the importer never saw costs it up to 0.25 ms more for each.
 */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "./measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  /** Initialize and finalize of an empty block: a dozen keys. */
  base_block: weight(500_000_000n, 1_024n),
  /** Decoding, nonce, fee, event: the sender's account, and those of treasury and author once in a block. */
  base_extrinsic: weight(60_000_000n, 240n),
});
