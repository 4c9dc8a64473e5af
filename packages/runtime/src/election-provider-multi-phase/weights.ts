/**
 * Weights of submitted solutions, all for a full snapshot: how large it is is no argument of the calls.
 *
 * The machine was very busy: `weights.bench.ts` took 42 ms at least for a check, 91 ms in three of four cases, so the
 * check is twice the least and some more. An unsigned solution is checked by the rule of its call and by the call.
 */
import { weight, weightTable } from "@pha/frame";
import { MEASURED_NPOS } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED_NPOS, {
  submit: weight(300_000_000n, 2_048n),
  submit_unsigned: weight(210_000_000_000n, 600_000n),
  set_minimum_untrusted_score: weight(30_000_000n, 64n),
  set_emergency_election_result: weight(1_000_000_000n, 128n),
  governance_fallback: weight(290_000_000_000n, 600_000n),
  feasibility_check: weight(100_000_000_000n, 600_000n),
  create_snapshot: weight(30_000_000_000n, 600_000n),
  phase: weight(30_000_000n, 256n),
});
