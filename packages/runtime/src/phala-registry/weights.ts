/** Measured weights of PhalaRegistry. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  register_worker_v2: weight(700_000_000n, 24_576n),
  lift_suspension: weight(30_000_000n, 512n),
  set_minimum_pruntime_version: weight(90_000_000n, 1_024n),
  freeze_admissions: weight(30_000_000n, 256n),
  resume_admissions: weight(30_000_000n, 256n),
  /** A block without a pass. */
  sweep: weight(25_000_000n, 256n),
  /** A worker that is looked at; its evidence, where it is verified again, comes on top. */
  look: weight(80_000_000n, 20_480n),
  /** What a new grade writes, or the loss of one with its seat. */
  regrade: weight(350_000_000n, 8_192n),
  heartbeat: weight(30_000_000n, 512n),
});
