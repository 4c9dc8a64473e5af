/** Measured weights of PhalaRegistry. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  register_worker_v2: weight(400_000_000n, 16_384n),
  lift_suspension: weight(20_000_000n, 512n),
  heartbeat: weight(40_000_000n, 512n),
});
