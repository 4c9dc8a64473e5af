/**
 * Measurement behind the weight tables of Staking and Session; see `weights.bench.ts` for the rule.
 *
 * Each row dispatches one call in its dearest case, on an overlay above a state in memory, and rolls it back.
 */
import { addressOf, type Call, type Origin, ROOT, signedBy } from "@pha/frame";
import { bench, describe } from "vitest";
import { PHA } from "./parameters.ts";
import { Session } from "./session/index.ts";
import { babeReport, grandpaReport } from "./testing/equivocations.ts";
import { sessionKeysOf, startStakingChain } from "./testing/staking-chain.ts";

const OPTIONS = { time: 200, warmupTime: 50 };
const world = startStakingChain();
const { chain, tx, account } = world;
const { runtime, overlay } = chain;
const staked = { type: "Staked", value: undefined } as const;
const prefs = { commission: 0n, blocked: false };
const names = Array.from({ length: 64 }, (_, i) => `//Eve//nominator-${i}`);

/** Set-up that must succeed. */
function did(uri: string, call: Call): void {
  const error = world.as(uri, call);
  if (error) throw new Error(`${call.pallet}.${call.name} failed: ${error.type}`);
}

for (const name of names) {
  did(
    "//Ferdie",
    tx.Balances.transfer_keep_alive({ dest: world.address(name), value: 100n * PHA }),
  );
  did(name, tx.Staking.bond({ value: 50n * PHA, payee: staked }));
  did(name, tx.Staking.nominate({ targets: [world.address("//Alice")] }));
}
did("//Bob", tx.Staking.unbond({ value: PHA }));
did("//Eve", tx.Staking.bond({ value: 1_000n * PHA, payee: staked }));
for (let i = 0; i < 90; i++) chain.block([], 1_001n + BigInt(i), 0);
const era = (world.staking().storage.ActiveEra.get()?.index ?? 1) - 1;
if (world.staking().storage.ErasStakersOverview.get(era, account("//Alice"))?.nominatorCount !== 64)
  throw new Error("the page is full");
const slash = {
  validator: account("//Dave"),
  own: 1n,
  others: [],
  reporters: [],
  payout: 0n,
};
world.staking().storage.UnappliedSlashes.put(
  900,
  Array.from({ length: 100 }, () => slash),
);

function row(name: string, origin: Origin, call: () => Call, mayFail?: "fails"): void {
  const env = runtime.env(overlay);
  overlay.begin();
  const outcome = env.dispatch(call(), origin);
  overlay.rollback();
  if (!outcome.ok && mayFail === undefined) throw new Error(`${name} fails: ${outcome.error.type}`);
  bench(
    name,
    () => {
      overlay.begin();
      env.dispatch(call(), origin);
      overlay.rollback();
      env.events.length = 0;
      env.digest.length = 1;
    },
    OPTIONS,
  );
}

const by = (uri: string): Origin => signedBy(account(uri));
const value = PHA;

describe("Session", () => {
  const keys = sessionKeysOf("//Eve//1", account("//Eve"));
  row("set_keys", by("//Eve"), () => tx.Session.set_keys(keys));
  row("purge_keys", by("//Alice"), () => tx.Session.purge_keys());
});

describe("Staking", () => {
  row("bond", by("//Ferdie"), () => tx.Staking.bond({ value, payee: staked }));
  row("bond_extra", by("//Alice"), () => tx.Staking.bond_extra({ maxAdditional: value }));
  row("unbond", by("//Alice"), () => tx.Staking.unbond({ value }));
  row("withdraw_unbonded", by("//Bob"), () =>
    tx.Staking.withdraw_unbonded({ numSlashingSpans: 0 }),
  );
  row("validate", by("//Eve"), () => tx.Staking.validate({ prefs }));
  const one = [world.address("//Alice")];
  const validators = ["//Alice", "//Bob", "//Charlie", "//Dave"].map(world.address);
  row("nominate, 1", by("//Eve"), () => tx.Staking.nominate({ targets: one }));
  row("nominate, 4", by("//Eve"), () => tx.Staking.nominate({ targets: validators }));
  row("chill", by("//Alice"), () => tx.Staking.chill());
  row("set_payee", by("//Alice"), () => tx.Staking.set_payee({ payee: staked }));
  row("set_controller", by("//Alice"), () => tx.Staking.set_controller(), "fails");
  row("set_validator_count", ROOT, () => tx.Staking.set_validator_count({ new: 4 }));
  row("force_new_era", ROOT, () => tx.Staking.force_new_era());
  const invulnerables = Array.from({ length: 100 }, () => account("//Bob"));
  row("set_invulnerables, 100", ROOT, () => tx.Staking.set_invulnerables({ invulnerables }));
  const unstake = { stash: account("//Bob"), numSlashingSpans: 0 };
  row("force_unstake", ROOT, () => tx.Staking.force_unstake(unstake));
  const slashIndices = Array.from({ length: 50 }, (_, i) => i);
  row("cancel_deferred_slash, 50", ROOT, () =>
    tx.Staking.cancel_deferred_slash({ era: 900, slashIndices }),
  );
  const validatorStash = account("//Alice");
  row("payout_stakers, 64 nominators", by("//Bob"), () =>
    tx.Staking.payout_stakers({ validatorStash, era }),
  );
  row("payout_stakers, none", by("//Bob"), () =>
    tx.Staking.payout_stakers({ validatorStash: account("//Bob"), era }),
  );
  row("rebond", by("//Bob"), () => tx.Staking.rebond({ value }));
  row(
    "reap_stash",
    by("//Bob"),
    () => tx.Staking.reap_stash({ stash: account("//Eve"), numSlashingSpans: 0 }),
    "fails",
  );
  const who = names.map((name) => addressOf(account(name)));
  row("kick, 64", by("//Alice"), () => tx.Staking.kick({ who }));
  row("set_min_commission", ROOT, () => tx.Staking.set_min_commission({ new: 0n }));
  row("set_bonds", ROOT, () => tx.Staking.set_bonds({ nominator: 1n, validator: 1n }));
});

describe("Offences", () => {
  const session = chain.runtime.env(overlay).of(Session).storage.CurrentIndex.get();
  const slot = 1_090n;
  const babe = babeReport(world, "//Charlie", slot);
  row("Babe.report_equivocation", by("//Bob"), () => tx.Babe.report_equivocation(babe));
  const votes = grandpaReport(world, "//Charlie");
  if (session < 1) throw new Error("sessions went on");
  row("Grandpa.report_equivocation", by("//Bob"), () => tx.Grandpa.report_equivocation(votes));
});

describe("Rotation", () => {
  bench(
    "session that plans an era of 4 validators and 64 nominators",
    () => {
      overlay.begin();
      twoSessions();
      overlay.rollback();
      runtime.env(overlay).events.length = 0;
    },
    OPTIONS,
  );
});

function twoSessions(): void {
  world.nextSession();
  world.nextSession();
}
