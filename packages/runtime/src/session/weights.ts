/** Measured weights of Session's calls, and of a session that begins. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED_NPOS } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED_NPOS, {
  set_keys: weight(910_000_000n, 480n),
  purge_keys: weight(130_000_000n, 320n),
  rotate: weight(300_000_000n, 640n),
  rotate_per_validator: weight(60_000_000n, 192n),
});
