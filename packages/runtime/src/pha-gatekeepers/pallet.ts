/**
 * PhaGatekeepers: who makes and releases root keys.
 *
 * **Bounds**: 31 seats, one run at a time, `MAX_RELEASES` per request. **Not here**: whether a gatekeeper should release
 * (it decides inside its own TEE), election, stake and slashing.
 */
import { type AccountId, accountId, addWeights, ensure, root } from "@pha/frame";
import { MAX_SEATS } from "@pha/protocol";
import { equalBytes, vec } from "@pha/scale";
import { declaration } from "./declaration.ts";
import { memberRegistered, phaseOver, startRun } from "./runs.ts";
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
        docs: "Names the operators that may run a gatekeeper; a run in progress goes on with its seats.",
        origin: root,
        args: { operators: vec(accountId, MAX_SEATS) },
        weight: WEIGHTS.set_operators,
        dispatchClass: "Operational",
      },
      (ctx, { operators }) => {
        ensure(areDistinct(operators), ctx.errors.RepeatedOperator);
        ctx.storage.Operators.put(operators);
        ctx.emit.OperatorsSet({ operators });
        startRun(ctx);
      },
    ),
  },
  genesis: (ctx, { operators, sealedShares }: PhaGatekeepersGenesis) => {
    ctx.storage.Operators.put(operators);
    ctx.storage.SealedShares.put(sealedShares);
  },
  hooks: {
    onInitialize(ctx) {
      const run = ctx.storage.Run.get();
      if (run === undefined || ctx.block.number <= run.phaseEnds) return WEIGHTS.block;
      phaseOver(ctx, run);
      return addWeights(WEIGHTS.block, WEIGHTS.phase);
    },
  },
}));

function areDistinct(accounts: readonly AccountId[]): boolean {
  return accounts.every(
    (account, i) => accounts.findIndex((other) => equalBytes(other, account)) === i,
  );
}

export const gatekeepers: GatekeeperDirectory = {
  isOperator: (ctx, account) =>
    ctx.env
      .of(declaration)
      .storage.Operators.get()
      .some((one) => equalBytes(one, account)),
  currentGeneration: (ctx) => ctx.env.of(declaration).storage.CurrentGeneration.get(),
  announcedGeneration: (ctx) => ctx.env.of(declaration).storage.Run.get()?.generation,
  registered(ctx, { registration }) {
    const { operator, identity, boot, role } = registration;
    if (role.type === "Gatekeeper")
      memberRegistered(ctx.env.of(declaration), operator, { identity, boot });
  },
};
