/** Measured weights of PhalaRegistry. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  register_worker_v2: weight(700_000_000n, 24_576n),
  lift_suspension: weight(30_000_000n, 512n),
  heartbeat: weight(30_000_000n, 512n),
});
