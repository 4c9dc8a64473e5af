import { addressOf } from "@pha/frame";
import { describe, expect, test } from "vitest";
import { FEE_RATES, PHA, TREASURY } from "../parameters.ts";
import { System } from "../system/index.ts";
import { startTestChain } from "../testing/test-chain.ts";
import { feeOf } from "./index.ts";

function start() {
  const chain = startTestChain();
  chain.block();
  const free = (who: Uint8Array) =>
    chain.runtime.env(chain.overlay).of(System).storage.Account.get(who).data.free;
  return { chain, free, author: chain.account("//Alice"), payer: chain.account("//Dave") };
}

describe("a fee", () => {
  test("goes to treasury and author as 80 to 20, and the tip to the author", () => {
    const { chain, free, author, payer } = start();
    const tip = PHA / 10n;
    const call = chain.runtime.tx.System.remark({ remark: new Uint8Array(100) });
    const bytes = chain.sign("//Dave", call, { tip });
    const before = { author: free(author), payer: free(payer), treasury: free(TREASURY) };
    chain.block([bytes]);
    const paid = before.payer - free(payer);
    const fee = paid - tip;
    const info = chain.runtime.env(chain.overlay).infoOf(call);
    expect(fee).toBe(feeOf(FEE_RATES, bytes.length, info));
    expect(free(TREASURY) - before.treasury).toBe((fee * 80n) / 100n);
    expect(free(author) - before.author).toBe(fee - (fee * 80n) / 100n + tip);
  });

  test("is paid for a call that fails too, and nothing else of it stays", () => {
    const { chain, free, payer } = start();
    const before = free(payer);
    const call = chain.runtime.tx.Balances.transfer_keep_alive({
      dest: addressOf(chain.account("//Eve")),
      value: 10n ** 24n,
    });
    const { outcomes } = chain.block([chain.sign("//Dave", call)]);
    expect(outcomes[0]).toMatchObject({ ok: true, value: { error: { type: "Token" } } });
    expect(free(payer)).toBeLessThan(before);
    expect(free(payer)).toBeGreaterThan(before - PHA);
    expect(chain.nonceOf("//Dave")).toBe(1);
    chain.runtime.tryState(chain.overlay);
  });

  test("is given back for a call that says it is free", () => {
    const { chain, free } = start();
    const alice = chain.account("//Alice");
    const before = free(alice);
    const inner = chain.runtime.tx.System.remark({ remark: new Uint8Array(1) });
    chain.block([chain.sign("//Alice", chain.runtime.tx.Sudo.sudo({ call: inner }))]);
    expect(free(alice)).toBe(before);
  });

  test("orders the pool by tip", () => {
    const { chain } = start();
    const call = chain.runtime.tx.System.remark({ remark: new Uint8Array(1) });
    const priority = (tip: bigint) => {
      const bytes = chain.sign("//Dave", call, { tip });
      const valid = chain.runtime.validateTransaction(
        chain.overlay,
        "External",
        bytes,
        chain.hash(),
      );
      if (!valid.ok) throw new Error("a good transaction is valid");
      return valid.value.priority;
    };
    expect(priority(1_000n)).toBeGreaterThan(priority(0n));
  });
});
