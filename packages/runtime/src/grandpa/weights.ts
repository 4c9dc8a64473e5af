/** Measured weights of Grandpa's calls. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED_NPOS } from "../measured.ts";

/** Two signatures, and a thousand nominators of the offender at 0.1 ms each. */
const REPORT = weight(100_000_000_000n, 240_000n);

export const WEIGHTS = weightTable(MEASURED_NPOS, {
  report_equivocation: REPORT,
  report_equivocation_unsigned: REPORT,
});
