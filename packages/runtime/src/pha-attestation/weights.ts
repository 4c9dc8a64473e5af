/** Measured weights of PhaAttestation. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(
  { ...MEASURED, date: "2026-11-29" },
  {
    add_measurement: weight(25_000_000n, 256n),
    remove_measurement: weight(25_000_000n, 256n),
    deny_platform: weight(45_000_000n, 256n),
    readmit_platform: weight(45_000_000n, 256n),
    /** Of the longest policy, as `pending`. */
    set_policy: weight(300_000_000n, 16_384n),
    add_signer: weight(25_000_000n, 256n),
    remove_signer: weight(25_000_000n, 256n),
    /** Of the longest list, and of the longest text. */
    submit_collateral: weight(10_000_000_000n, 262_144n),
    drop_collateral: weight(100_000_000n, 131_072n),
    change_entry: weight(100_000_000n, 1_024n),
    block: weight(5_000_000n, 128n),
    /** A block in which a policy waits. */
    pending: weight(80_000_000n, 8_192n),
  },
);
