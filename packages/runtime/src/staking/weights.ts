/** Measured weights of Staking's calls, and of an election. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED_NPOS } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED_NPOS, {
  bond: weight(210_000_000n, 480n),
  bond_extra: weight(210_000_000n, 400n),
  unbond: weight(100_000_000n, 480n),
  withdraw_unbonded: weight(230_000_000n, 640n),
  validate: weight(120_000_000n, 400n),
  nominate: weight(140_000_000n, 480n),
  nominate_per_target: weight(6_000_000n, 48n),
  chill: weight(115_000_000n, 320n),
  set_payee: weight(40_000_000n, 240n),
  set_controller: weight(20_000_000n, 160n),
  set_validator_count: weight(30_000_000n, 32n),
  force_eras: weight(30_000_000n, 32n),
  set_invulnerables: weight(30_000_000n, 64n),
  set_invulnerables_per_account: weight(1_000_000n, 0n),
  force_unstake: weight(260_000_000n, 800n),
  cancel_deferred_slash: weight(40_000_000n, 640n),
  cancel_deferred_slash_per_slash: weight(6_000_000n, 640n),
  payout_stakers: weight(160_000_000n, 1_280n),
  payout_stakers_per_nominator: weight(1_400_000_000n, 480n),
  rebond: weight(50_000_000n, 400n),
  reap_stash: weight(260_000_000n, 640n),
  kick: weight(30_000_000n, 240n),
  kick_per_nominator: weight(110_000_000n, 480n),
  set_min_commission: weight(30_000_000n, 32n),
  set_slash_reward: weight(30_000_000n, 32n),
  set_bonds: weight(50_000_000n, 64n),
  set_era_payout: weight(30_000_000n, 32n),
  plan_era_per_voter: weight(430_000_000n, 480n),
});
