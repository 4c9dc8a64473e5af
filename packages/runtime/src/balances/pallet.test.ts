import { addressOf, type Call, type DispatchOutcome, ROOT, signedBy } from "@pha/frame";
import { describe, expect, test } from "vitest";
import { EXISTENTIAL_DEPOSIT as ED, PHA } from "../parameters.ts";
import { accounts, System } from "../system/index.ts";
import { startTestChain } from "../testing/test-chain.ts";
import { Balances, nativeToken } from "./index.ts";

const REASON = "testhold";

function start() {
  const chain = startTestChain();
  chain.block();
  const env = chain.runtime.env(chain.overlay);
  const ctx = { env };
  const { tx } = chain.runtime;
  const alice = chain.account("//Alice");
  const nobody = chain.account("//Nobody");
  const send = (call: Call, from = alice): DispatchOutcome => {
    const outcome = env.dispatch(call, signedBy(from));
    chain.runtime.tryState(chain.overlay);
    return outcome;
  };
  const transfer = (to: Uint8Array, value: bigint) =>
    tx.Balances.transfer_allow_death({ dest: addressOf(to), value });
  const info = (who: Uint8Array) => env.of(System).storage.Account.get(who);
  const issuance = () => env.of(Balances).storage.TotalIssuance.get();
  return { chain, env, ctx, tx, alice, nobody, send, transfer, info, issuance };
}

const refused = (type: string) => ({ ok: false, error: { type: "Token", value: { type } } });

describe("a transfer", () => {
  test("creates an account, whose nonce starts at the block's number", () => {
    const { send, transfer, nobody, info, chain } = start();
    expect(send(transfer(nobody, ED)).ok).toBe(true);
    expect(info(nobody)).toMatchObject({ providers: 1, nonce: chain.number(), data: { free: ED } });
  });

  test("below the existential deposit creates no account", () => {
    const { send, transfer, nobody, info } = start();
    expect(send(transfer(nobody, ED - 1n))).toMatchObject(refused("BelowMinimum"));
    expect(info(nobody).providers).toBe(0);
  });

  test("removes a sender that keeps too little, and its dust goes to the treasury", () => {
    const { send, transfer, nobody, info, alice, issuance } = start();
    send(transfer(nobody, 2n * ED));
    const before = issuance();
    expect(send(transfer(alice, 2n * ED - 5n), nobody).ok).toBe(true);
    expect(info(nobody)).toMatchObject({ providers: 0, data: { free: 0n } });
    expect(issuance()).toBe(before);
  });

  test("that keeps alive does not remove its sender", () => {
    const { send, transfer, nobody, alice, tx, info } = start();
    send(transfer(nobody, 2n * ED));
    const all = tx.Balances.transfer_keep_alive({ dest: addressOf(alice), value: 2n * ED });
    expect(send(all, nobody)).toMatchObject(refused("NotExpendable"));
    const most = tx.Balances.transfer_all({ dest: addressOf(alice), keepAlive: true });
    expect(send(most, nobody).ok).toBe(true);
    expect(info(nobody).data.free).toBe(ED);
  });

  test("of more than there is, or to an address without account, changes nothing", () => {
    const { send, transfer, nobody, tx, chain } = start();
    const before = chain.overlay.entries();
    expect(send(transfer(nobody, 10n ** 30n))).toMatchObject(refused("FundsUnavailable"));
    const raw = { type: "Raw", value: new Uint8Array(3) } as const;
    expect(send(tx.Balances.transfer_allow_death({ dest: raw, value: ED }))).toMatchObject({
      error: { type: "CannotLookup" },
    });
    expect(chain.overlay.entries()).toEqual(before);
  });

  test("to oneself changes nothing", () => {
    const { send, transfer, alice, info } = start();
    const before = info(alice);
    expect(send(transfer(alice, PHA)).ok).toBe(true);
    expect(info(alice)).toEqual(before);
  });

  test("by root needs root", () => {
    const { env, send, tx, alice, nobody } = start();
    const call = tx.Balances.force_transfer({
      source: addressOf(alice),
      dest: addressOf(nobody),
      value: PHA,
    });
    expect(send(call)).toMatchObject({ error: { type: "BadOrigin" } });
    expect(env.dispatch(call, ROOT).ok).toBe(true);
  });
});

