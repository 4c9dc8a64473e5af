/** Measured weights of System's calls. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  remark: weight(3_000_000n, 0n),
  remark_per_byte: weight(1_000n, 0n),
  remark_with_event: weight(10_000_000n, 0n),
  remark_with_event_per_byte: weight(4_500n, 0n),
  set_heap_pages: weight(25_000_000n, 0n),
  // Starting the new transition in a realm: about 0.1 s.
  set_code: weight(200_000_000_000n, 0n),
  authorize_upgrade: weight(35_000_000n, 0n),
  set_storage: weight(3_000_000n, 0n),
  set_storage_per_item: weight(25_000_000n, 0n),
  kill_storage: weight(3_000_000n, 0n),
  kill_storage_per_item: weight(25_000_000n, 0n),
  kill_prefix: weight(5_000_000n, 0n),
  kill_prefix_per_key: weight(30_000_000n, 100n),
});
