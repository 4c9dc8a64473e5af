/** Measured weights of PhalaComputation. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  bond_worker: weight(100_000_000n, 1_024n),
  unbond_worker: weight(40_000_000n, 512n),
  withdraw_bond: weight(100_000_000n, 1_024n),
});