describe("issuance", () => {
  test("follows burns and set balances", () => {
    const { send, tx, issuance, env, nobody, chain } = start();
    const before = issuance();
    send(tx.Balances.burn({ value: PHA, keepAlive: true }));
    expect(issuance()).toBe(before - PHA);
    const set = (newFree: bigint) =>
      env.dispatch(tx.Balances.force_set_balance({ who: addressOf(nobody), newFree }), ROOT).ok;
    expect(set(3n * PHA)).toBe(true);
    expect(issuance()).toBe(before + 2n * PHA);
    expect(set(ED - 1n)).toBe(true);
    expect(issuance()).toBe(before - PHA);
    chain.runtime.tryState(chain.overlay);
  });

  test("is corrected by root only within its range", () => {
    const { env, tx, issuance } = start();
    const adjust = (type: "Increase" | "Decrease", delta: bigint) =>
      env.dispatch(
        tx.Balances.force_adjust_total_issuance({ direction: { type, value: undefined }, delta }),
        ROOT,
      );
    const before = issuance();
    expect(adjust("Increase", 0n).ok).toBe(false);
    expect(adjust("Decrease", before + 1n).ok).toBe(false);
    expect(adjust("Increase", 5n).ok).toBe(true);
    expect(issuance()).toBe(before + 5n);
  });
});

describe("a hold", () => {
  test("keeps funds from being spent, and gives them back", () => {
    const { chain, ctx, env, alice, info, send, transfer, nobody } = start();
    // Alice validates: her bond is on hold, too.
    const { free, reserved } = info(alice).data;
    expect(env.transaction(() => nativeToken.hold(ctx, alice, REASON, free - ED)).ok).toBe(true);
    expect(nativeToken.held(ctx, alice, REASON)).toBe(free - ED);
    expect(nativeToken.total(ctx, alice)).toBe(free + reserved);
    expect(send(transfer(nobody, PHA))).toMatchObject(refused("FundsUnavailable"));
    expect(nativeToken.release(ctx, alice, REASON, 10n ** 30n)).toBe(free - ED);
    expect(info(alice).data).toMatchObject({ free, reserved });
    const holds = env.of(Balances).storage.Holds.get(alice);
    expect(holds.some(({ id }) => id === REASON)).toBe(false);
    chain.runtime.tryState(chain.overlay);
  });

  test("moves to another account at most what it holds", () => {
    const { chain, ctx, alice, nobody } = start();
    nativeToken.hold(ctx, alice, REASON, 5n * PHA);
    nativeToken.hold(ctx, alice, "otherone", PHA);
    expect(nativeToken.transferHeld(ctx, alice, nobody, REASON, 9n * PHA)).toBe(5n * PHA);
    expect(nativeToken.free(ctx, nobody)).toBe(5n * PHA);
    expect(nativeToken.held(ctx, alice, "otherone")).toBe(PHA);
    chain.runtime.tryState(chain.overlay);
  });

  test("of more than is free is refused", () => {
    const { ctx, env, alice } = start();
    const all = nativeToken.free(ctx, alice);
    expect(env.transaction(() => nativeToken.hold(ctx, alice, REASON, all))).toMatchObject(
      refused("FundsUnavailable"),
    );
  });
});

test("an account that something depends on stays", () => {
  const { ctx, send, nobody, alice, transfer } = start();
  send(transfer(nobody, 2n * ED));
  accounts.addConsumer(ctx, nobody);
  expect(send(transfer(alice, 2n * ED), nobody)).toMatchObject(refused("OnlyProvider"));
  accounts.removeConsumer(ctx, nobody);
  expect(send(transfer(alice, 2n * ED), nobody).ok).toBe(true);
});

test("an account removed and made again repeats no transaction", () => {
  const { chain, send, transfer, nobody, alice, tx } = start();
  send(transfer(nobody, PHA));
  const once = chain.sign("//Nobody", tx.System.remark({ remark: new Uint8Array(1) }));
  expect(chain.block([once]).outcomes[0]).toMatchObject({ ok: true });
  const env = chain.runtime.env(chain.overlay);
  const all = tx.Balances.transfer_all({ dest: addressOf(alice), keepAlive: false });
  expect(env.dispatch(all, signedBy(nobody)).ok).toBe(true);
  for (let i = 0; i < 3; i++) chain.block();
  chain.runtime.env(chain.overlay).dispatch(transfer(nobody, PHA), signedBy(alice));
  expect(chain.block([once]).outcomes[0]).toMatchObject({ error: { value: { type: "Stale" } } });
});
