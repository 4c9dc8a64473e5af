/** Measured weights of PhalaPhatContracts. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(
  { ...MEASURED, date: "2026-11-30" },
  {
    add_cluster: weight(100_000_000n, 2_048n),
    upload_code: weight(80_000_000n, 512n),
    upload_code_per_byte: weight(350_000n, 0n),
    instantiate: weight(170_000_000n, 40_960n),
    push_command: weight(225_000_000n, 1_024n),
    push_command_per_byte: weight(2_000n, 0n),
    transfer_ownership: weight(35_000_000n, 512n),
    set_open: weight(35_000_000n, 512n),
    drain_worker: weight(340_000_000n, 24_576n),
    set_replication: weight(1_400_000_000n, 65_536n),
    /** Among as many candidates as may wait, for a free seat or one that must be made. */
    draw: weight(1_650_000_000n, 65_536n),
    /** With the last cluster's handover, which retires up to six generations. */
    cluster_keys: weight(800_000_000n, 8_192n),
    cluster_keys_per_byte: weight(1_000_000n, 16n),
    /** As long as the list of openings may be. */
    audit_opening: weight(220_000_000n, 40_960n),
    key_request: weight(1_000_000_000n, 2_048n),
    /** Forgetting one command id whose expiry is over. */
    forget_command: weight(25_000_000n, 96n),
    /** A former name: looked at in every block, closed once. */
    per_former: weight(240_000_000n, 512n),
    rotate_state_key: weight(220_000_000n, 8_192n),
    rotation_look: weight(30_000_000n, 512n),
    /** With the replicas of one cluster looked at. */
    block: weight(150_000_000n, 16_384n),
  },
);
