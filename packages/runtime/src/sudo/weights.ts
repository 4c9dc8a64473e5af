/** Measured weights of Sudo's own part of its calls; the call inside adds its own. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  sudo: weight(10_000_000n, 32n),
  set_key: weight(35_000_000n, 32n),
});
