import { expect, test } from "vitest";
import { Balances, nativeToken } from "../balances/index.ts";
import { PHA, TREASURY } from "../parameters.ts";
import {
  OPERATOR,
  type PhaChain,
  registerCall,
  startPhaChain,
  testBoot,
} from "../testing/pha-chain.ts";
import { bonds, PhalaComputation } from "./index.ts";

const boot = testBoot(1);
const worker = boot.identity.publicKey;
const BOND = 100n * PHA;

function registered(): PhaChain {
  const chain = startPhaChain({ workers: 1 }, { minBond: BOND, bondingBlocks: 5 });
  chain.block();
  chain.send(registerCall(chain, boot));
  return chain;
}

const bondOf = (chain: PhaChain) =>
  chain.runtime.env(chain.overlay).of(PhalaComputation).storage.Bonds.get(worker);
const held = (chain: PhaChain) => {
  const env = chain.runtime.env(chain.overlay);
  return nativeToken.held({ env }, chain.account(OPERATOR), "pha/work");
};

test("an operator bonds for a worker it registered, at least the least bond", () => {
  const chain = registered();
  const { bond_worker } = chain.runtime.tx.PhalaComputation;
  const bond = (amount: bigint, uri?: string) => chain.send(bond_worker({ worker, amount }), uri);
  const unknown = bond_worker({ worker: new Uint8Array(32), amount: BOND });
  expect(chain.send(unknown).error).toBe("UnknownWorker");
  expect(bond(BOND, "//Bob").error).toBe("NotOperator");
  expect(bond(BOND - 1n).error).toBe("BondTooSmall");
  expect(bond(10n ** 24n).error).toBe("Token");
  expect(bond(BOND).error).toBeUndefined();
  expect(bond(PHA).error).toBeUndefined();
  expect(bondOf(chain)?.amount).toBe(BOND + PHA);
  expect(held(chain)).toBe(BOND + PHA);
});

test("a bond goes back when the worker serves no more and the time is over", () => {
  const chain = registered();
  const tx = chain.runtime.tx.PhalaComputation;
  const { unbond_worker, withdraw_bond } = tx;
  expect(chain.send(unbond_worker({ worker })).error).toBe("NoBond");
  chain.send(tx.bond_worker({ worker, amount: BOND }));
  chain.block();
  expect(chain.send(unbond_worker({ worker })).error).toBe("StillServing");
  const { drain_worker } = chain.runtime.tx.PhalaPhatContracts;
  chain.send(drain_worker({ worker, draining: true }));
  const other = testBoot(2);
  chain.send(registerCall(chain, other));
  chain.send(tx.bond_worker({ worker: other.identity.publicKey, amount: BOND }));
  for (let i = 0; i < 4; i++) chain.block();
  expect(chain.send(withdraw_bond({ worker })).error).toBe("NotUnbonding");
  expect(chain.send(unbond_worker({ worker }), "//Bob").error).toBe("NotOperator");
  expect(chain.send(unbond_worker({ worker })).error).toBeUndefined();
  const env = chain.runtime.env(chain.overlay);
  expect(bonds.isBonded({ env }, worker)).toBe(false);
  expect(chain.send(withdraw_bond({ worker })).error).toBe("TooEarly");
  for (let i = 0; i < 5; i++) chain.block();
  expect(chain.send(withdraw_bond({ worker })).error).toBeUndefined();
  expect(bondOf(chain)).toBeUndefined();
});

test("what is slashed leaves the hold for the treasury, also while it unlocks, and never more than there is", () => {
  const chain = registered();
  const tx = chain.runtime.tx.PhalaComputation;
  chain.send(tx.bond_worker({ worker, amount: BOND }));
  const env = chain.runtime.env(chain.overlay);
  const ctx = { env };
  const before = nativeToken.total(ctx, TREASURY);
  const issued = env.of(Balances).storage.TotalIssuance.get();
  expect(bonds.slash(ctx, worker, 250n)).toBe(BOND / 4n);
  expect(nativeToken.total(ctx, TREASURY) - before).toBe(BOND / 4n);
  expect(bonds.isBonded(ctx, worker)).toBe(false);
  expect(bonds.slash(ctx, worker, 1000n)).toBe((BOND * 3n) / 4n);
  expect(bondOf(chain)).toBeUndefined();
  expect(bonds.slash(ctx, worker, 1000n)).toBe(0n);
  expect(env.of(Balances).storage.TotalIssuance.get()).toBe(issued);
});
