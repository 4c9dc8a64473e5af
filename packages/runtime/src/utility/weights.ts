/** Measured weights of Utility's own part of its calls; the calls inside add theirs. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  batch: weight(4_000_000n, 0n),
  batch_per_call: weight(3_000_000n, 0n),
});
