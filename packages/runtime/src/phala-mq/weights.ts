/** Measured weights of PhalaMq. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  /** Signature, order, event; the handler's weight comes on top. */
  sync_offchain_message: weight(190_000_000n, 512n),
  push_message: weight(30_000_000n, 512n),
  force_push_pallet_message: weight(30_000_000n, 512n),
  per_byte: weight(24_000n, 0n),
  /** Writing the block's messages at its end, and removing those of the block before. */
  flush: weight(50_000_000n, 512n),
});
