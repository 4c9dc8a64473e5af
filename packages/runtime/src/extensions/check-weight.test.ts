import { addressOf } from "@pha/frame";
import { describe, expect, test } from "vitest";
import { BLOCK_LENGTH, BLOCK_WEIGHTS } from "../parameters.ts";
import { startTestChain } from "../testing/test-chain.ts";

const exhausted = { ok: false, error: { value: { type: "ExhaustsResources" } } };

describe("a block", () => {
  test("takes normal calls up to three quarters of its length, and goes on after a refusal", () => {
    const chain = startTestChain();
    chain.block();
    const remark = (size: number) =>
      chain.runtime.tx.System.remark({ remark: new Uint8Array(size) });
    const big = Array.from({ length: 5 }, (_, nonce) =>
      chain.sign("//Alice", remark(1_000_000), { nonce }),
    );
    const small = chain.sign("//Bob", remark(10));
    const { outcomes, extrinsics } = chain.block([...big, small]);
    const fit = Math.floor(BLOCK_LENGTH.max.normal / (big[0]?.length ?? 1));
    expect(outcomes.filter((one) => one.ok)).toHaveLength(fit + 1);
    expect(outcomes[fit]).toMatchObject(exhausted);
    expect(outcomes.at(-1)?.ok).toBe(true);
    expect(extrinsics.reduce((sum, one) => sum + one.length, 0)).toBeLessThan(
      BLOCK_LENGTH.max.normal + 100,
    );
  });

  test("takes weight up to its limit", () => {
    const chain = startTestChain();
    chain.block();
    const { tx } = chain.runtime;
    const one = tx.Balances.transfer_keep_alive({
      dest: addressOf(chain.account("//Bob")),
      value: 1n,
    });
    const { maxTotal } = BLOCK_WEIGHTS.perClass.normal;
    const { weight } = chain.runtime.env(chain.overlay).infoOf(one);
    const count = Number((maxTotal?.refTime ?? 0n) / weight.refTime);
    const half = tx.Utility.batch({ calls: Array.from({ length: count >> 1 }, () => one) });
    const whole = tx.Utility.batch({ calls: Array.from({ length: count }, () => one) });
    expect(chain.block([chain.sign("//Alice", whole)]).outcomes[0]).toMatchObject(exhausted);
    const { outcomes } = chain.block([
      chain.sign("//Alice", half, { nonce: 0 }),
      chain.sign("//Alice", half, { nonce: 1 }),
    ]);
    expect(outcomes[0]).toMatchObject({ ok: true, value: { error: undefined } });
    expect(outcomes[1]).toMatchObject(exhausted);
    // The refused one left no trace.
    expect(chain.nonceOf("//Alice")).toBe(1);
  });

  test("of as many of the dearest calls as it may hold is executed", () => {
    const chain = startTestChain();
    chain.block();
    const { tx } = chain.runtime;
    const one = tx.Balances.transfer_keep_alive({
      dest: addressOf(chain.account("//Bob")),
      value: 1n,
    });
    const calls = Array.from({ length: 6_500 }, () => one);
    const bytes = chain.sign("//Alice", tx.Utility.batch({ calls }));
    const { outcomes } = chain.block([bytes]);
    expect(outcomes[0]).toMatchObject({ ok: true, value: { error: undefined } });
  });
});
