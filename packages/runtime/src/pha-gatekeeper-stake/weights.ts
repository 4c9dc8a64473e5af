/** Measured weights of PhaGatekeeperStake by `gatekeeper-weights.bench.ts`, of full sizes and beside other work. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(
  { ...MEASURED, date: "2026-11-29" },
  {
    bond: weight(100_000_000n, 1_024n),
    unbond: weight(40_000_000n, 1_024n),
    withdraw: weight(90_000_000n, 1_024n),
    stand: weight(60_000_000n, 1_024n),
    nominate: weight(180_000_000n, 4_096n),
    chill: weight(90_000_000n, 1_024n),
    approve: weight(60_000_000n, 1_024n),
    revoke: weight(1_300_000_000n, 16_384n),
    set_seats: weight(70_000_000n, 512n),
    /** To 256 nominators. */
    payout: weight(21_000_000_000n, 131_072n),
    /** Of 256 nominators. */
    slash: weight(43_000_000_000n, 131_072n),
    block: weight(30_000_000n, 512n),
    /** One operator's lease. */
    sample: weight(12_000_000n, 1_024n),
    end_term: weight(2_500_000_000n, 65_536n),
    /** 64 candidates and 256 nominators with 16 names each. */
    election: weight(190_000_000_000n, 524_288n),
  },
);
