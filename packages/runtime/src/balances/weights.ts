/**
 * Measured weights of Balances' calls. A transfer's is below the rule of the tables: with its base it stands for 100 µs,
 * and a block of 1,000 takes 67 µs for each, trie and database included (`bench/src/block-import.bench.ts`).
 */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  transfer_allow_death: weight(40_000_000n, 160n),
  transfer_keep_alive: weight(40_000_000n, 160n),
  transfer_all: weight(45_000_000n, 160n),
  force_transfer: weight(60_000_000n, 160n),
  force_unreserve: weight(30_000_000n, 160n),
  upgrade_accounts: weight(3_000_000n, 0n),
  upgrade_accounts_per_account: weight(100_000n, 0n),
  force_set_balance: weight(110_000_000n, 96n),
  force_adjust_total_issuance: weight(30_000_000n, 32n),
  burn: weight(40_000_000n, 96n),
});
