/**
 * PhaGatekeepers: who makes and releases root keys.
 *
 * **Bounds**: 31 seats, one run at a time, `MAX_UNRETIRED` generations, `MAX_RELEASES` per request. **Not here**: whether
 * a gatekeeper should release (it decides inside its own TEE), election, stake and slashing (PhaGatekeeperStake).
 */
import { type AccountId, accountId, addWeights, ensure, root } from "@pha/frame";
import { Hash, MAX_SEATS } from "@pha/protocol";
import { equalBytes, vec } from "@pha/scale";
import type { SeatDirectory } from "../pha-gatekeeper-stake/index.ts";
import { declaration, MAX_UNRETIRED } from "./declaration.ts";
import { giveUp, handedOver, retireOlder, unretired } from "./handover.ts";
import { forgetMember, isNamed } from "./members.ts";
import { isDue, memberRegistered, setOperators, startRun, timePasses, want } from "./runs.ts";
import type { GatekeeperDirectory } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

export interface PhaGatekeepersGenesis {
  readonly operators: readonly AccountId[];
  /** Whether gatekeepers may keep their shares in the sealed store. */
  readonly sealedShares: boolean;
}

export const PhaGatekeepers = declaration.implement(({ call }) => ({
  calls: {
    set_operators: call(
      0,
      {
        docs: "Names the operators that may run a gatekeeper; other ones than before make the next generation. A run in progress goes on with its seats.",
        origin: root,
        args: { operators: vec(accountId, MAX_SEATS) },
        weight: WEIGHTS.set_operators,
        dispatchClass: "Operational",
      },
      (ctx, { operators }) => {
        ensure(!ctx.config.admission.isElected(ctx), ctx.errors.ElectedHere);
        ensure(areDistinct(operators), ctx.errors.RepeatedOperator);
        setOperators(ctx, operators);
      },
    ),
    new_generation: call(
      1,
      {
        docs: "Asks for the next generation now, with the gatekeepers that are named.",
        origin: root,
        args: {},
        weight: WEIGHTS.new_generation,
        dispatchClass: "Operational",
      },
      (ctx) => {
        const { storage } = ctx;
        ensure(storage.CurrentGeneration.get() > 0n, ctx.errors.NoGeneration);
        ensure(!storage.Run.exists() && !storage.Wanted.exists(), ctx.errors.UnderWay);
        ensure(unretired(ctx) < MAX_UNRETIRED, ctx.errors.TooManyGenerations);
        want(ctx);
        startRun(ctx);
      },
    ),
    give_up_cluster: call(
      2,
      {
        docs: "Gives up on a cluster whose replicas do not come back, after the handover has waited `GiveUpBlocks` for it: older generations are retired without it, and what only they open is lost.",
        origin: root,
        args: { cluster: Hash },
        weight: WEIGHTS.give_up_cluster,
        dispatchClass: "Operational",
      },
      (ctx, { cluster }) => giveUp(ctx, cluster),
    ),
  },
  genesis: (ctx, { operators, sealedShares }: PhaGatekeepersGenesis) => {
    ctx.storage.Operators.put(operators);
    ctx.storage.SealedShares.put(sealedShares);
  },
  hooks: {
    onInitialize(ctx) {
      if (!isDue(ctx)) return WEIGHTS.block;
      return addWeights(WEIGHTS.block, addWeights(WEIGHTS.phase, timePasses(ctx)));
    },
  },
}));

function areDistinct(accounts: readonly AccountId[]): boolean {
  return accounts.every(
    (account, i) => accounts.findIndex((other) => equalBytes(other, account)) === i,
  );
}

export const gatekeepers: GatekeeperDirectory = {
  isOperator: (hasEnv, account) => {
    const ctx = hasEnv.env.of(declaration);
    return isNamed(ctx, account) || ctx.config.admission.isCandidate(ctx, account);
  },
  currentGeneration: (ctx) => ctx.env.of(declaration).storage.CurrentGeneration.get(),
  announcedGeneration: (ctx) => ctx.env.of(declaration).storage.Run.get()?.generation,
  registered(ctx, { registration }) {
    const { operator, identity, boot, role } = registration;
    if (role.type === "Gatekeeper")
      memberRegistered(ctx.env.of(declaration), operator, { identity, boot });
  },
  handedOver: (ctx, cluster) => handedOver(ctx.env.of(declaration), cluster),
  formersClosed: (ctx) => retireOlder(ctx.env.of(declaration)),
};

/** For PhaGatekeeperStake. */
export const seatDirectory: SeatDirectory = {
  operators: (ctx) => ctx.env.of(declaration).storage.Operators.get(),
  memberOf: (ctx, account) => ctx.env.of(declaration).storage.Members.get(account),
  forget: (ctx, account) => forgetMember(ctx.env.of(declaration), account),
  remove(hasEnv, operator) {
    const ctx = hasEnv.env.of(declaration);
    const operators = ctx.storage.Operators.get();
    const others = operators.filter((one) => !equalBytes(one, operator));
    if (others.length < operators.length) setOperators(ctx, others);
  },
};
