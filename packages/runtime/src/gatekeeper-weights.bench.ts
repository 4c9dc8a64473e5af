/**
 * Measurement behind the weights of PhaGatekeeperStake, of handovers and of former names; see `weights.bench.ts` for the
 * rule. Sizes are full: 64 candidates, 31 seats, 256 nominators with 16 names each.
 */

import { blake2b256 } from "@pha/crypto";
import { type Call, type Origin, ROOT, signedBy } from "@pha/frame";
import { utf8 } from "@pha/scale";
import { bench, describe } from "vitest";
import { nativeToken } from "./balances/index.ts";
import { PHA, POTS } from "./parameters.ts";
import { sample } from "./pha-gatekeeper-stake/duty.ts";
import { admission, PhaGatekeeperStake } from "./pha-gatekeeper-stake/index.ts";
import { slashNext } from "./pha-gatekeeper-stake/slashing.ts";
import { PhaGatekeepers } from "./pha-gatekeepers/index.ts";
import { DEVELOPMENT_CLUSTER } from "./pha-genesis.ts";
import { closeFormers } from "./phala-phat-contracts/formers.ts";
import { PhalaPhatContracts } from "./phala-phat-contracts/index.ts";
import { runDkg, startLive } from "./testing/pha-cluster.ts";
import { ownLabels, startStakeWorld } from "./testing/stake-world.ts";

const OPTIONS = { time: 300, warmupTime: 50 };
const DEAR = { time: 1_500, warmupTime: 100 };

const accountOf = (name: string) => blake2b256(utf8(name));
const CANDIDATES = Array.from({ length: 63 }, (_, i) => accountOf(`candidate ${i}`));
const NOMINATORS = Array.from({ length: 256 }, (_, i) => accountOf(`nominator ${i}`));
const TERM = 40;

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the chain is prepared");
  return value;
}
const candidate = (i: number) => must(CANDIDATES[i]);

const world = startStakeWorld({ seats: 31, needsApproval: true });
const { chain, tx } = world;
const { overlay } = chain;
const env = () => chain.runtime.env(overlay);
const ctx = () => env().of(PhaGatekeeperStake);

function did(call: Call, origin: Origin): void {
  const outcome = env().dispatch(call, origin);
  if (!outcome.ok) throw new Error(`${call.name} failed: ${outcome.error.type}`);
}

for (const [i, who] of [...CANDIDATES, ...NOMINATORS].entries()) {
  nativeToken.transfer(ctx(), POTS.mining.account, who, 10_000n * PHA, "keep-alive");
  did(tx.bond({ amount: BigInt(1_000 + i) * PHA }), signedBy(who));
}
const { storage } = ctx();
for (const [i, who] of CANDIDATES.entries()) {
  did(tx.approve({ who, approval: ownLabels(`candidate ${i}`) }), ROOT);
  did(tx.stand({ commission: 5 }), signedBy(who));
}
// One gatekeeper lends its registration to all: what an election reads of each is the same.
world.candidate("//Operator", 500n * PHA);
const seat = must(world.seats.get("//Operator")).boot;
const gatekeepers = env().of(PhaGatekeepers).storage;
for (const who of CANDIDATES)
  gatekeepers.Members.put(who, { identity: seat.identity.publicKey, boot: seat.boot });
gatekeepers.Operators.put(CANDIDATES.slice(0, 31));
for (const [i, who] of NOMINATORS.entries()) {
  const targets = Array.from({ length: 16 }, (_, j) => candidate((i * 7 + j * 3) % 63));
  did(tx.nominate({ targets }), signedBy(who));
}
storage.CurrentTerm.put(TERM);
const operator = candidate(0);
const exposure = {
  own: 1_000n * PHA,
  others: NOMINATORS.map((who) => ({ who, value: 10n * PHA })),
  commission: 5,
};
const services = CANDIDATES.slice(0, 31).map((one) => ({ operator: one, points: 9, online: 9 }));
for (let term = TERM - 8; term <= TERM; term++) {
  const reward = term === TERM ? undefined : 1_000n * PHA;
  const left = reward ?? 0n;
  storage.Terms.put(term, { since: 0, samples: 9, services, points: 279, reward, left });
  storage.Exposures.put(term, operator, exposure);
}
nativeToken.transfer(
  ctx(),
  POTS.mining.account,
  ctx().config.rewardPot,
  100_000n * PHA,
  "keep-alive",
);
did(tx.unbond({ amount: PHA }), signedBy(candidate(40)));

function rolledBack(name: string, run: () => void, options = OPTIONS): void {
  bench(
    name,
    () => {
      overlay.begin();
      run();
      overlay.rollback();
    },
    options,
  );
}

