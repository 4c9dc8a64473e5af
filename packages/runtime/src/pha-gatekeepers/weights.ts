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
    /** The dearest of a run's messages among 31 seats: judging a complaint, 12.2 ms, before verifying a dealing, 10.6 ms. */
    dkg: weight(26_000_000_000n, 4_096n),
    dkg_per_byte: weight(1_000_000n, 1n),
    /** Of dealings that are added up: 31 with 16 each take 324 ms. */
    aggregate_per_commitment: weight(1_310_000_000n, 96n),
    key_release: weight(20_000_000_000n, 8_192n),
    block: weight(10_000_000n, 512n),
    /** Naming the keys of 128 clusters anew, eight former names each: 83 ms. */
    activate: weight(175_000_000_000n, 524_288n),
    /** End of a phase: clearing a run. */
    phase: weight(8_000_000_000n, 65_536n),
  },
);
