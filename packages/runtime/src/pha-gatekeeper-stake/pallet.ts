/**
 * PhaGatekeeperStake: who holds the seats of gatekeepers, and what they stand for.
 *
 * ```
 * bond ─► (approved) ─► stands ─► elected for a term ─► rewarded for duty
 *   ▲                      └ nominators put their bonds behind     └ convicted: slashed, barred
 *   └─ withdraw ◄─ unbonding, can be slashed ◄─ unbond ◄─ chill
 * ```
 * Where no seats are elected (`Seats` = 0, development chains) root names the operators, and PhaGatekeepers goes the same
 * way.
 *
 * **Bounds**: see `types.ts`. **Not here**: runs, convictions and their proofs (PhaGatekeepers).
 */
import { accountId, addWeights, ensure, root, signed } from "@pha/frame";
import { MAX_SEATS } from "@pha/protocol";
import { assert, u8, u32, u128, vec } from "@pha/scale";
import { assertHeld, bond, unbond, withdraw } from "./bonds.ts";
import { declaration } from "./declaration.ts";
import { assertCovered, endTerm, madeGeneration, payout, sample } from "./duty.ts";
import { elect, fitting } from "./election.ts";
import { approve, assertRoles, chill, nominate, revoke, stand } from "./roles.ts";
import { convicted, slashNext } from "./slashing.ts";
import { type Admission, Approval, MAX_NOMINATIONS } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

export interface PhaGatekeeperStakeGenesis {
  /** Reward of a term in plancks. */
  readonly termReward: bigint;
  /** Percent of a term's samples. */
  readonly minOnline: number;
}

export const PhaGatekeeperStake = declaration.implement(({ call }) => ({
  calls: {
    bond: call(
      0,
      {
        docs: "Puts funds at stake, or more of them.",
        origin: signed,
        args: { amount: u128 },
        weight: WEIGHTS.bond,
      },
      (ctx, { amount }) => bond(ctx, ctx.caller, amount),
    ),
    unbond: call(
      1,
      {
        docs: "Takes funds out of stake; until they can be withdrawn they can be slashed.",
        origin: signed,
        args: { amount: u128 },
        weight: WEIGHTS.unbond,
      },
      (ctx, { amount }) => unbond(ctx, ctx.caller, amount),
    ),
    withdraw: call(
      2,
      {
        docs: "Frees what has waited long enough.",
        origin: signed,
        args: {},
        weight: WEIGHTS.withdraw,
      },
      (ctx) => withdraw(ctx, ctx.caller),
    ),
    stand: call(
      3,
      {
        docs: "Stands for election, keeping a percentage of rewards before they are shared.",
        origin: signed,
        args: { commission: u8 },
        weight: WEIGHTS.stand,
      },
      (ctx, { commission }) => stand(ctx, ctx.caller, commission),
    ),
    nominate: call(
      4,
      {
        docs: "Puts the bond behind candidates.",
        origin: signed,
        args: { targets: vec(accountId, MAX_NOMINATIONS) },
        weight: WEIGHTS.nominate,
      },
      (ctx, { targets }) => nominate(ctx, ctx.caller, targets),
    ),
    chill: call(
      5,
      {
        docs: "Neither stands nor nominates any more; a seat is kept to the end of its term.",
        origin: signed,
        args: {},
        weight: WEIGHTS.chill,
      },
      (ctx) => ensure(chill(ctx, ctx.caller), ctx.errors.NothingToChill),
    ),
    payout: call(
      6,
      {
        docs: "Pays an operator's share of a term's reward, to the operator and those behind it.",
        origin: signed,
        args: { operator: accountId, term: u32 },
        weight: WEIGHTS.payout,
      },
      (ctx, { operator, term }) => payout(ctx, operator, term),
    ),
    approve: call(
      7,
      {
        docs: "Approves a seat for an account, and says of which groups it is.",
        origin: root,
        args: { who: accountId, approval: Approval },
        weight: WEIGHTS.approve,
        dispatchClass: "Operational",
      },
      (ctx, { who, approval }) => approve(ctx, who, approval),
    ),
    revoke: call(
      8,
      {
        docs: "Takes an approval back: the account stands no longer, and loses its seat.",
        origin: root,
        args: { who: accountId },
        weight: WEIGHTS.revoke,
        dispatchClass: "Operational",
      },
      (ctx, { who }) => revoke(ctx, who),
    ),
    set_seats: call(
      9,
      {
        docs: "Sets how many seats are elected, what the duty of a term is worth, and how often a gatekeeper must be there.",
        origin: root,
        args: { seats: u8, termReward: u128, minOnline: u8 },
        weight: WEIGHTS.set_seats,
        dispatchClass: "Operational",
      },
      (ctx, { seats, termReward, minOnline }) => {
        const { storage, config, errors } = ctx;
        // Where governance approves each seat, seats are always elected.
        const least = config.needsApproval ? config.minSeats : 0;
        ensure(seats >= least && seats <= MAX_SEATS, errors.BadSeats);
        ensure(minOnline <= 100, errors.BadPercent);
        storage.Seats.put(seats);
        storage.TermReward.put(termReward);
        storage.MinOnline.put(minOnline);
        ctx.emit.SettingsChanged({ seats, termReward, minOnline });
      },
    ),
  },
  genesis: (ctx, { termReward, minOnline }: PhaGatekeeperStakeGenesis) => {
    ctx.storage.Seats.put(ctx.config.seats);
    ctx.storage.TermReward.put(termReward);
    ctx.storage.MinOnline.put(minOnline);
  },
  hooks: {
    onInitialize: (ctx) => addWeights(slashNext(ctx), sample(ctx)),
    tryState(ctx) {
      assertHeld(ctx);
      assertRoles(ctx);
      assertCovered(ctx);
      const { CurrentTerm, Terms } = ctx.storage;
      for (const [index] of Terms.entries())
        assert(index <= CurrentTerm.get(), "no term is ahead of the present one");
    },
  },
}));

export const admission: Admission = {
  isElected: (ctx) => ctx.env.of(declaration).storage.Seats.get() > 0,
  isCandidate: (ctx, account) => ctx.env.of(declaration).storage.Candidates.has(account),
  endTerm: (ctx) => endTerm(ctx.env.of(declaration)),
  elect: (ctx) => elect(ctx.env.of(declaration)),
  fitting: (ctx, takers) => fitting(ctx.env.of(declaration), takers),
  convicted: (ctx, operator, misdeed, reporter) =>
    convicted(ctx.env.of(declaration), operator, misdeed, reporter),
  madeGeneration: (ctx, operator) => madeGeneration(ctx.env.of(declaration), operator),
};
