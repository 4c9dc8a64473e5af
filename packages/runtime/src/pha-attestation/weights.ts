/** Measured weights of PhaAttestation. */
import type { EvidenceKind } from "@pha/attestation";
import { type Weight, weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(
  { ...MEASURED, date: "2026-11-30" },
  {
    add_measurement: weight(70_000_000n, 256n),
    remove_measurement: weight(90_000_000n, 256n),
    deny_platform: weight(110_000_000n, 256n),
    readmit_platform: weight(90_000_000n, 256n),
    /** Of the longest policy, as `pending`. */
    set_policy: weight(390_000_000n, 16_384n),
    add_signer: weight(45_000_000n, 256n),
    remove_signer: weight(45_000_000n, 256n),
    /** Of the longest list, and of the longest text. */
    submit_collateral: weight(8_000_000_000n, 98_304n),
    drop_collateral: weight(100_000_000n, 65_536n),
    change_entry: weight(100_000_000n, 1_024n),
    endorse_platform: weight(25_000_000n, 256n),
    withdraw_endorsement: weight(25_000_000n, 256n),
    block: weight(5_000_000n, 128n),
    /** A block in which a policy waits. */
    pending: weight(80_000_000n, 8_192n),
  },
);

/**
 * Of verifying and appraising evidence with the longest collateral; beside what registration writes. Twice the p75 of
 * processor time, on a busy machine.
 */
export const VERIFY: Readonly<Record<EvidenceKind, Weight>> = {
  Simulated: weight(500_000_000n, 16_384n),
  IntelSgxDcap: weight(20_000_000_000n, 163_840n),
  IntelTdxDcap: weight(20_000_000_000n, 163_840n),
  AmdSevSnp: weight(9_000_000_000n, 65_536n),
  AzureVtpm: weight(10_000_000_000n, 65_536n),
  AzureTdx: weight(22_000_000_000n, 163_840n),
  AwsNitro: weight(5_200_000_000n, 16_384n),
  AndroidKey: weight(6_000_000_000n, 24_576n),
  ArmCca: weight(4_000_000_000n, 16_384n),
  /** Never verified. */
  IntelSgxIas: weight(50_000_000n, 8_192n),
};
