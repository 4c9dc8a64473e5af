/** Measured weights of System's calls. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  remark: weight(5_000_000n, 0n),
  remark_per_byte: weight(100n, 0n),
  remark_with_event: weight(15_000_000n, 0n),
  remark_with_event_per_byte: weight(5_000n, 0n),
  set_heap_pages: weight(10_000_000n, 0n),
  set_code: weight(500_000_000n, 0n),
  set_storage: weight(5_000_000n, 0n),
  set_storage_per_item: weight(5_000_000n, 0n),
  kill_storage: weight(5_000_000n, 0n),
  kill_storage_per_item: weight(5_000_000n, 0n),
  kill_prefix: weight(10_000_000n, 0n),
  kill_prefix_per_key: weight(5_000_000n, 100n),
});
