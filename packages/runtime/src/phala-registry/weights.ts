/** Measured weights of PhalaRegistry. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  register_worker_v2: weight(550_000_000n, 16_384n),
  lift_suspension: weight(30_000_000n, 512n),
  heartbeat: weight(30_000_000n, 512n),
});