function row(name: string, origin: Origin, call: Call, options = OPTIONS): void {
  overlay.begin();
  const outcome = env().dispatch(call, origin);
  overlay.rollback();
  if (!outcome.ok) throw new Error(`${name} fails: ${outcome.error.type}`);
  const on = env();
  rolledBack(
    name,
    () => {
      on.dispatch(call, origin);
      on.events.length = 0;
    },
    options,
  );
}

describe("PhaGatekeeperStake", () => {
  const by = (i: number) => signedBy(candidate(i));
  row("bond", by(40), tx.bond({ amount: PHA }));
  row("unbond", by(40), tx.unbond({ amount: PHA }));
  row("stand", by(40), tx.stand({ commission: 6 }));
  row("chill", by(40), tx.chill());
  const targets = CANDIDATES.slice(0, 16);
  row("nominate, 16", signedBy(must(NOMINATORS[0])), tx.nominate({ targets }));
  const approval = ownLabels("a label of the longest kind here");
  row("approve", ROOT, tx.approve({ who: candidate(3), approval }));
  row("revoke, of 31 seats", ROOT, tx.revoke({ who: candidate(3) }));
  row("set_seats", ROOT, tx.set_seats({ seats: 31, termReward: 1n, minOnline: 1 }));
  row("payout, 256 nominators", by(2), tx.payout({ operator: operator, term: TERM - 1 }), DEAR);
  const on = env();
  const held = on.of(PhaGatekeeperStake);
  rolledBack(
    "election, 64 candidates, 256 nominators",
    () => {
      const { operators } = admission.elect(held);
      if (operators?.length !== 31) throw new Error("31 are elected");
      on.events.length = 0;
    },
    DEAR,
  );
  rolledBack("end of a term", () => {
    admission.endTerm(held);
    on.events.length = 0;
  });
  rolledBack(
    "slash, 256 nominators",
    () => {
      admission.convicted(held, operator, "WrongShare", candidate(1));
      slashNext(held);
      on.events.length = 0;
    },
    DEAR,
  );
  rolledBack("sample, 31 operators", () => void sample(held));
  rolledBack("no slash", () => void slashNext(held));
});

describe("PhaGatekeeperStake, later", () => {
  const later = startStakeWorld();
  later.did("//Bob", later.tx.bond({ amount: 100n * PHA }));
  for (let i = 0; i < 8; i++) {
    later.did("//Bob", later.tx.unbond({ amount: PHA }));
    later.blocks(1);
  }
  later.blocks(20);
  const on = later.chain.runtime.env(later.chain.overlay);
  const call = later.tx.withdraw();
  bench(
    "withdraw, 8 parts",
    () => {
      later.chain.overlay.begin();
      on.dispatch(call, signedBy(later.account("//Bob")));
      later.chain.overlay.rollback();
      on.events.length = 0;
    },
    OPTIONS,
  );
});

describe("former names and handovers", () => {
  const live = startLive();
  const { seat } = live;
  for (let i = 0; i < 6; i++) {
    live.chain.sudo(live.chain.runtime.tx.PhaGatekeepers.new_generation());
    runDkg(live.chain, [seat]);
  }
  const on = live.chain.runtime.env(live.chain.overlay);
  const phat = on.of(PhalaPhatContracts);
  const handover = on.of(PhaGatekeepers).storage.Handover;
  handover.put({ ...must(handover.get()), since: 0 });
  for (let i = 0; i < 40; i++) live.chain.block();
  const at = live.chain.runtime.env(live.chain.overlay);
  const call = live.chain.runtime.tx.PhaGatekeepers.give_up_cluster({
    cluster: DEVELOPMENT_CLUSTER,
  });
  const rolled = (name: string, run: () => void) =>
    bench(
      name,
      () => {
        live.chain.overlay.begin();
        run();
        live.chain.overlay.rollback();
        at.events.length = 0;
      },
      OPTIONS,
    );
  rolled("give_up_cluster, six generations", () => {
    const outcome = at.dispatch(call, ROOT);
    if (!outcome.ok) throw new Error(outcome.error.type);
  });
  const counts = phat.storage.CommandCounts;
  counts.put(DEVELOPMENT_CLUSTER, { queued: 2n, final: 1n });
  const formers = phat.storage.Formers.get();
  if (formers.length !== 1) throw new Error("there is one former name");
  phat.storage.Formers.put(formers.map((one) => ({ ...one, until: 1, last: 2n })));
  const closing = at.of(PhalaPhatContracts);
  rolled("a former name that stays", () => void closeFormers(closing));
  rolled("a former name that is closed", () => {
    counts.put(DEVELOPMENT_CLUSTER, { queued: 2n, final: 2n });
    closeFormers(closing);
  });
});
