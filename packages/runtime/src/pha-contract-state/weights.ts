/** Measured weights of PhaContractState. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(
  { ...MEASURED, date: "2026-11-30" },
  {
    /** Two signatures, the tally, what becomes final, and a panel that is drawn. */
    commit: weight(3_000_000_000n, 196_608n),
    commit_per_byte: weight(15_000n, 1n),
    /** Announced when it is named, looked at in each tally, let go with a vote that was in vain. */
    commit_per_blob: weight(60_000_000n, 1_024n),
    snapshot_vote: weight(500_000_000n, 65_536n),
    /** As a vote that makes a root final: a receipt may be what it waited for. */
    storage_receipt: weight(1_700_000_000n, 65_536n),
    receipt_per_blob: weight(35_000_000n, 1_024n),
    prune: weight(10_000_000n, 256n),
    prune_per_step: weight(70_000_000n, 65_536n),
    release_per_blob: weight(30_000_000n, 1_024n),
    name_root: weight(4_000_000_000n, 524_288n),
    block: weight(10_000_000n, 256n),
    per_watched: weight(15_000_000n, 1_024n),
  },
);
