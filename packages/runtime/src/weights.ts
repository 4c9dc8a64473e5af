/** Measured weights of what every block and every extrinsic costs beside its call. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "./measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  /** Initialize and finalize of an empty block. */
  base_block: weight(1_000_000_000n, 0n),
  /** Decoding, signature, nonce and fee of an extrinsic whose call does nothing. */
  base_extrinsic: weight(150_000_000n, 0n),
});
