/** Measured weights of PhaGatekeepers; points of BLS12-381 are what costs. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(
  { ...MEASURED, date: "2026-11-29" },
  {
    /** 31 names that replace 31, all with a gatekeeper. */
    set_operators: weight(2_100_000_000n, 16_384n),
    /** Naming the cluster anew, and retiring six generations. */
    give_up_cluster: weight(400_000_000n, 16_384n),
    new_generation: weight(700_000_000n, 8_192n),
    /** The dearest of a run's messages with one seat: verifying a dealing, or adding dealings up. */
    dkg: weight(30_000_000_000n, 4_096n),
    /** For each byte of a dealing: its commitments and proofs are checked one by one. */
    dkg_per_byte: weight(60_000_000n, 1n),
    key_release: weight(95_000_000_000n, 8_192n),
    block: weight(10_000_000n, 512n),
    /** End of a phase: clearing a run, or activating a generation. */
    phase: weight(8_000_000_000n, 65_536n),
  },
);
