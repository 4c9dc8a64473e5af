/** A gatekeeper gathers nominators with a low commission, raises it when they are bound, and is paid for the whole term. */

import { PHA, System } from "@pha/runtime";
import { NAMES, ownLabels, runDkg, startStakeWorld } from "@pha/runtime/testing";
import type { Attack } from "../attack.ts";

const [NOMINATOR = "", ...OPERATORS] = NAMES.slice(0, 6).reverse();
const REWARD = 1_000n * PHA;

export const attack: Attack = {
  name: "commission raised to drain nominators",
  rule: "the commission of a term is the one that nominators saw when they were counted",
  weaknesses: [
    {
      file: "packages/runtime/src/pha-gatekeeper-stake/duty.ts",
      text: "const kept = (share * BigInt(exposure.commission)) / PERCENT;",
      instead:
        "const kept = (share * BigInt(storage.Candidates.get(operator)?.commission ?? 0)) / PERCENT;",
    },
  ],
  attempt() {
    const world = startStakeWorld({}, { termBlocks: 30 });
    const { tx, chain } = world;
    for (const uri of OPERATORS) world.candidate(uri, 200n * PHA, ownLabels(uri), 5);
    const [greedy = ""] = OPERATORS;
    const operator = world.account(greedy);
    world.did(NOMINATOR, tx.bond({ amount: 300n * PHA }));
    world.did(NOMINATOR, tx.nominate({ targets: [operator] }));
    world.asRoot(tx.set_seats({ seats: 5, termReward: REWARD, minOnline: 50 }));
    world.firstElection();
    const seats = world.operators().flatMap((uri) => world.seats.get(uri) ?? []);
    runDkg(chain, seats);
    world.did(greedy, tx.stand({ commission: 100 }));
    const { CurrentTerm } = world.stake().storage;
    for (let i = 0; i < 60 && CurrentTerm.get() === 0; i++) chain.block();
    const { Account } = chain.runtime.env(chain.overlay).of(System).storage;
    const free = () => Account.get(world.account(NOMINATOR)).data.free;
    const before = free();
    world.did(NOMINATOR, tx.payout({ operator, term: 0 }));
    const paid = free() - before;
    return paid === 0n
      ? { succeeded: true, says: "all of the term's reward is the operator's" }
      : {
          succeeded: false,
          says: `nominators have their part, ${paid / PHA} PHA; 100 % is the next term's`,
        };
  },
};
